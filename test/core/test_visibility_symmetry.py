"""Why a joint is or is not seen does not depend on left and right, nor on the order of people."""

from dataclasses import replace

import numpy as np

from ros_vision_perception.core.masks import BoxMask
from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.core.types import InstanceMasks, Keypoints
from test.core.people import IMAGE_SIZE, Scene, believe, detect, figure, rectangle, segment


def crowd() -> tuple[Keypoints, InstanceMasks]:
    """Return two people, one half behind the other, and a box before both."""
    back, front = figure(140, feet_y=200, height=135, phase=1.0), figure(170, phase=2.0)
    scene = Scene((back, front), (('box', rectangle(100, 160, 150, 190)),))
    return detect(scene, noise_px=2.0, with_masks=True), segment(scene)


def mirrored(keypoints: Keypoints, masks: InstanceMasks) -> tuple[Keypoints, InstanceMasks]:
    width, flip = IMAGE_SIZE[0], COCO17.flip_indices

    def mirror(mask: BoxMask) -> BoxMask:
        return BoxMask.from_bitmap(mask.to_image(IMAGE_SIZE)[:, ::-1])

    xy = keypoints.keypoints_xy[:, flip] * (-1, 1) + (width - 1, 0)
    boxes = keypoints.boxes_xyxy[:, [2, 1, 0, 3]] * (-1, 1, -1, 1) + (width - 1, 0, width - 1, 0)
    flipped = replace(
        keypoints,
        keypoints_xy=xy.astype(np.float32),
        boxes_xyxy=boxes.astype(np.float32),
        scores=keypoints.scores[:, flip],
        visibility=keypoints.visibility[:, flip],
        masks=tuple(mirror(mask) for mask in keypoints.masks),
    )
    others = tuple(mirror(mask) for mask in masks.masks)
    boxes = np.array([mask.box_xyxy for mask in others], np.float32)
    return flipped, replace(masks, masks=others, boxes_xyxy=boxes)


def test_a_mirrored_image_gives_mirrored_probabilities() -> None:
    belief, other = believe(*crowd()), believe(*mirrored(*crowd()))
    expected = belief.probabilities[:, COCO17.flip_indices]
    # Pixels at half-way are rounded to the other side.
    np.testing.assert_allclose(other.probabilities, expected, atol=0.15)
    assert (np.abs(other.probabilities - expected) < 0.01).mean() > 0.9
    assert (other.states == belief.states[:, COCO17.flip_indices]).mean() > 0.9


def test_people_in_another_order_give_probabilities_in_that_order() -> None:
    keypoints, masks = crowd()
    order = np.array([1, 0])
    arrays = {
        name: getattr(keypoints, name)[order]
        for name in ('keypoints_xy', 'scores', 'visibility', 'presence', 'boxes_xyxy',
                     'person_scores', 'keypoints_3d')
    }  # fmt: skip
    people = tuple(keypoints.masks[row] for row in order)
    swapped = believe(replace(keypoints, masks=people, **arrays), masks)
    belief = believe(keypoints, masks)
    np.testing.assert_allclose(swapped.probabilities, belief.probabilities[order], atol=1e-12)
    np.testing.assert_array_equal(swapped.states, belief.states[order])
