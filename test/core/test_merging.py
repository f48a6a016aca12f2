"""People whom several cameras see: made-up walks, of which the truth is known."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from ros_vision_perception.core.human import (
    Humans,
    HumanState,
    JointState,
    Posture,
    TrackState,
    unknown,
)
from ros_vision_perception.core.merging import PeopleMerger
from test.core.known_people import STAMP_NS, human, humans

RATE_HZ, SECOND_NS = 10, 10**9
# Where the cameras are, m; people walk about the origin.
PLACES = {'left': np.array([-4.0, 0.0, 0.0]), 'right': np.array([0.0, -4.0, 0.0])}
ACROSS_M, ALONG = 0.03, 0.1
ALL_SEEN = np.array([JointState.VISIBLE] * 33, np.uint8)


def somebody(
    track_id: int, place: np.ndarray, spread: np.ndarray, speed: np.ndarray
) -> HumanState:
    """Return a person all of whose joints are at one place."""
    person = human(track_id, in_space=True)
    count = len(person.joints)
    joints = replace(
        person.joints,
        states=ALL_SEEN,
        p_visible=np.full(count, 0.9, np.float32),
        occluder_track_ids=np.full(count, -1, np.int32),
        has_3d=np.ones(count, bool),
        positions_m=np.tile(place, (count, 1)).astype(np.float32),
        position_covariances=np.tile(spread, (count, 1, 1)).astype(np.float32),
        velocities=np.tile(speed, (count, 1)).astype(np.float32),
        velocity_covariances=np.tile(0.04 * np.eye(3), (count, 1, 1)).astype(np.float32),
    )
    return replace(
        person,
        track_state=TrackState.CONFIRMED,
        age_s=5.0,
        time_since_update_s=0.0,
        position_m=place.astype(np.float32),
        position_covariance=spread.astype(np.float32),
        velocity_mps=speed.astype(np.float32),
        velocity_covariance=(0.04 * np.eye(3)).astype(np.float32),
        joints=joints,
    )


def spread_of(camera: str, place: np.ndarray) -> np.ndarray:
    """Return the covariance of a place: unsure along the ray, by a share of the distance."""
    ray = place - PLACES[camera]
    distance = np.linalg.norm(ray)
    ray = ray / distance
    return ACROSS_M**2 * np.eye(3) + (ALONG * distance) ** 2 * np.outer(ray, ray)


def seen(
    camera: str, stamp_ns: int, walkers: dict[int, tuple[np.ndarray, np.ndarray]], seed: int = 0
) -> Humans:
    """Return the people of a camera: track id -> place and speed, with errors that last."""
    people = []
    for track_id, (place, speed) in sorted(walkers.items()):
        spread = spread_of(camera, place)
        random = np.random.default_rng((seed, track_id, sorted(PLACES).index(camera)))
        error = np.linalg.cholesky(spread) @ random.normal(size=3)
        people.append(somebody(track_id, place + error, spread, speed))
    return replace(humans(*people), stamp_ns=stamp_ns, degraded_reason='')


def stamps(seconds: float) -> Iterator[int]:
    yield from range(STAMP_NS, STAMP_NS + int(seconds * SECOND_NS), SECOND_NS // RATE_HZ)


def along(begin: list[float], speed: list[float], stamp_ns: int) -> tuple[np.ndarray, np.ndarray]:
    elapsed_s = (stamp_ns - STAMP_NS) / SECOND_NS
    return np.array(begin) + np.array(speed) * elapsed_s, np.array(speed)


def both() -> PeopleMerger:
    return PeopleMerger(('left', 'right'))


@pytest.mark.parametrize('seed', range(20))
def test_who_is_seen_by_two_cameras_is_one_person_who_keeps_the_id(seed: int) -> None:
    merger, known = both(), set()
    for stamp_ns in stamps(3):
        walk = along([-1.5, 0.2, 0], [1, 0, 0], stamp_ns)
        merger.step('left', seen('left', stamp_ns, {4: walk}, seed))
        result = merger.step('right', seen('right', stamp_ns, {9: walk}, seed))
        if stamp_ns > STAMP_NS + SECOND_NS:
            known.add(tuple(person.track_id for person in result.people))
    assert known == {(1,)}


def test_two_cameras_know_better_where_somebody_is_than_each_of_them() -> None:
    errors = []
    for seed in range(60):
        merger, truth = both(), along([0.5, -0.5, 0], [0, 0, 0], STAMP_NS)
        views = [
            merger.step(camera, seen(camera, STAMP_NS, {1: truth}, seed)).people
            for camera in PLACES
        ]
        singles = [seen(camera, STAMP_NS, {1: truth}, seed).people[0] for camera in PLACES]
        if len(views[-1]) > 1:
            continue  # one look may leave it open
        places = [person.position_m for person in (*singles, views[-1][0])]
        errors.append([np.linalg.norm(place - truth[0]) for place in places])
    assert len(errors) > 50
    left, right, together = np.sqrt(np.mean(np.square(errors), axis=0))
    assert together < 0.5 * min(left, right)


def test_two_people_far_apart_are_two() -> None:
    merger = both()
    for stamp_ns in stamps(2):
        merger.step('left', seen('left', stamp_ns, {1: along([1, 1, 0], [0, 0, 0], stamp_ns)}))
        result = merger.step(
            'right', seen('right', stamp_ns, {1: along([-1, -1, 0], [0, 0, 0], stamp_ns)})
        )
    assert [person.track_id for person in result.people] == [1, 2]


@pytest.mark.parametrize('seed', range(10))
def test_two_people_who_pass_each_other_keep_their_ids(seed: int) -> None:
    merger = both()
    ids = []
    for stamp_ns in stamps(4):
        first = along([-2, 0.4, 0], [1, 0, 0], stamp_ns)
        second = along([2, -0.4, 0], [-1, 0, 0], stamp_ns)
        merger.step('left', seen('left', stamp_ns, {1: first, 2: second}, seed))
        result = merger.step('right', seen('right', stamp_ns, {7: second, 8: first}, seed))
        is_apart = not SECOND_NS < stamp_ns - STAMP_NS < 3 * SECOND_NS
        if is_apart:
            distances = [np.linalg.norm(one.position_m - first[0]) for one in result.people]
            ids.append(result.people[int(np.argmin(distances))].track_id)
        assert len(result.people) == 2
    assert len(set(ids)) == 1


def test_who_leaves_one_camera_keeps_the_id_in_the_other() -> None:
    merger = both()
    for stamp_ns in stamps(4):
        walk = along([-1.5, 0, 0], [0.7, 0, 0], stamp_ns)
        half = stamp_ns - STAMP_NS < 2 * SECOND_NS
        merger.step('left', seen('left', stamp_ns, {3: walk} if half else {}))
        result = merger.step('right', seen('right', stamp_ns, {5: walk}))
        assert [person.track_id for person in result.people][:1] == [1]
    assert len(result.people) == 1


def test_two_who_were_taken_for_one_are_told_apart_and_the_older_keeps_the_id() -> None:
    merger = both()
    for stamp_ns in stamps(4):
        stays = along([0, 0, 0], [0, 0, 0], stamp_ns)
        leaves = along([0.05, 0, 0], [0.0, 1.0, 0], stamp_ns)
        merger.step('left', seen('left', stamp_ns, {1: stays}))
        young = seen('right', stamp_ns, {1: leaves})
        young = replace(young, people=tuple(replace(one, age_s=1.0) for one in young.people))
        result = merger.step('right', young)
        if stamp_ns == STAMP_NS + SECOND_NS // 2:
            assert len(result.people) == 1
    assert [person.track_id for person in result.people] == [1, 2]
    np.testing.assert_allclose(result.people[0].position_m, [0, 0, 0], atol=1.5)


def test_people_are_told_at_the_time_of_the_newest_image() -> None:
    merger = both()
    place, speed = np.array([1.0, 0, 0]), np.array([1.0, 0, 0])
    merger.step('left', seen('left', STAMP_NS, {1: (place, speed)}))
    later_ns = STAMP_NS + SECOND_NS // 5
    result = merger.step('right', seen('right', later_ns, {}))
    assert result.stamp_ns == later_ns
    before, (after,) = seen('left', STAMP_NS, {1: (place, speed)}).people[0], result.people
    np.testing.assert_allclose(after.position_m - before.position_m, [0.2, 0, 0], atol=1e-4)
    np.testing.assert_allclose(
        after.joints.positions_m - before.joints.positions_m,
        np.tile([0.2, 0, 0], (33, 1)),
        atol=1e-4,
    )
    assert np.trace(after.position_covariance) > np.trace(before.position_covariance)
    assert after.time_since_update_s == pytest.approx(0.2)
    # What comes late belongs to an earlier moment.
    assert merger.step('left', seen('left', STAMP_NS + 1, {})).stamp_ns == later_ns


def test_a_joint_is_seen_if_any_camera_sees_it() -> None:
    merger = both()
    place = (np.array([0.0, 0, 0]), np.zeros(3))
    hidden = seen('left', STAMP_NS, {1: place, 2: (np.array([0, 3.0, 0]), np.zeros(3))})
    hides = replace(
        hidden.people[0].joints,
        states=np.full(33, JointState.OCCLUDED_BY_PERSON, np.uint8),
        p_visible=np.full(33, 0.1, np.float32),
        occluder_track_ids=np.full(33, 2, np.int32),
        occluder_classes=('person',) * 33,
    )
    hidden = replace(
        hidden,
        people=(
            replace(hidden.people[0], joints=hides, posture=Posture.UNKNOWN),
            hidden.people[1],
        ),
    )
    (alone, occluder) = merger.step('left', hidden).people
    assert set(alone.joints.occluder_track_ids) == {occluder.track_id}
    assert alone.occluded_fraction == 1.0
    clear = seen('right', STAMP_NS, {1: place})
    half = replace(
        clear.people[0].joints, p_visible=np.repeat(np.array([0.9, 0.05], np.float32), [20, 13])
    )
    sitting = replace(
        clear.people[0], joints=half, posture=Posture.SITTING, posture_confidence=0.8
    )
    person = merger.step('right', replace(clear, people=(sitting,))).people[0]
    assert (person.joints.states[:20] == JointState.VISIBLE).all()
    assert (person.joints.states[20:] == JointState.OCCLUDED_BY_PERSON).all()
    assert person.occluded_fraction == pytest.approx(13 / 33)
    assert (person.posture, person.posture_confidence) == (Posture.SITTING, 0.8)
    assert np.isnan(person.box_xyxy).all() and np.isnan(person.joints.keypoints_xy).all()


def test_without_places_nobody_is_the_same() -> None:
    merger = both()
    nowhere = replace(
        humans(human(1, in_space=False), human(2, in_space=False)), degraded_reason=''
    )
    merger.step('left', nowhere)
    result = merger.step('right', nowhere)
    assert [person.track_id for person in result.people] == [1, 2, 3, 4]
    assert not any(person.has_3d for person in result.people)


def test_people_of_a_silent_camera_fade_and_that_is_said() -> None:
    merger = both()
    assert merger.step('left', seen('left', STAMP_NS, {})).degraded_reason == 'nothing from right'
    merger.step('right', seen('right', STAMP_NS, {1: (np.zeros(3), np.zeros(3))}))
    existence = []
    for stamp_ns in stamps(12):
        result = merger.step('left', seen('left', stamp_ns, {}))
        existence.append(sum(person.existence_probability for person in result.people))
    assert existence[9] == existence[0] > 0.4
    assert all(after <= before for before, after in pairwise(existence))
    assert existence[-1] == 0
    assert result.degraded_reason == 'nothing from right'


def test_what_a_camera_lacked_is_told_with_its_name() -> None:
    merger = both()
    merger.step('left', replace(seen('left', STAMP_NS, {}), degraded_reason='masks missing'))
    result = merger.step('right', seen('right', STAMP_NS, {}))
    assert result.degraded_reason == 'left: masks missing'


def test_stamps_that_jump_back_begin_anew() -> None:
    merger = both()
    place = (np.array([1.0, 0, 0]), np.zeros(3))
    merger.step('left', seen('left', STAMP_NS + SECOND_NS, {1: place, 2: (-place[0], place[1])}))
    result = merger.step('left', seen('left', STAMP_NS, {2: place}))
    assert [person.track_id for person in result.people] == [1]
    assert result.stamp_ns == STAMP_NS


def test_unknown_orientation_yields_to_known() -> None:
    merger = both()
    place = (np.zeros(3), np.zeros(3))
    blind = seen('left', STAMP_NS, {1: place})
    unturned = replace(
        blind.people[0],
        axes=unknown(3, 3),
        orientation_covariance=unknown(3, 3),
        orientation_availability=type(blind.people[0].orientation_availability)(0),
    )
    merger.step('left', replace(blind, people=(unturned,)))
    clear = seen('right', STAMP_NS, {1: place})
    (person,) = merger.step('right', clear).people
    np.testing.assert_array_equal(person.axes, clear.people[0].axes)
