"""From what models see to what people do and did."""

import pytest

from ros_vision_perception.core.fusion import FusionConfig
from ros_vision_perception.core.human import Event
from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.pipeline.fuse import Fuser
from test.core.people import Scene, figure
from test.core.scenes import capture

FPS = 10


def raised(seconds: float) -> Scene:
    """Return somebody who holds the left arm up until a time."""
    joints = figure(150).copy()
    nose, elbow, wrist = (COCO17.index(name) for name in ('nose', 'left_elbow', 'left_wrist'))
    if seconds < 2.0:
        joints[elbow] = joints[nose] + (12.0, -4.0)
        joints[wrist] = joints[nose] + (14.0, -22.0)
    return Scene((joints,))


def told(fuser: Fuser, begin_s: float, end_s: float) -> list[Event]:
    frames = range(round(begin_s * FPS), round(end_s * FPS))
    results = [fuser.step(capture(raised(frame / FPS), frame / FPS)) for frame in frames]
    return [event for humans in results for event in humans.events]


def test_what_somebody_did_is_told_once_when_it_is_over() -> None:
    fuser = Fuser(FusionConfig(), COCO17)
    assert told(fuser, 0.0, 2.0) == []
    (event,) = [one for one in told(fuser, 2.0, 4.0) if one.activity == 'left_arm_raised']
    assert event.track_id == 1
    assert event.start_ns * 1e-9 == pytest.approx(0.3, abs=0.4)
    assert event.end_ns * 1e-9 == pytest.approx(2.0, abs=0.4)
    assert event.confidence > 0.5
    assert 'left_wrist' in event.joints_seen
    assert told(fuser, 4.0, 5.0) == []


def test_a_new_stream_knows_nothing_of_what_went_on() -> None:
    fuser = Fuser(FusionConfig(), COCO17)
    told(fuser, 0.0, 1.5)
    fuser.reset()
    assert told(fuser, 2.5, 4.0) == []
