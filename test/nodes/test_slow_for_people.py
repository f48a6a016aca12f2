"""The example robot: who stops it, who slows it, and who does not."""

from dataclasses import replace
import importlib.util
import math
from pathlib import Path
import sys
from typing import Any

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')

from ros_vision_perception.core.human import HumanState, PredictedPath, TrackState
from test.nodes.test_humans_message import human as any_human

pytestmark = pytest.mark.ros

NOW_NS = 5_000_000_000


@pytest.fixture(scope='module')
def example() -> Any:
    path = Path(__file__).parents[2] / 'examples/slow_for_people.py'
    spec = importlib.util.spec_from_file_location('slow_for_people', path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def at(x: float, z: float, *, state: TrackState = TrackState.CONFIRMED) -> HumanState:
    return replace(
        any_human(1, in_space=True, joints=33),
        track_state=state,
        position_m=np.array([x, 0.0, z], np.float32),
        position_covariance=np.eye(3, dtype=np.float32) * 0.01,
        time_since_update_s=0.0,
        predicted_paths=(),
    )


def limit(example: Any, *people: HumanState, late_s: float = 0.0) -> tuple[float, str]:
    memory = example.remember({}, people, NOW_NS)
    return example.speed_limit(memory, NOW_NS, NOW_NS + round(late_s * 1e9))


def test_a_free_way_has_no_limit(example: Any) -> None:
    assert limit(example) == (math.inf, '')
    assert limit(example, at(3.0, 4.0)) == (math.inf, '')
    assert limit(example, at(0.0, -2.0)) == (math.inf, '')


def test_it_can_stop_before_whoever_is_in_the_way(example: Any) -> None:
    far, reason = limit(example, at(0.0, 6.0))
    near, _ = limit(example, at(0.0, 3.0))
    assert far > near > 0
    assert reason == 'person 1'
    assert limit(example, at(0.2, 0.6))[0] == 0
    way = near * example.REACTION_S + near**2 / (2 * example.BRAKE)
    assert way == pytest.approx(example.gap_m(at(0.0, 3.0), 0.0))


def test_whoever_may_step_into_the_way_slows_it(example: Any) -> None:
    steps = np.linspace((1.7, 0.0, 3.0), (0.0, 0.0, 3.0), 6).astype(np.float32)
    covariances = np.tile(np.eye(3, dtype=np.float32) * 0.01, (6, 1, 1))
    beside = at(2.0, 3.0)
    assert limit(example, beside)[0] == math.inf
    comes = replace(beside, predicted_paths=(PredictedPath(0.5, steps, covariances, 0.3),))
    assert limit(example, comes)[0] < 3.0
    hardly = replace(beside, predicted_paths=(PredictedPath(0.5, steps, covariances, 0.02),))
    assert limit(example, hardly)[0] == math.inf


def test_stale_news_is_danger(example: Any) -> None:
    assert limit(example, late_s=1.0) == (0.0, 'no fresh news of people')
    assert example.speed_limit({}, None, NOW_NS)[0] == 0


def test_of_whom_is_not_known_how_far_they_are_may_be_near(example: Any) -> None:
    nowhere = replace(at(0.0, 9.0), position_m=np.full(3, np.nan, np.float32))
    speed, reason = limit(example, nowhere)
    assert speed == 0
    assert 'how far' in reason


def test_the_hidden_are_there_until_they_are_seen_elsewhere(example: Any) -> None:
    hidden = at(0.0, 4.0, state=TrackState.OCCLUDED)
    memory = example.remember({}, [hidden], NOW_NS)
    later_ns = NOW_NS + 2_000_000_000
    vanished = example.remember(memory, [], later_ns)
    speed, reason = example.speed_limit(vanished, later_ns, later_ns)
    assert speed < limit(example, hidden)[0]  # may have come nearer meanwhile
    assert 'hidden' in reason
    seen = example.remember(memory, [at(4.0, 4.0)], later_ns)
    assert example.speed_limit(seen, later_ns, later_ns)[0] == math.inf
    assert example.remember(memory, [], NOW_NS + 11_000_000_000) == {}


def test_whoever_leaves_in_full_view_is_gone(example: Any) -> None:
    memory = example.remember({}, [at(0.0, 4.0)], NOW_NS)
    assert example.remember(memory, [], NOW_NS + 100_000_000) == {}
