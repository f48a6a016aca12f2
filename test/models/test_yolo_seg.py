"""YOLO-seg heads: planted masks come back in the image, at its resolution, in their box."""

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
import numpy as np
import pytest
import yolo_outputs

from ros_vision_perception.core.errors import ModelError
from ros_vision_perception.core.types import InstanceMasks
from ros_vision_perception.models import coco
from ros_vision_perception.models.base import DetectionConfig, Signature
from ros_vision_perception.models.yolo_seg import YoloSegmentation, recognise

IMAGE, PROTOTYPES = {'images': (1, 3, 640, 640)}, (1, 32, 160, 160)
RAW, SUPPRESSED = (1, 116, 8400), (1, 300, 38)
CONFIG = DetectionConfig(0.25)
CELL = 4  # px of the input
SIZES = [(640, 480), (480, 640), (1920, 1080), (123, 457)]
COCO = {'task': 'segment', 'names': str(dict(enumerate(coco.CLASS_NAMES)))}
PERSON, DOG = 0, 16


def model(kind: str = 'raw', config: DetectionConfig = CONFIG) -> YoloSegmentation:
    shape, metadata = (RAW, {}) if kind == 'raw' else (SUPPRESSED, COCO)
    outputs = {'output0': shape, 'output1': PROTOTYPES}
    found = recognise(Signature(IMAGE, outputs, metadata), config)
    assert found is not None
    return found


def place(points_xy: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Take points of the image to the input as the training does, rounding aside."""
    scale = 640 / max(size)
    return points_xy * scale + (640 - np.array(size) * scale) / 2


def network_outputs(
    boxes: np.ndarray,
    classes: list[int],
    signed_distances: list[np.ndarray],
    kind: str = 'raw',
    scores: list[float] | None = None,
) -> dict[str, np.ndarray]:
    """Return outputs in which prototype i is the signed distance (160, 160) to mask i.

    Args:
        boxes: (N, 4) px of the input.
        classes: N ids.
        signed_distances: N, positive inside.
        kind: 'raw' or 'suppressed'.
        scores: N; by default falling from 0.9.
    """
    count = len(boxes)
    class_scores = np.zeros((count, 80))
    class_scores[np.arange(count), classes] = (
        np.linspace(0.9, 0.5, count) if scores is None else scores
    )
    prototypes = np.zeros(PROTOTYPES, np.float32)
    prototypes[0, :count] = np.reshape(signed_distances, (count, 160, 160))
    weights = np.eye(count, 32) * 0.1
    output = getattr(yolo_outputs, kind)(boxes, class_scores, weights)
    return {'output0': output, 'output1': prototypes}


def disc(center: np.ndarray, radius: float) -> np.ndarray:
    """Return the signed distance (160, 160) of each cell's centre to a circle, px of the input."""
    axis = (np.arange(160) + 0.5) * CELL
    return radius - np.hypot(axis - center[0], axis[:, None] - center[1])


def decode(
    outputs: dict[str, np.ndarray], size: tuple[int, int], kind: str = 'raw'
) -> InstanceMasks:
    return model(kind).decode(outputs, [size])[0]


@pytest.mark.parametrize('kind', ['raw', 'suppressed'])
@pytest.mark.parametrize('size', SIZES)
def test_planted_masks_come_back_within_half_a_cell(size: tuple[int, int], kind: str) -> None:
    scale = 640 / max(size)
    rows, columns = np.mgrid[: size[1], : size[0]] + 0.5
    centers = np.array([[0.3, 0.5], [0.6, 0.4]]) * size
    radii = np.array([0.2, 0.15]) * min(size)
    boxes = np.column_stack((centers - radii[:, None] - 3, centers + radii[:, None] + 3))
    placed, reach = place(boxes.reshape(-1, 2, 2), size).reshape(-1, 4), radii * scale
    discs = [disc(place(c, size), r) for c, r in zip(centers, reach, strict=True)]
    found = decode(network_outputs(placed, [PERSON, DOG], discs, kind), size, kind)
    assert found.class_names == ('person', 'dog') and found.is_instance
    assert found.class_ids.tolist() == [PERSON, DOG]
    np.testing.assert_allclose(found.boxes_xyxy, boxes, atol=0.5 / scale + 1e-3)
    for mask, center, radius in zip(found.masks, centers, radii, strict=True):
        distances = radius - np.hypot(columns - center[0], rows - center[1])
        got = mask.to_image(size)
        wrong = got != (distances > 0)
        assert got.any() and (np.abs(distances[wrong]) <= 0.5 * CELL / scale).all()
        # The planted outline itself is hit better than that on average.
        assert abs(got.sum() / (np.pi * radius**2) - 1) < 0.05


def test_a_mask_ends_at_its_box() -> None:
    everywhere = np.ones((160, 160))
    box = np.array([[100.0, 160.0, 200.0, 400.0]])
    found = decode(network_outputs(box, [PERSON], [everywhere]), (640, 480))
    (mask,) = found.masks
    assert (mask.x, mask.y, mask.bitmap.shape) == (100, 80, (240, 100))
    assert mask.bitmap.all()


def test_boxes_and_masks_end_at_the_image() -> None:
    box = np.array([[-50.0, 40.0, 700.0, 700.0]])
    found = decode(network_outputs(box, [PERSON], [np.ones((160, 160))]), (640, 480))
    np.testing.assert_allclose(found.boxes_xyxy, [[0, 0, 640, 480]])
    assert found.masks[0].bitmap.shape == (480, 640)


def test_only_boxes_of_one_class_suppress_each_other() -> None:
    boxes = np.array([[100.0, 100, 200, 300], [102, 100, 200, 300], [101, 100, 200, 300]])
    everywhere = [np.ones((160, 160))] * 3
    found = decode(network_outputs(boxes, [PERSON, DOG, PERSON], everywhere), (640, 480))
    assert found.class_names == ('person', 'dog')


def test_instances_come_best_first() -> None:
    boxes = np.array([[100.0, 100, 200, 300], [300, 100, 400, 300]])
    everywhere = [np.ones((160, 160))] * 2
    outputs = network_outputs(boxes, [PERSON, DOG], everywhere, scores=[0.4, 0.8])
    found = decode(outputs, (640, 480))
    assert found.class_names == ('dog', 'person')
    np.testing.assert_allclose(found.scores, [0.8, 0.4], atol=1e-6)


def test_a_detection_without_a_pixel_is_left_out() -> None:
    boxes = np.array([[100.0, 100, 200, 300], [300, 100, 400, 300], [0, 0, 640, 20]])
    distances = [np.ones((160, 160)), -np.ones((160, 160)), np.ones((160, 160))]
    # The third lies in the bar above the image.
    found = decode(network_outputs(boxes, [PERSON] * 3, distances), (640, 480))
    assert len(found) == 1


@pytest.mark.parametrize('kind', ['raw', 'suppressed'])
def test_nothing_gives_nothing(kind: str) -> None:
    outputs = network_outputs(np.empty((0, 4)), [], [], kind)
    assert len(decode(outputs, (640, 480), kind)) == 0


@settings(max_examples=40, deadline=None)
@given(
    arrays(
        np.float32,
        (1, 116, 3),
        elements=st.floats(width=32) | st.floats(0, 1, width=32) | st.floats(0, 640, width=32),
    ),
    st.integers(0, 2**32 - 1),
)
def test_whatever_the_network_gives_the_result_is_sound(output: np.ndarray, seed: int) -> None:
    prototypes = np.random.default_rng(seed).normal(size=PROTOTYPES).astype(np.float32)
    found = decode({'output0': output, 'output1': prototypes}, (64, 48))
    assert np.isfinite(found.boxes_xyxy).all()
    assert ((found.scores >= 0.25) & (found.scores <= 1)).all()
    for mask in found.masks:
        height, width = mask.bitmap.shape
        assert mask.x + width <= 64 and mask.y + height <= 48 and mask.area > 0


@pytest.mark.parametrize(
    ('outputs', 'metadata', 'classes'),
    [
        ({'output0': RAW, 'output1': PROTOTYPES}, {}, 80),
        ({'output1': PROTOTYPES, 'output0': SUPPRESSED}, COCO, 80),
        ({'a': (None, 37, None), 'b': (None, 32, None, None)}, {'names': "{0: 'person'}"}, 1),
        ({'a': (None, 300, 22), 'b': (1, 16, 80, 80)}, {'names': "{0: 'a', 1: 'b'}"}, 2),
    ],
)
def test_a_network_is_recognised(
    outputs: dict[str, tuple[int | None, ...]], metadata: dict[str, str], classes: int
) -> None:
    network = recognise(Signature(IMAGE, outputs, metadata), CONFIG)
    assert network is not None and len(network.layout.class_names) == classes


@pytest.mark.parametrize(
    ('outputs', 'metadata'),
    [
        ({'output0': RAW}, {}),
        ({'output0': RAW, 'output1': PROTOTYPES}, {'task': 'pose'}),
        ({'output0': RAW, 'output1': PROTOTYPES, 'output2': (1, 2)}, {}),
        ({'output0': (1, 1000, 8400), 'output1': PROTOTYPES}, COCO),
    ],
)
def test_another_network_is_not_taken_for_one(
    outputs: dict[str, tuple[int | None, ...]], metadata: dict[str, str]
) -> None:
    assert recognise(Signature(IMAGE, outputs, metadata), CONFIG) is None


@pytest.mark.parametrize('shape', [(1, 57, 8400), SUPPRESSED])
def test_classes_of_unknown_names_are_refused(shape: tuple[int, ...]) -> None:
    outputs = {'output0': shape, 'output1': PROTOTYPES}
    with pytest.raises(ModelError, match='expected the metadata entry names'):
        recognise(Signature(IMAGE, outputs), CONFIG)
