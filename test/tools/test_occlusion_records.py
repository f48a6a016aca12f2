from dataclasses import replace

import numpy as np
import pytest

from ros_vision_perception.core.human import Humans, HumanState, Joints, JointState, TrackState
from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.core.types import Keypoints
from ros_vision_perception.tools.evaluate.occlusion_figures import occlusion_figures
from ros_vision_perception.tools.evaluate.records import Recorder, Records
from ros_vision_perception.tools.truth import Truth
from test.core.people import figure

SIZE = (320, 240)
K = len(COCO17)
WRIST, KNEE = COCO17.index('left_wrist'), COCO17.index('left_knee')
AREA = 6400.0


def truth(*xs: float) -> Truth:
    """Return people who stand at the given places, wholly in view."""
    poses = np.stack([figure(x) for x in xs])
    shape = poses.shape[:2]
    return Truth(
        COCO17,
        poses,
        np.full(shape, JointState.VISIBLE, np.uint8),
        np.full(shape, -1),
        np.full(len(xs), AREA),
        is_measured=np.ones(shape, bool),
    )


def hide(true: Truth, person: int, joint: int, occluder: int) -> Truth:
    states, occluders = true.states.copy(), true.occluders.copy()
    states[person, joint] = JointState.OCCLUDED_BY_PERSON
    occluders[person, joint] = occluder
    return replace(true, states=states, occluders=occluders)


def keypoints(poses: np.ndarray) -> Keypoints:
    nothing = Keypoints.empty(COCO17, SIZE)
    count = len(poses)
    return replace(
        nothing,
        keypoints_xy=poses.astype(np.float32),
        scores=np.full((count, K), 0.9, np.float32),
        visibility=np.full((count, K), np.nan, np.float32),
        presence=np.full((count, K), np.nan, np.float32),
        boxes_xyxy=np.zeros((count, 4), np.float32),
        person_scores=np.ones(count, np.float32),
        keypoints_3d=np.full((count, K, 3), np.nan, np.float32),
    )


def human(
    track_id: int, pose: np.ndarray, states: np.ndarray, occluders: np.ndarray
) -> HumanState:
    vectors, matrices = np.full((K, 3), np.nan), np.full((K, 3, 3), np.nan)
    joints = Joints(
        states=states.astype(np.uint8),
        p_visible=np.where(states == JointState.VISIBLE, 0.9, 0.2).astype(np.float32),
        occluder_track_ids=occluders,
        occluder_classes=('',) * K,
        keypoints_xy=pose,
        covariances_px=np.broadcast_to(4.0 * np.eye(2), (K, 2, 2)),
        has_3d=np.zeros(K, bool),
        positions_m=vectors,
        position_covariances=matrices,
        velocities=vectors,
        velocity_covariances=matrices,
        time_since_seen_s=np.zeros(K),
    )
    box = np.array([*pose.min(axis=0), *pose.max(axis=0)])
    unknown, covariance = np.full(3, np.nan), np.full((3, 3), np.nan)
    return HumanState(
        *(track_id, TrackState.CONFIRMED, 1.0, 0.0, 1.0, 0.0, 1.0, box, joints),
        *(unknown, covariance, unknown, covariance),
    )


def humans(true: Truth, ids: dict[int, int], stamp_ns: int = 0) -> Humans:
    """Return a result that is right about everything; person -> track id."""
    named = np.array([-1, *(ids.get(person, -1) for person in range(len(true.states)))])
    people = tuple(
        human(ids[person], true.joints_xy[person], true.states[person],
              named[true.occluders[person] + 1])
        for person in sorted(ids, key=lambda person: ids[person])
    )  # fmt: skip
    return Humans(stamp_ns, SIZE, COCO17, people, True, True, False)


def test_a_right_result_has_no_error_and_names_the_occluder() -> None:
    true = hide(truth(100, 200), 0, WRIST, occluder=1)
    records = Recorder().record(true, keypoints(true.joints_xy), humans(true, {0: 5, 1: 3}), 0)
    assert len(records) == 2 * K
    np.testing.assert_array_equal(records.states, records.true_states)
    np.testing.assert_array_equal(records.is_named[np.isfinite(records.is_named)], [1.0])
    np.testing.assert_allclose(records.errors_px[:, :2], 0.0, atol=1e-5)
    figures = occlusion_figures(records)
    assert figures['auc_visible'] == 1.0
    assert figures['occluder_accuracy'] == 1.0
    assert figures['per_state']['OCCLUDED_BY_PERSON']['f1'] == 1.0


def test_naming_somebody_else_is_wrong() -> None:
    true = hide(truth(60, 150, 240), 0, WRIST, occluder=1)
    said = humans(hide(true, 0, WRIST, occluder=2), {0: 1, 1: 2, 2: 3})
    records = Recorder().record(true, keypoints(true.joints_xy), said, 0)
    np.testing.assert_array_equal(records.is_named[np.isfinite(records.is_named)], [0.0])


def test_a_person_nobody_found_has_unknown_states_and_no_errors() -> None:
    true = truth(100, 200)
    one = humans(true, {0: 1})
    records = Recorder().record(true, keypoints(true.joints_xy[:1]), one, 0)
    assert (records.states[K:] == JointState.UNKNOWN).all()
    assert np.isnan(records.errors_px[K:, :2]).all()
    assert np.isnan(records.scores[K:]).all()


def test_places_from_the_same_answer_measure_nothing() -> None:
    true = replace(truth(100), is_measured=np.zeros((1, K), bool))
    records = Recorder().record(true, keypoints(true.joints_xy), humans(true, {0: 1}), 0)
    assert np.isnan(records.errors_px).all()
    assert np.isnan(records.squared).all()


def test_joint_that_moves_on_while_hidden_tells_the_methods_apart() -> None:
    recorder, tables = Recorder(), []
    for frame in range(12):
        true = truth(100.0 + 5 * frame)
        if frame >= 8:
            states = true.states.copy()
            states[0, KNEE] = JointState.OCCLUDED_BY_OBJECT
            true = replace(true, states=states)
        model = true.joints_xy.copy()
        if frame >= 8:
            model[0, KNEE, 1] -= 30  # the bare model is 30 px off
        said = humans(true, {0: 1}, stamp_ns=frame * 100_000_000)
        tables.append(recorder.record(true, keypoints(model), said, frame))
    records = Records.concatenate(tables)
    hidden = records.where(records.true_states == JointState.OCCLUDED_BY_OBJECT)
    np.testing.assert_allclose(hidden.hidden_s, [0.1, 0.2, 0.3, 0.4])
    # ours, raw, last seen, at constant velocity
    expected = [[0, 30, 5 * n, 0] for n in (1, 2, 3, 4)]
    np.testing.assert_allclose(hidden.errors_px, expected, atol=1e-3)
    figures = occlusion_figures(records)
    assert figures['joint_error']['raw'] == pytest.approx(30 / np.sqrt(AREA), abs=1e-4)
    assert figures['joint_error']['last_seen'] == pytest.approx(12.5 / np.sqrt(AREA), abs=1e-4)
    assert figures['joint_error_below']['raw'] == pytest.approx(1.0, abs=1e-4)


def test_a_joint_without_an_answer_is_not_alike_at_all() -> None:
    recorder, true, both = Recorder(), truth(100, 250), {0: 1, 1: 2}
    tables = [recorder.record(true, keypoints(true.joints_xy), humans(true, both), 0)]
    hidden = hide(true, 0, KNEE, occluder=1)
    for frame in (1, 2):
        # In the second of the two frames the bare model does not find whose knee is hidden.
        model = keypoints(true.joints_xy[frame - 1 :])
        said = humans(true, both, stamp_ns=frame * 100_000_000)
        tables.append(recorder.record(hidden, model, said, frame))
    figures = occlusion_figures(Records.concatenate(tables))
    assert figures['found']['raw'] == 0.5
    assert figures['joint_oks']['raw'] == pytest.approx(1.0)
    assert figures['joint_oks_all']['raw'] == pytest.approx(0.5)
    assert figures['joint_oks_all']['ours'] == pytest.approx(1.0)


def test_a_hidden_person_is_still_whose_track_it_was() -> None:
    recorder = Recorder()
    true = truth(100, 200)
    recorder.record(true, keypoints(true.joints_xy), humans(true, {0: 7, 1: 8}), 0)
    states = true.states.copy()
    states[0] = JointState.OCCLUDED_BY_OBJECT
    hidden = replace(true, states=states)
    # The track has drifted away from where the person really is.
    drifted = replace(hidden, joints_xy=hidden.joints_xy + np.array([[[45.0, 0]], [[0, 0]]]))
    said = humans(drifted, {0: 7, 1: 8}, stamp_ns=100_000_000)
    records = recorder.record(hidden, keypoints(true.joints_xy[1:]), said, 1)
    np.testing.assert_allclose(records.errors_px[:K, 0], 45.0, atol=1e-4)


def test_figures_without_any_hidden_joint_are_none_not_nan() -> None:
    true = truth(100)
    records = Recorder().record(true, keypoints(true.joints_xy), humans(true, {0: 1}), 0)
    figures = occlusion_figures(records)
    assert figures['auc_visible'] is None
    assert figures['joint_error']['ours'] is None
    assert figures['ex_oks']['ours'] is None


def test_truth_in_another_skeleton_keeps_joints_by_name() -> None:
    from ros_vision_perception.core.skeleton import BLAZEPOSE33

    true = hide(truth(100, 200), 0, WRIST, occluder=1)
    there = true.in_skeleton(BLAZEPOSE33)
    wrist = BLAZEPOSE33.index('left_wrist')
    assert there.states[0, wrist] == JointState.OCCLUDED_BY_PERSON
    assert there.occluders[0, wrist] == 1
    assert (there.states[:, BLAZEPOSE33.index('left_heel')] == JointState.UNKNOWN).all()
    back = there.in_skeleton(COCO17)
    np.testing.assert_array_equal(back.joints_xy, true.joints_xy)
    np.testing.assert_array_equal(back.states, true.states)
