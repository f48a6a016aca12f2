from dataclasses import replace

import numpy as np

from ros_vision_perception.core.human import Humans, HumanState, Joints, JointState, TrackState
from ros_vision_perception.core.skeleton import BLAZEPOSE33, COCO17, Skeleton
from ros_vision_perception.tools.demo.agreement import Agreement
from ros_vision_perception.tools.truth import Truth

# Two people with all joints in view, far apart.
JOINTS = len(BLAZEPOSE33)
FIGURE = np.stack(np.divmod(np.arange(JOINTS), 6), axis=1) * 20.0
TRUTH = Truth(
    BLAZEPOSE33,
    np.stack((FIGURE + 50, FIGURE + 350)),
    np.full((2, JOINTS), JointState.VISIBLE, np.uint8),
    np.full((2, JOINTS), -1),
    np.full(2, 10_000.0),
    is_measured=np.ones((2, len(BLAZEPOSE33)), bool),
)


def a_result(track_id: int, points: np.ndarray, states: np.ndarray) -> HumanState:
    count = len(points)
    nothing = np.full((count, 3, 3), np.nan, np.float32)
    return HumanState(
        track_id=track_id,
        track_state=TrackState.CONFIRMED,
        age_s=1.0,
        time_since_update_s=0.0,
        existence_probability=0.9,
        occluded_fraction=0.0,
        identity_confidence=0.9,
        box_xyxy=np.array([0, 0, 100, 100], np.float32),
        joints=Joints(
            states=states.astype(np.uint8),
            p_visible=np.ones(count, np.float32),
            occluder_track_ids=np.full(count, -1, np.int32),
            occluder_classes=('',) * count,
            keypoints_xy=points.astype(np.float32),
            covariances_px=nothing[:, :2, :2],
            has_3d=np.zeros(count, bool),
            positions_m=nothing[:, 0],
            position_covariances=nothing,
            velocities=nothing[:, 0],
            velocity_covariances=nothing,
            time_since_seen_s=np.zeros(count, np.float32),
        ),
        position_m=nothing[0, 0],
        position_covariance=nothing[0],
        velocity_mps=nothing[0, 0],
        velocity_covariance=nothing[0],
    )


def perfect_results(truth: Truth) -> tuple[HumanState, ...]:
    people = enumerate(zip(truth.joints_xy, truth.states, strict=True))
    return tuple(a_result(person + 1, points, states) for person, (points, states) in people)


def humans(people: tuple[HumanState, ...], skeleton: Skeleton = BLAZEPOSE33) -> Humans:
    return Humans(1, (640, 480), skeleton, people, True, True, False)


def test_perfect_results_agree_wholly_whatever_their_order() -> None:
    agreement = Agreement()
    agreement.add(TRUTH, humans(perfect_results(TRUTH)[::-1]))
    assert (agreement.frames, agreement.asked, agreement.found) == (1, 2, 2)
    np.testing.assert_allclose(agreement.similarity, 2.0, atol=1e-6)
    assert agreement.states == {(JointState.VISIBLE, JointState.VISIBLE): 2 * JOINTS}
    assert agreement.track_ids == {0: {1: 1}, 1: {2: 1}}


def test_missed_person_is_asked_for_and_not_found() -> None:
    agreement = Agreement()
    agreement.add(TRUTH, humans(perfect_results(TRUTH)[:1]))
    agreement.add(TRUTH, humans(()))
    assert (agreement.frames, agreement.asked, agreement.found) == (2, 4, 1)


def test_result_far_from_everyone_is_nobodys() -> None:
    agreement = Agreement()
    stray = a_result(9, FIGURE + 200, TRUTH.states[0])
    agreement.add(TRUTH, humans((stray,)))
    assert agreement.found == 0
    assert agreement.track_ids == {}


def test_wrong_states_and_occluders_are_counted_as_such() -> None:
    states, occluders = TRUTH.states.copy(), TRUTH.occluders.copy()
    states[0, :4], occluders[0, :4] = JointState.OCCLUDED_BY_PERSON, 1
    truth = replace(TRUTH, states=states, occluders=occluders)
    first, second = perfect_results(truth)
    named = np.full(JOINTS, -1, np.int32)
    named[:3] = second.track_id
    wrong = first.joints.states.copy()
    wrong[3] = JointState.VISIBLE
    first = replace(first, joints=replace(first.joints, states=wrong, occluder_track_ids=named))
    agreement = Agreement()
    agreement.add(truth, humans((first, second)))
    by_person = JointState.OCCLUDED_BY_PERSON
    assert agreement.states[by_person, by_person] == 3
    assert agreement.states[by_person, JointState.VISIBLE] == 1
    assert agreement.occluders == {'named': 3, 'not named': 1}


def test_person_who_is_hidden_altogether_is_not_asked_for() -> None:
    states = TRUTH.states.copy()
    states[1] = JointState.OCCLUDED_BY_OBJECT
    agreement = Agreement()
    agreement.add(replace(TRUTH, states=states), humans(()))
    assert agreement.asked == 1


def test_joints_of_another_skeleton_are_compared_by_name() -> None:
    ids = BLAZEPOSE33.subset(COCO17)
    people = tuple(
        a_result(7 + person, TRUTH.joints_xy[person, ids], TRUTH.states[person, ids])
        for person in (0, 1)
    )
    agreement = Agreement()
    agreement.add(TRUTH, humans(people, COCO17))
    assert agreement.found == 2
    assert agreement.states.total() == 2 * len(COCO17)


def test_new_id_of_a_person_is_told() -> None:
    agreement = Agreement()
    first, second = perfect_results(TRUTH)
    for track_id in (1, 1, 5):
        agreement.add(TRUTH, humans((replace(first, track_id=track_id), second)))
    assert 'person 1 was                    #1 in 2 frames, #5 in 1 frames' in agreement.lines()


def test_many_ids_of_a_person_are_summed_up() -> None:
    agreement = Agreement()
    (first, _) = perfect_results(TRUTH)
    for track_id in range(1, 8):
        agreement.add(TRUTH, humans((replace(first, track_id=track_id),)))
    assert agreement.lines()[-1].endswith('#4 in 1 frames, and 3 others')


def test_report_without_any_frame_has_no_figures() -> None:
    assert all(line.endswith('-') for line in Agreement().lines())
