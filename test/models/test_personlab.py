"""PersonLab and BodyPix: planted fields give the people back, each joint to its own."""

from pathlib import Path

import numpy as np
import pytest

from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.core.types import Frame
from ros_vision_perception.models import bodypix, personlab
from ros_vision_perception.models.base import DetectionConfig, Shape, Signature
from test.core.people import figure

CONFIG = DetectionConfig(0.2, max_count=5)
IMAGE = 640, 480
INPUT = 513, 385  # of an image of 640 x 480 px
CELLS = 33, 25
INPUTS: dict[str, Shape] = {'input': (1, None, None, 3)}
OUTPUTS: dict[str, Shape] = {
    'displacement_bwd': (1, None, None, 32),
    'displacement_fwd': (1, None, None, 32),
    'heatmaps': (1, None, None, 17),
    'segments': (1, None, None, 1),
    'short_offsets': (1, None, None, 34),
}
EDGES = personlab._EDGES


def network(**shapes: Shape) -> personlab.PersonLab:
    found = personlab.recognise(Signature(INPUTS, {**OUTPUTS, **shapes}), CONFIG)
    assert found is not None
    return found


def plant(people: list[np.ndarray], scores: list[float]) -> dict[str, np.ndarray]:
    """Return what a perfect network says of people (17, 2) px of the input."""
    columns, rows = CELLS
    heat = np.full((rows, columns, 17), -9.0, np.float32)
    exact = np.zeros((rows, columns, 17, 2), np.float32)
    along = np.zeros((2, rows, columns, 16, 2), np.float32)
    for joints, score in zip(people, scores, strict=True):
        nearest = np.rint(joints / 16).astype(int)
        for joint, (column, row) in enumerate(nearest.tolist()):
            heat[row, column, joint] = np.log(score / (1 - score))
            # The cells around know the way too: displacements end a little off.
            for near in np.ndindex(3, 3):
                y, x = row + near[0] - 1, column + near[1] - 1
                if 0 <= y < rows and 0 <= x < columns:
                    exact[y, x, joint] = joints[joint] - (16 * x, 16 * y)
        for edge, (parent, child) in enumerate(EDGES):
            way = joints[child] - joints[parent]
            for direction, start, sign in ((0, parent, 1), (1, child, -1)):
                column, row = nearest[start]
                along[direction, row, column, edge] = sign * way + 5.0
    return {
        'heatmaps': heat[None],
        'short_offsets': flat(exact)[None],
        'displacement_fwd': flat(along[0])[None],
        'displacement_bwd': flat(along[1])[None],
    }


def flat(pairs: np.ndarray) -> np.ndarray:
    """Return (h, w, 2 n) of pairs (h, w, n, 2) x, y: first all y, then all x."""
    return np.concatenate((pairs[..., 1], pairs[..., 0]), axis=-1)


def standing(x: float, height: float = 300.0) -> np.ndarray:
    return figure(x, feet_y=360.0, height=height)


def in_image(joints: np.ndarray) -> np.ndarray:
    """Return px of the image of px of the input, whose 513 px show 640."""
    width = np.array([513, round(480 * 513 / 640)])
    top = (385 - width[1]) // 2
    return (joints + 0.5 - [0, top]) * IMAGE / width - 0.5


def test_planted_people_come_back_best_first() -> None:
    people = [standing(120.0), standing(350.0, 250.0)]
    (found,) = network().decode(plant(people, [0.7, 0.9]), [IMAGE])
    np.testing.assert_allclose(found.keypoints_xy[0], in_image(people[1]), atol=0.1)
    np.testing.assert_allclose(found.keypoints_xy[1], in_image(people[0]), atol=0.1)
    np.testing.assert_allclose(found.person_scores, [0.9, 0.7], atol=1e-4)
    np.testing.assert_allclose(found.scores[0], 0.9, atol=1e-4)
    boxes = found.boxes_xyxy[0]
    assert (boxes[:2] <= found.keypoints_xy[0].min(axis=0) + 0.01).all()
    assert (boxes[2:] >= found.keypoints_xy[0].max(axis=0)).all()


def test_joints_that_are_hardly_seen_are_found_along_the_edges() -> None:
    outputs = plant([standing(200.0)], [0.9])
    wrist = COCO17.index('left_wrist')
    outputs['heatmaps'][..., wrist] = -9.0
    (found,) = network().decode(outputs, [IMAGE])
    assert len(found) == 1
    np.testing.assert_allclose(
        found.keypoints_xy[0, wrist], in_image(standing(200.0))[wrist], atol=0.1
    )
    assert found.scores[0, wrist] < 0.01


def test_a_second_seed_of_the_same_person_gives_no_second_person() -> None:
    outputs = plant([standing(200.0)], [0.9])
    row, column = np.argwhere(outputs['heatmaps'][0, ..., 0] > 0)[0]
    outputs['heatmaps'][0, row, column + 2, 0] = 1.0  # another peak, but the same nose
    outputs['short_offsets'][0, row, column + 2, [0, 17]] = 0.0, -16.0
    (found,) = network().decode(outputs, [IMAGE])
    assert len(found) == 1


def test_nobody_and_numbers_that_are_none_give_nobody() -> None:
    nobody = plant([], [])
    assert len(network().decode(nobody, [IMAGE])[0]) == 0
    broken = plant([standing(200.0)], [0.9])
    broken['short_offsets'][:] = np.nan
    assert len(network().decode(broken, [IMAGE])[0]) == 0
    lost = plant([standing(200.0)], [0.9])
    lost['displacement_fwd'][:] = np.inf
    assert np.isfinite(network().decode(lost, [IMAGE])[0].keypoints_xy).all()


def test_input_is_a_snug_picture_from_minus_one_to_one() -> None:
    frame = Frame(np.full((480, 640, 3), (0, 127, 255), np.uint8), 'bgr8', 0)
    tensor = network().preprocess([frame])['input']
    assert tensor.shape == (1, INPUT[1], INPUT[0], 3)
    np.testing.assert_allclose(tensor[0, 100, 100], [1, 127 / 127.5 - 1, -1], atol=1e-5)
    fixed = personlab.recognise(Signature({'input': (1, 257, 353, 3)}, OUTPUTS), CONFIG)
    assert fixed is not None
    assert fixed.preprocess([frame])['input'].shape == (1, 257, 353, 3)


def test_a_planted_region_comes_back_within_half_a_cell() -> None:
    found = bodypix.recognise(Signature(INPUTS, OUTPUTS), CONFIG)
    assert found is not None
    logits = np.full((1, CELLS[1], CELLS[0], 1), -4.0, np.float32)
    logits[0, 5:20, 8:16] = 4.0
    (masks,) = found.decode({'segments': logits}, [IMAGE])
    assert masks.class_names == ('person',) and not masks.is_instance
    want = in_image(np.array([[8, 5], [15, 19]]) * 16.0)  # the first and the last cells' middles
    half = 8 * 640 / 513 + 1
    np.testing.assert_allclose(masks.masks[0].box_xyxy[:2], want[0] - half, atol=3)
    np.testing.assert_allclose(masks.masks[0].box_xyxy[2:], want[1] + half, atol=3)
    assert len(found.decode({'segments': -np.abs(logits)}, [IMAGE])[0]) == 0


@pytest.mark.parametrize('missing', ['heatmaps', 'displacement_fwd', 'short_offsets'])
def test_another_network_is_not_taken_for_one(missing: str) -> None:
    outputs = {name: shape for name, shape in OUTPUTS.items() if name != missing}
    assert personlab.recognise(Signature(INPUTS, outputs), CONFIG) is None
    assert bodypix.recognise(Signature(INPUTS, outputs), CONFIG) is None


def test_real_people(assets: Path) -> None:
    from ros_vision_perception.pipeline.load import load_pose, load_segmentation
    from ros_vision_perception.tools.evaluate.coco import MIN_SCORE
    from ros_vision_perception.tools.evaluate.pose import evaluate_pose
    from ros_vision_perception.tools.evaluate.semantic import evaluate_semantic
    from ros_vision_perception.tools.evaluate.worst_masks import WorstMasks

    file, photos = str(assets / 'models' / 'bodypix_mnv1_050_s16.onnx'), assets / 'images'
    pose = load_pose(
        file,
        threads=2,
        max_people=20,
        with_masks=False,
        skeleton='',
        report=print,
        min_score=MIN_SCORE,
    )
    small = photos / 'coco_keypoints_mini'
    for annotations, folder, reference in (
        (photos / 'mmpose/coco/test_coco.json', photos / 'mmpose/coco', 0.288),
        (small / 'annotations/person_keypoints_val2017.json', small / 'images/val2017', 0.204),
    ):
        assert evaluate_pose(pose, annotations, folder)['AP'] > reference
    regions = load_segmentation(file, threads=2, report=print)
    photos = photos / 'coco128_val_person'
    annotations = photos / 'person_instances.json'
    figures = evaluate_semantic(regions, annotations, photos / 'images', WorstMasks())
    # Measured .757; a simple reference decoder reaches .574.
    assert figures['IoU']['person'] > 0.73
