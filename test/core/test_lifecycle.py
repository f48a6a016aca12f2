"""Who is still there."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from ros_vision_perception.core.body_prior import body_of
from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.core.human import JointState, TrackState
from ros_vision_perception.core.lifecycle import Lifetimes, live
from ros_vision_perception.core.scene import Surroundings, sort_out
from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.core.tracking import admit, observe, sight
from ros_vision_perception.core.tracks import Tracks
from ros_vision_perception.core.visibility import explain
from test.core.people import Scene, begin_tracks, capture, figure

SECOND = 1_000_000_000
BODY = body_of(COCO17)
LIFETIMES = Lifetimes()


def confirmed(joint_state: JointState = JointState.VISIBLE, x: float = 150.0) -> Tracks:
    """Return one confirmed track, last sighted at 0 s with all joints in one state."""
    people, _ = sort_out(capture(Scene((figure(x),)), 0.0), COCO17)
    tracks, _ = begin_tracks(people, BODY)
    return replace(
        tracks,
        existence=np.ones(1),
        states=np.array([TrackState.CONFIRMED], np.uint8),
        joint_states=np.full((1, 17), int(joint_state), np.uint8),
    )


def live_on(tracks: Tracks, seconds: float, *, found: bool, looked: bool = True) -> Tracks:
    """Return the tracks after one image `seconds` later that shows everybody, or nobody."""
    scene = Scene((figure(150),) if found else ())
    seen = capture(scene, 0.0)
    people, _ = sort_out(seen, COCO17)
    rows = np.array([0 if found else -1])
    seen = seen if looked else replace(seen, keypoints=None)
    sightings = sight(tracks, people.in_rows(rows), rows >= 0, BODY, seen)
    belief = explain(sightings, Surroundings(), np.full(1, np.nan), COCO17)
    stamp_ns = int(tracks.updated_ns[0]) + round(seconds * SECOND)
    tracks = live(tracks, sightings, belief, LIFETIMES, stamp_ns, seconds)
    return observe(tracks, sightings, belief, BODY, stamp_ns, seconds)


@pytest.mark.parametrize(
    ('tracks', 'looked', 'half_life_s', 'state'),
    [
        pytest.param(
            confirmed(JointState.OCCLUDED_BY_OBJECT), True, 2.0, TrackState.OCCLUDED,
            id='behind an object',
        ),
        pytest.param(
            confirmed(JointState.OCCLUDED_BY_PERSON), True, 2.0, TrackState.OCCLUDED,
            id='behind a person',
        ),
        pytest.param(confirmed(), True, 1.0, TrackState.CONFIRMED, id='in plain view'),
        pytest.param(confirmed(x=2.0), True, 0.25, TrackState.CONFIRMED, id='at the border'),
        pytest.param(
            confirmed(JointState.OCCLUDED_BY_OBJECT, x=2.0), True, 0.25, TrackState.CONFIRMED,
            id='behind an object at the border',
        ),
        pytest.param(confirmed(), False, 2.0, TrackState.CONFIRMED, id='nobody looked'),
        pytest.param(
            replace(confirmed(), states=np.zeros(1, np.uint8)), True, 0.15, TrackState.TENTATIVE,
            id='never confirmed',
        ),
    ],
)  # fmt: skip
def test_existence_halves_after_a_half_life_of(
    tracks: Tracks, looked: bool, half_life_s: float, state: TrackState
) -> None:
    shortly = live_on(tracks, 0.99 * half_life_s, found=False, looked=looked)
    assert shortly.existence[0] == pytest.approx(0.5, abs=0.01)
    assert TrackState(shortly.states[0]) is state
    later = live_on(tracks, 1.01 * half_life_s, found=False, looked=looked)
    expected = state if state is TrackState.TENTATIVE else TrackState.LOST
    assert TrackState(later.states[0]) is expected


@given(st.lists(st.floats(0.001, 0.2), min_size=1, max_size=20))
def test_existence_does_not_depend_on_how_often_one_looked(gaps: list[float]) -> None:
    often = confirmed()
    for gap in gaps:
        often = live_on(often, gap, found=False)
        often = replace(often, updated_ns=often.updated_ns + round(gap * SECOND))
    once = live_on(confirmed(), sum(gaps), found=False)
    assert often.existence[0] == pytest.approx(once.existence[0], abs=1e-6)


def test_a_lost_person_who_is_found_again_is_confirmed_at_once() -> None:
    lost = live_on(confirmed(), 1.5, found=False)
    assert TrackState(lost.states[0]) is TrackState.LOST
    again = live_on(lost, 1.6, found=True)
    assert TrackState(again.states[0]) is TrackState.CONFIRMED
    assert again.existence[0] > lost.existence[0]


def test_new_tracks_continue_the_ids() -> None:
    people, _ = sort_out(capture(Scene((figure(80), figure(240))), 0.0), COCO17)
    rows, ratios = np.array([1]), np.array([[-np.inf, 9.0]])
    tracks, rows = admit(confirmed(), people, rows, ratios, BODY, next_id=7, stamp_ns=SECOND)
    np.testing.assert_array_equal(tracks.ids, [1, 7])
    np.testing.assert_array_equal(rows, [1, 0])
    np.testing.assert_array_equal(tracks.born_ns, [0, SECOND])


@pytest.mark.parametrize('value', [0.0, -1.0, float('nan')])
def test_lifetimes_are_positive(value: float) -> None:
    with pytest.raises(ConfigurationError, match=r'hidden_s: got .* expected more than 0 s'):
        Lifetimes(hidden_s=value)
