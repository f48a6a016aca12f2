"""ByteTrack, as a measure to compare with.

Zhang et al., "ByteTrack: Multi-Object Tracking by Associating Every Detection Box", 2022, in the
implementation of the library `trackers`, with its defaults.
"""

from collections.abc import Iterable

import numpy as np

from ros_vision_perception.core.types import Keypoints
from ros_vision_perception.tools.evaluate.followed import Tracked, load_library


def follow(detections: Iterable[Keypoints], fps: float) -> list[Tracked]:
    """Return what it says about each image, given the same people as the fusion."""
    load_library()
    from supervision import Detections
    from trackers import ByteTrackTracker

    tracker, results = ByteTrackTracker(frame_rate=fps), []
    for people in detections:
        given = Detections(
            xyxy=people.boxes_xyxy.astype(np.float64),
            confidence=people.person_scores.astype(np.float64),
            class_id=np.zeros(len(people), int),
        )
        found = tracker.update(given)
        ids = np.array(found.tracker_id, np.int64)
        results.append(Tracked(ids[ids >= 0], found.xyxy[ids >= 0]))
    return results
