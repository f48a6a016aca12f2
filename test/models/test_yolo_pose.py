"""YOLO-pose heads: what is planted in the output comes back in the image."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
import numpy as np
import pytest
import yolo_outputs

from ros_vision_perception.core.errors import ModelError
from ros_vision_perception.core.skeleton import COCO17, HALPE26
from ros_vision_perception.core.types import Frame, Keypoints
from ros_vision_perception.models.base import DetectionConfig, Signature
from ros_vision_perception.models.yolo_pose import YoloPose, recognise

IMAGE = {'images': (1, 3, 640, 640)}
RAW, SUPPRESSED = (1, 56, 8400), (1, 300, 57)
CONFIG = DetectionConfig(0.1)
SIZES = [(640, 480), (480, 640), (1920, 1080), (123, 457), (32, 20)]


def model(shape: tuple[int | None, ...] = RAW, config: DetectionConfig = CONFIG) -> YoloPose:
    found = recognise(Signature(IMAGE, {'output0': shape}), config)
    assert found is not None
    return found


def place(points_xy: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Take points of the image to the input as the training does, rounding aside."""
    scale = 640 / max(size)
    return points_xy * scale + (640 - np.array(size) * scale) / 2


def people(size: tuple[int, int], count: int = 3) -> dict[str, np.ndarray]:
    """Return people side by side, in px of the image, the last one least certain."""
    random = np.random.default_rng(count)
    width, height = size
    left = np.arange(count) * width / count
    boxes = np.stack((left, left * 0, left + width / count, left * 0 + height), axis=1)
    corners, sides = boxes[:, None, :2], (boxes[:, 2:] - boxes[:, :2])[:, None]
    return {
        'boxes': boxes,
        'scores': np.linspace(0.9, 0.3, count),
        'xy': corners + random.uniform(0, 1, (count, 17, 2)) * sides,
        'confidences': random.uniform(0, 1, (count, 17)),
    }


def decode(planted: dict[str, np.ndarray], size: tuple[int, int], kind: str = 'raw') -> Keypoints:
    boxes = place(planted['boxes'].reshape(-1, 2, 2), size).reshape(-1, 4)
    joints = np.dstack((place(planted['xy'], size), planted['confidences']))
    output = getattr(yolo_outputs, kind)(
        boxes, planted['scores'][:, None], joints.reshape(len(boxes), 51)
    )
    network = model(RAW if kind == 'raw' else SUPPRESSED)
    return network.decode({'output0': output}, [size])[0]


@pytest.mark.parametrize('kind', ['raw', 'suppressed'])
@pytest.mark.parametrize('size', SIZES)
def test_planted_people_come_back_within_half_a_pixel_of_the_input(
    size: tuple[int, int], kind: str
) -> None:
    planted = people(size)
    found = decode(planted, size, kind)
    half_pixel = 0.5 * max(size) / 640 + 1e-3
    np.testing.assert_allclose(found.keypoints_xy, planted['xy'], atol=half_pixel)
    np.testing.assert_allclose(found.boxes_xyxy, planted['boxes'], atol=half_pixel)
    np.testing.assert_allclose(found.scores, planted['confidences'], atol=1e-6)
    np.testing.assert_allclose(found.person_scores, planted['scores'], atol=1e-6)
    assert found.skeleton == COCO17 and found.image_size == size


def test_what_the_head_does_not_know_is_unknown() -> None:
    found = decode(people((640, 480)), (640, 480))
    assert np.isnan(found.visibility).all() and np.isnan(found.presence).all()
    assert np.isnan(found.keypoints_3d).all() and found.masks == ()


def test_of_a_heap_of_boxes_the_best_is_kept_and_neighbours_stay() -> None:
    planted = people((640, 480), 2)
    heap = {
        name: np.concatenate((values, values, values + {'boxes': 3.0}.get(name, 0.0)))
        for name, values in planted.items()
    }
    heap['scores'] = np.array([0.5, 0.6, 0.8, 0.9, 0.7, 0.4])
    found = decode(heap, (640, 480))
    np.testing.assert_allclose(found.person_scores, [0.9, 0.8], atol=1e-6)
    np.testing.assert_allclose(found.keypoints_xy, planted['xy'][[1, 0]], atol=0.5)


def test_no_more_than_asked_for_are_kept_the_best() -> None:
    planted = people((640, 480), 4)
    output = yolo_outputs.raw(
        planted['boxes'], planted['scores'][:, None], np.zeros((4, 51)), seed=3
    )
    (found,) = model(config=DetectionConfig(0.1, max_count=2)).decode(
        {'output0': output}, [(640, 640)]
    )
    np.testing.assert_allclose(found.person_scores, planted['scores'][:2], atol=1e-6)


@pytest.mark.parametrize('kind', ['raw', 'suppressed'])
def test_nobody_gives_nobody(kind: str) -> None:
    planted = {name: values[:0] for name, values in people((640, 480)).items()}
    assert len(decode(planted, (640, 480), kind)) == 0


def test_a_batch_is_decoded_image_by_image() -> None:
    outputs, sizes = [], [(640, 480), (480, 640)]
    for count, size in enumerate(sizes, start=1):
        planted = people(size, count)
        joints = np.dstack((place(planted['xy'], size), planted['confidences']))
        boxes = place(planted['boxes'].reshape(-1, 2, 2), size).reshape(-1, 4)
        outputs.append(
            yolo_outputs.raw(boxes, planted['scores'][:, None], joints.reshape(count, 51))
        )
    network = model((None, 56, 8400))
    batch = network.decode({'output0': np.concatenate(outputs)}, sizes)
    for output, size, found in zip(outputs, sizes, batch, strict=True):
        (alone,) = network.decode({'output0': output}, [size])
        np.testing.assert_array_equal(found.keypoints_xy, alone.keypoints_xy)
    assert [len(found) for found in batch] == [1, 2]


@pytest.mark.parametrize('bad', [np.nan, np.inf, -np.inf, 1e30])
@pytest.mark.parametrize('kind', ['raw', 'suppressed'])
def test_a_person_with_a_number_that_cannot_be_is_dropped(bad: float, kind: str) -> None:
    planted = people((640, 480))
    planted['xy'][1, 5, 0] = bad
    found = decode(planted, (640, 480), kind)
    np.testing.assert_allclose(found.person_scores, planted['scores'][[0, 2]], atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(
    arrays(
        np.float32,
        st.sampled_from([(1, 56, 4), (1, 4, 57)]),
        elements=st.floats(width=32) | st.floats(0, 1, width=32) | st.floats(0, 640, width=32),
    )
)
def test_whatever_the_network_gives_the_result_is_sound(output: np.ndarray) -> None:
    (found,) = model(output.shape).decode({'output0': output}, [(640, 480)])
    assert np.isfinite(found.keypoints_xy).all() and np.isfinite(found.boxes_xyxy).all()
    for scores in (found.scores, found.person_scores):
        assert ((scores >= 0) & (scores <= 1)).all()
    assert (np.diff(found.person_scores) <= 0).all()
    assert (found.boxes_xyxy[:, 2:] >= found.boxes_xyxy[:, :2]).all()


def test_input_is_the_frame_in_grey_bars() -> None:
    pixels = np.zeros((480, 640, 3), np.uint8)
    pixels[:, 320:] = 255, 51, 0
    for encoding, colour in (('rgb8', [1.0, 0.2, 0.0]), ('bgr8', [0.0, 0.2, 1.0])):
        tensor = model().preprocess([Frame(pixels, encoding, 0)] * 2)['images']
        assert tensor.shape == (2, 3, 640, 640) and tensor.dtype == np.float32
        np.testing.assert_allclose(tensor[0, :, :80], 114 / 255, atol=1e-6)
        np.testing.assert_allclose(tensor[0, :, 560:], 114 / 255, atol=1e-6)
        np.testing.assert_allclose(tensor[1, :, 80:560, :320], 0.0)
        np.testing.assert_allclose(tensor[1, :, 300, 500], colour, atol=1e-6)


def test_a_network_of_any_size_gets_no_more_than_it_needs() -> None:
    signature = Signature({'images': (None, 3, None, None)}, {'output0': (None, 56, None)})
    network = recognise(signature, CONFIG)
    assert network is not None
    frame = Frame(np.full((720, 1280, 3), 7, np.uint8), 'bgr8', 0)
    assert network.preprocess([frame])['images'].shape == (1, 3, 384, 640)
    # Boxes are in px of that input: 12 grey rows above and below.
    output = np.zeros((1, 56, 4), np.float32)
    output[0, :5, 0] = 320, 192, 640, 360, 0.9
    (found,) = network.decode({'output0': output}, [(1280, 720)])
    np.testing.assert_allclose(found.boxes_xyxy, [[0, 0, 1280, 720]], atol=1e-3)


METADATA: dict[str, Any] = {
    'task': 'pose',
    'names': "{0: 'person'}",
    'kpt_shape': '[17, 3]',
    'imgsz': '[640, 640]',
}


@pytest.mark.parametrize(
    ('shape', 'metadata', 'suppressed'),
    [
        (RAW, {}, False),
        (RAW, METADATA, False),
        ((None, 56, None), METADATA, False),
        (SUPPRESSED, {}, True),
        ((None, None, 57), METADATA, True),
        ((None, None, None), {**METADATA, 'args': "{'nms': True}"}, True),
        ((None, None, None), {**METADATA, 'end2end': 'True'}, True),
        ((None, None, None), METADATA, False),
        ((1, 39, 8400), {**METADATA, 'kpt_shape': '[17, 2]'}, False),
        ((1, 57, 8400), {**METADATA, 'names': "{0: 'dog', 1: 'person'}"}, False),
    ],
)
def test_a_network_is_recognised(
    shape: tuple[int | None, ...], metadata: dict[str, str], suppressed: bool
) -> None:
    network = recognise(Signature(IMAGE, {'output0': shape}, metadata), CONFIG)
    assert network is not None and network.layout.suppressed == suppressed


@pytest.mark.parametrize(
    ('inputs', 'outputs', 'metadata'),
    [
        (IMAGE, {'output0': (1, 84, 8400)}, {}),
        (IMAGE, {'output0': RAW}, {'task': 'detect'}),
        (IMAGE, {'output0': RAW, 'output1': (1, 32, 160, 160)}, {}),
        (IMAGE, {'output0': (None, None, None)}, {}),
        (IMAGE, {'output0': (1, 1000)}, {}),
        ({'images': (1, 640, 640, 3)}, {'output0': RAW}, {}),
        ({**IMAGE, 'scale': (1, 2)}, {'output0': RAW}, {}),
        ({}, {'output0': RAW}, {}),
    ],
)
def test_another_network_is_not_taken_for_one(
    inputs: dict, outputs: dict, metadata: dict[str, str]
) -> None:
    assert recognise(Signature(inputs, outputs, metadata), CONFIG) is None


@pytest.mark.parametrize(
    ('rows', 'metadata', 'message'),
    [
        (4 + 1 + 15, {**METADATA, 'kpt_shape': '[5, 3]'}, r'got 5 joints; .*coco17 \(17\)'),
        (56, {**METADATA, 'skeleton': 'halpe26'}, r'got 17 joints; .*halpe26 \(26\)'),
        (56, {**METADATA, 'kpt_shape': '17'}, 'kpt_shape: got 17, expected'),
        (56, {**METADATA, 'kpt_shape': '[17,'}, r"kpt_shape: got '\[17,', expected"),
        (56, {**METADATA, 'names': '{}'}, 'names: got {}, expected'),
        (57, {**METADATA, 'names': "{0: 'dog', 1: 'cat'}"}, 'class person; got dog, cat'),
    ],
)
def test_a_network_that_cannot_be_used_is_refused(
    rows: int, metadata: dict[str, str], message: str
) -> None:
    with pytest.raises(ModelError, match=message):
        recognise(Signature(IMAGE, {'output0': (1, rows, 8400)}, metadata), CONFIG)


def test_the_skeleton_follows_from_the_number_of_joints() -> None:
    metadata = {**METADATA, 'kpt_shape': '[26, 3]'}
    network = recognise(Signature(IMAGE, {'output0': (1, 83, 8400)}, metadata), CONFIG)
    assert network is not None and network.skeleton == HALPE26


def test_without_confidences_each_joint_has_the_score_of_its_person() -> None:
    metadata = {**METADATA, 'kpt_shape': '[17, 2]'}
    network = recognise(Signature(IMAGE, {'output0': (1, 39, 8400)}, metadata), CONFIG)
    assert network is not None
    output = yolo_outputs.raw(
        np.array([[10.0, 10, 60, 90]]), np.array([[0.75]]), np.full((1, 34), 40.0)
    )
    (found,) = network.decode({'output0': output}, [(640, 640)])
    np.testing.assert_allclose(found.scores, np.full((1, 17), 0.75))


def test_classes_other_than_person_are_left_out() -> None:
    metadata = {**METADATA, 'names': "{0: 'dog', 1: 'person'}"}
    network = recognise(Signature(IMAGE, {'output0': (1, 57, 8400)}, metadata), CONFIG)
    assert network is not None
    boxes = np.array([[10.0, 10, 60, 90], [12, 10, 60, 90]])
    output = yolo_outputs.raw(boxes, np.array([[0.75, 0.1], [0.2, 0.5]]), np.zeros((2, 51)))
    (found,) = network.decode({'output0': output}, [(640, 640)])
    np.testing.assert_allclose(found.person_scores, [0.5])


def test_an_output_that_is_not_as_declared_is_refused() -> None:
    with pytest.raises(ModelError, match=r'output0: got shape \(1, 84, 8400\)'):
        model().decode({'output0': np.zeros((1, 84, 8400), np.float32)}, [(640, 480)])
