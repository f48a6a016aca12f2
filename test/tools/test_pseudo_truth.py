from dataclasses import replace

import numpy as np

from ros_vision_perception.core.human import JointState
from ros_vision_perception.core.masks import BoxMask
from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.core.types import Keypoints
from ros_vision_perception.tools.evaluate.clean import pseudo_truths

FRAMES = 20


def people(*lefts: float) -> Keypoints:
    """Return somebody 60 px high at each place, surely seen, in a mask of their own."""
    count, joints = len(lefts), len(COCO17)
    body = np.stack((np.arange(17) % 4 * 8.0, np.arange(17) * 3.6), axis=1)
    points = body + np.array([[[left, 20.0]] for left in lefts]).reshape(count, 1, 2)
    boxes = np.concatenate((points.min(axis=1), points.max(axis=1)), axis=1)
    return Keypoints(
        skeleton=COCO17,
        image_size=(320, 120),
        keypoints_xy=points.astype(np.float32),
        scores=np.full((count, joints), 0.9, np.float32),
        visibility=np.full((count, joints), 0.9, np.float32),
        presence=np.ones((count, joints), np.float32),
        boxes_xyxy=boxes.astype(np.float32),
        person_scores=np.ones(count, np.float32),
        keypoints_3d=np.full((count, joints, 3), np.nan, np.float32),
        masks=tuple(BoxMask(int(left), 20, np.ones((60, 30), bool)) for left in lefts),
    )


def test_rows_are_the_same_people_though_the_model_changes_their_order() -> None:
    clip = [
        people(20 + frame, 200 - frame) if frame % 2 else people(200 - frame, 20 + frame)
        for frame in range(FRAMES)
    ]
    noses = np.array([truth.joints_xy[:, 0, 0] for truth in pseudo_truths(clip)])
    assert noses.shape == (FRAMES, 2)
    np.testing.assert_allclose(np.abs(np.diff(noses, axis=0)), 1.0, atol=1e-4)


def test_somebody_seen_for_a_moment_only_is_nobody() -> None:
    clip = [people(20, 200) if frame == 9 else people(20) for frame in range(FRAMES)]
    assert all(len(truth.states) == 1 for truth in pseudo_truths(clip))


def test_a_joint_is_known_only_where_the_model_is_sure() -> None:
    frame = people(20)
    visibility = frame.visibility.copy()
    visibility[0, 5] = 0.1  # on the own body
    visibility[0, 6] = 0.5
    truth = pseudo_truths([replace(frame, visibility=visibility)] * FRAMES)[0]
    assert truth.states[0, 4] == JointState.VISIBLE
    assert truth.states[0, 5] == JointState.OCCLUDED_BY_SELF
    assert truth.states[0, 6] == JointState.UNKNOWN
    np.testing.assert_array_equal(np.isnan(truth.joints_xy[0, :, 0]), np.arange(17) == 6)


def test_hidden_behind_another_person_is_not_hidden_by_the_own_body() -> None:
    frame = people(20, 30)
    visibility = frame.visibility.copy()
    visibility[0, 3] = 0.1  # in the masks of both
    truth = pseudo_truths([replace(frame, visibility=visibility)] * FRAMES)[0]
    assert truth.states[0, 3] == JointState.UNKNOWN


def test_scores_stand_in_for_a_visibility_that_the_model_does_not_have() -> None:
    frame = people(20)
    unknown = np.full_like(frame.visibility, np.nan)
    truth = pseudo_truths([replace(frame, visibility=unknown, masks=())] * FRAMES)[0]
    assert (truth.states == JointState.VISIBLE).all()


def test_a_clip_with_nobody_has_no_rows() -> None:
    empty = Keypoints.empty(COCO17, (320, 120))
    assert [len(truth.states) for truth in pseudo_truths([empty] * 3)] == [0, 0, 0]
    assert pseudo_truths([]) == []
