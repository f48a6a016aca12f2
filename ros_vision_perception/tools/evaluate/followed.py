"""How well somebody was followed: figures over images, truth and the tracks of a tracker.

MOTA, IDF1, HOTA, switches and fragmentations are computed by the library `trackers`; what it has
not, recall of hidden people and the time to find them again, is computed here.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Sequence as List
from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core.association import assign
from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.core.geometry import box_iou
from ros_vision_perception.tools.evaluate.mot import TrueFrame

# Below this visibility somebody counts as hidden.
_HIDDEN = 0.5
# To keep a track counts more than any overlap (Bernardin and Stiefelhagen, "Evaluating Multiple
# Object Tracking Performance: The CLEAR MOT Metrics", 2008).
_HELD = 1000.0
CURE = 'pip install --no-deps trackers supervision pydeprecate defusedxml av matplotlib'


@dataclass(frozen=True)
class Tracked:
    """What a tracker says about one image.

    Attributes:
        ids: (T,) int64.
        boxes_xyxy: (T, 4) float64 px.
    """

    ids: np.ndarray
    boxes_xyxy: np.ndarray


@dataclass(frozen=True)
class Run:
    """One sequence, followed by one tracker.

    Attributes:
        truth, tracked: of each image.
        fps: images per second.
    """

    truth: List[TrueFrame]
    tracked: List[Tracked]
    fps: float


def figures(runs: List[Run], min_iou: float) -> dict[str, float | int | None]:
    """Return the figures over several sequences.

    Args:
        runs: of one tracker.
        min_iou: overlap of the boxes from which on a track is on a person.

    Raises:
        ConfigurationError: when the library is missing.
    """
    library = load_library()
    clear, identity, hota = [], [], []
    for run in runs:
        parts = _prepare(run, min_iou)
        clear.append(library.compute_clear_metrics(*parts, threshold=min_iou))
        identity.append(library.compute_identity_metrics(*parts, threshold=min_iou))
        hota.append(library.compute_hota_metrics(*parts))
    total = library.aggregate_clear_metrics(clear)
    return {
        'MOTA': float(total['MOTA']),
        'IDF1': float(library.aggregate_identity_metrics(identity)['IDF1']),
        'HOTA': float(np.mean(library.aggregate_hota_metrics(hota)['HOTA'])),
        'id_switches': int(total['IDSW']),
        'fragmentations': int(total['Frag']),
        'recall': float(total['CLR_Re']),
        **_hidden_figures(runs, min_iou),
    }


def load_library():  # type: ignore[no-untyped-def]
    """Return the module of the metrics; raises ConfigurationError without it."""
    try:
        import trackers.eval
    except ImportError as error:
        raise ConfigurationError(f'evaluate tracking needs trackers ({error}): {CURE}') from None
    return trackers.eval


def matches(truth: TrueFrame, tracked: Tracked, min_iou: float) -> np.ndarray:
    """Return the (G,) track id of each true person, -1 for none."""
    return _matches_after({}, truth, tracked, min_iou)


def _matches_after(
    before: Mapping[int, int], truth: TrueFrame, tracked: Tracked, min_iou: float
) -> np.ndarray:
    """Return the same, where people keep the track that they had before, if they can."""
    overlap = box_iou(truth.boxes_xyxy, tracked.boxes_xyxy)
    held = np.array([before.get(person, -1) for person in truth.ids.tolist()], np.int64)
    benefit = overlap + _HELD * (held[:, None] == tracked.ids)
    people, tracks = assign(np.where(overlap >= min_iou, benefit, 0.0))
    ids = np.full(len(truth.ids), -1)
    ids[people] = tracked.ids[tracks]
    return ids


def switches(run: Run, min_iou: float) -> Iterator[tuple[int, int, int, int]]:
    """Yield image, person, id before and id from now on of each change."""
    last: dict[int, int] = {}
    for index, (truth, tracked) in enumerate(zip(run.truth, run.tracked, strict=True)):
        ids = _matches_after(last, truth, tracked, min_iou)
        seen = truth.counts & (ids >= 0)
        for person, track in zip(truth.ids[seen].tolist(), ids[seen].tolist(), strict=True):
            if last.get(person, track) != track:
                yield index, person, last[person], track
            last[person] = track


def _prepare(run: Run, min_iou: float) -> tuple[list, list, list]:
    """Return ids of people, ids of tracks and overlaps, per image, ids counted from 0 on."""
    people: dict[int, int] = {}
    tracks: dict[int, int] = {}
    parts: tuple[list, list, list] = [], [], []
    for truth, tracked in zip(run.truth, run.tracked, strict=True):
        ids = matches(truth, tracked, min_iou)
        # A track on somebody who does not count does not count either.
        wrong = np.isin(tracked.ids, ids[~truth.counts])
        true_ids, track_ids = truth.ids[truth.counts], tracked.ids[~wrong]
        parts[0].append(
            np.array([people.setdefault(i, len(people)) for i in true_ids.tolist()], int)
        )
        parts[1].append(
            np.array([tracks.setdefault(i, len(tracks)) for i in track_ids.tolist()], int)
        )
        parts[2].append(box_iou(truth.boxes_xyxy[truth.counts], tracked.boxes_xyxy[~wrong]))
    return parts


def _numbers(ids: np.ndarray, known: dict[int, int]) -> np.ndarray:
    """Return the (N,) number of each id, in the order in which the ids appeared."""
    return np.array([known.setdefault(number, len(known)) for number in ids.tolist()], np.int64)


def _hidden_figures(runs: List[Run], min_iou: float) -> dict[str, float | int | None]:
    hidden = found = 0
    waits: list[float] = []
    for run in runs:
        for truth, tracked in zip(run.truth, run.tracked, strict=True):
            asked = truth.counts & (truth.visibility < _HIDDEN)
            hidden += int(asked.sum())
            found += int((matches(truth, tracked, min_iou)[asked] >= 0).sum())
        waits += _waits_s(run, min_iou)
    again = [wait for wait in waits if np.isfinite(wait)]
    return {
        'recall_occluded': found / hidden if hidden else None,
        'occlusions': len(waits),
        'rejoined': len(again),
        'rejoin_s': float(np.mean(again)) if again else None,
    }


def _waits_s(run: Run, min_iou: float) -> list[float]:
    """Return for each occlusion how long it took to have the old id again, infinity for never.

    An occlusion is a stretch of images in which somebody who had a track is hidden or gone.
    """
    before: dict[int, int] = {}
    shown: dict[int, int] = {}
    waiting: dict[int, int] = {}
    waits = []
    for index, (truth, tracked) in enumerate(zip(run.truth, run.tracked, strict=True)):
        ids = matches(truth, tracked, min_iou)
        clear = truth.counts & ~(truth.visibility < _HIDDEN)
        for person, track in zip(truth.ids[clear].tolist(), ids[clear].tolist(), strict=True):
            if person in before and shown[person] < index - 1:
                if person in waiting:
                    waits.append(np.inf)
                waiting[person] = index
            if track >= 0 and person not in waiting:
                before[person] = track
            elif track >= 0 and track == before[person]:
                waits.append((index - waiting.pop(person)) / run.fps)
            shown[person] = index
    return waits + [np.inf] * len(waiting)
