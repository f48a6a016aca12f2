"""Mask R-CNN and RTMDet-Ins: planted things come back, forms of exports are told apart."""

import numpy as np
import pytest

from ros_vision_perception.core.types import Frame, InstanceMasks
from ros_vision_perception.models import (
    mask_rcnn,
    mask_rcnn_benchmark,
    mask_rcnn_end2end,
    rtmdet_ins,
)
from ros_vision_perception.models.base import DetectionConfig, Shape, Signature

CONFIG = DetectionConfig(0.3)
IMAGE = 640, 480
BGR = 10, 100, 250
FRAME = Frame(np.full((480, 640, 3), BGR, np.uint8), 'bgr8', 0)
# x_min, y_min, x_max, y_max in the image; of these a mask fills the left half.
PERSON, CHAIR = (100.0, 60.0, 300.0, 400.0), (350.0, 200.0, 630.0, 470.0)
BOXES = np.array([CHAIR, PERSON], np.float32)
SCORES = np.array([0.6, 0.9], np.float32)

TORCHVISION: dict[str, Shape] = {
    'boxes': (None, 4),
    'labels': (None,),
    'scores': (None,),
    'masks': (None, 1, None, None),
}
NUMBERED = dict(zip(('2501', '2502', '2503', '2779'), TORCHVISION.values(), strict=True))
DETS: dict[str, Shape] = {'dets': (None, None, 5), 'labels': (None, None)}


def end2end(
    cells: tuple[int | None, int | None], size: int | None = 640, **metadata: str
) -> Signature:
    shapes = {**DETS, 'masks': (None, None, *cells)}
    return Signature({'input': (None, 3, size, size)}, shapes, metadata)


def left_half(rows: int, columns: int) -> np.ndarray:
    mask = np.zeros((rows, columns), np.float32)
    mask[:, : columns // 2] = 0.9
    return mask


def whole(boxes: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return masks over all pixels of an input of (width, height)."""
    masks = np.zeros((len(boxes), size[1], size[0]), np.float32)
    for mask, (left, top, right, bottom) in zip(masks, boxes.astype(int), strict=True):
        mask[top:bottom, left:right] = left_half(bottom - top, right - left)
    return masks


def check(found: InstanceMasks, within: float = 1.0) -> None:
    """Check that both things are found; the borders of masks may be `within` px off."""
    assert found.class_names == ('person', 'chair')
    assert found.is_instance
    np.testing.assert_allclose(found.scores, [0.9, 0.6])
    np.testing.assert_allclose(found.boxes_xyxy, [PERSON, CHAIR], atol=0.01)
    for mask, (left, top, right, bottom) in zip(found.masks, (PERSON, CHAIR), strict=True):
        rows, columns = np.nonzero(mask.bitmap)
        edges = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
        want = left, top, (left + right) / 2, bottom
        np.testing.assert_allclose(np.add(edges, [mask.x, mask.y] * 2), want, atol=within)
        full = (edges[2] - edges[0]) * (edges[3] - edges[1])
        assert mask.area == pytest.approx(full, rel=1e-3)  # but for rounded corners


def torchvision(
    outputs: dict[str, Shape] = TORCHVISION, image: Shape = (3, None, None)
) -> mask_rcnn.MaskRcnn:
    found = mask_rcnn.recognise(Signature({'image': image}, outputs), CONFIG)
    assert found is not None
    return found


@pytest.mark.parametrize('outputs', [TORCHVISION, NUMBERED])
def test_masks_over_the_whole_image_come_back(outputs: dict[str, Shape]) -> None:
    masks = whole(BOXES, IMAGE)[:, None]
    values = dict(zip(outputs, (BOXES, np.array([62, 1]), SCORES, masks), strict=True))
    check(torchvision(outputs).decode(values, [IMAGE])[0])


def test_masks_of_the_boxes_come_back() -> None:
    masks = np.stack([left_half(28, 28)] * 2)[:, None]
    values = {'boxes': BOXES, 'labels': np.array([62, 1]), 'scores': SCORES, 'masks': masks}
    # Half an output cell: a mask fades out over it at the edges of its box.
    check(torchvision().decode(values, [IMAGE])[0], within=280 / 28 / 2 + 1)


def test_a_mask_of_a_box_that_the_border_cuts_stays_in_place() -> None:
    box = np.array([[-200.0, 60.0, 200.0, 400.0]], np.float32)
    outputs = {'boxes': box, 'labels': np.array([1]), 'scores': np.ones(1, np.float32)}
    outputs['masks'] = left_half(28, 28)[None, None, :, ::-1]
    (found,) = torchvision().decode(outputs, [IMAGE])
    np.testing.assert_allclose(found.boxes_xyxy, [[0, 60, 200, 400]])
    assert found.masks[0].box_xyxy[0] == 0
    # The right half of the box is x in 0 .. 200; 0.45 of probability is 7 px right of the edge.
    assert found.masks[0].bitmap[170, 10:190].all()


def test_masks_at_the_size_of_a_letterboxed_input_come_back() -> None:
    network = rtmdet_ins.recognise(end2end((640, 640)), CONFIG)
    assert network is not None
    in_input = BOXES + np.array([0, 80, 0, 80])
    rows = np.column_stack((in_input, SCORES)).astype(np.float32)
    outputs = {'dets': rows, 'labels': np.array([56, 0]), 'masks': whole(in_input, (640, 640))}
    for found in network.decode({k: np.stack([v, v]) for k, v in outputs.items()}, [IMAGE] * 2):
        check(found)


def test_what_is_weak_or_no_box_or_of_no_class_is_left_out() -> None:
    boxes = np.array([PERSON, PERSON, PERSON, PERSON[::-1], PERSON], np.float32)
    boxes[4, 0] = np.nan
    outputs = {
        'boxes': boxes,
        'labels': np.array([1, 1, 12, 1, 1]),  # 12 is no class of COCO
        'scores': np.array([0.2, 0.8, 0.9, 0.9, 0.9], np.float32),
        'masks': whole(np.array([PERSON] * 5), IMAGE)[:, None],
    }
    (found,) = torchvision().decode(outputs, [IMAGE])
    np.testing.assert_allclose(found.scores, [0.8])


def test_an_image_without_things_gives_nothing() -> None:
    shapes = {'boxes': (0, 4), 'labels': (0,), 'scores': (0,), 'masks': (0, 1, 480, 640)}
    empty = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    assert len(torchvision().decode(empty, [IMAGE])[0]) == 0


def test_images_are_fed_as_each_network_was_trained() -> None:
    (image,) = torchvision().preprocess([FRAME]).values()
    assert image.shape == (3, 480, 640)
    np.testing.assert_allclose(image[:, 240, 320], np.array(BGR[::-1]) / 255, atol=1e-6)
    large = Frame(np.zeros((1080, 1920, 3), np.uint8), 'bgr8', 0)
    (image,) = torchvision().preprocess([large]).values()
    assert image.shape == (3, 750, 1333)
    (image,) = torchvision(image=(1, 3, 320, 320)).preprocess([FRAME]).values()
    assert image.shape == (1, 3, 320, 320)
    mean, deviation = np.array([103.53, 116.28, 123.675]), np.array([57.375, 57.12, 58.395])
    want = (BGR - mean) / deviation
    ins = rtmdet_ins.recognise(end2end((640, 640)), CONFIG)
    rcnn = mask_rcnn_end2end.recognise(end2end((28, 28)), CONFIG)
    assert ins is not None
    assert rcnn is not None
    np.testing.assert_allclose(ins.preprocess([FRAME])['input'][0, :, 320, 320], want, rtol=1e-4)
    np.testing.assert_allclose(
        rcnn.preprocess([FRAME])['input'][0, :, 320, 320], want[::-1], rtol=1e-4
    )


def benchmark(
    cells: Shape = (28, 28), **metadata: str
) -> mask_rcnn_benchmark.MaskRcnnBenchmark | None:
    shapes = ((None, 4), (None,), (None,), (None, 1, *cells))
    outputs: dict[str, Shape] = dict(zip(('6568', '6570', '6572', '6887'), shapes, strict=True))
    signature = Signature({'image': (3, None, None)}, outputs, metadata)
    found = mask_rcnn_benchmark.recognise(signature, CONFIG)
    assert (mask_rcnn.recognise(signature, CONFIG) is None) == (found is not None)
    return found


def test_the_network_of_the_model_zoo_is_fed_and_read_as_it_was_trained() -> None:
    network = benchmark()
    assert network is not None
    (image,) = network.preprocess([FRAME]).values()
    # 640 x 480 enlarged to 1067 x 800, in multiples of 32.
    assert image.shape == (3, 800, 1088)
    np.testing.assert_allclose(
        image[:, 400, 540], BGR - np.array([102.9801, 115.9465, 122.7717]), atol=1e-3
    )
    shift, scale = (1088 - round(800 * 640 / 480)) / 2, 800 / 480
    boxes = (BOXES * scale + np.array([shift, 0, shift, 0])).astype(np.float32)
    masks = np.stack([left_half(28, 28)] * 2)[:, None]
    # Counted from 1: the chair is the 57th of COCO's things.
    outputs = (boxes, np.array([57, 1]), SCORES, masks)
    (found,) = network.decode(
        dict(zip(('6568', '6570', '6572', '6887'), outputs, strict=True)), [IMAGE]
    )
    np.testing.assert_allclose(found.boxes_xyxy, [PERSON, CHAIR], atol=0.5)
    assert found.class_names == ('person', 'chair')


def test_a_mask_rcnn_whose_outputs_have_numbers_is_told_by_its_cells_or_its_family() -> None:
    assert benchmark((None, None)) is None
    assert benchmark((None, None), family='mask-rcnn-benchmark') is not None


def test_networks_that_take_any_size_get_images_of_that_of_training() -> None:
    any_size = end2end((None, None), None)
    ins = rtmdet_ins.recognise(any_size, CONFIG)
    assert ins is not None
    assert ins.preprocess([FRAME])['input'].shape == (1, 3, 480, 640)


def test_forms_of_exports_are_told_apart() -> None:
    ins, rcnn = rtmdet_ins.recognise, mask_rcnn_end2end.recognise
    small, large, unclear = (end2end(cells) for cells in ((28, 28), (640, 640), (None, None)))
    assert ins(small, CONFIG) is None
    assert ins(end2end((28, 28), None), CONFIG) is None
    assert rcnn(small, CONFIG) is not None
    assert ins(large, CONFIG) is not None
    assert rcnn(large, CONFIG) is None
    assert ins(unclear, CONFIG) is not None
    assert rcnn(unclear, CONFIG) is None
    said = end2end((640, 640), family='mask-rcnn-end2end')
    assert rcnn(said, CONFIG) is not None


@pytest.mark.parametrize(
    'outputs',
    [
        {name: TORCHVISION[name] for name in ('boxes', 'labels', 'scores')},
        {**TORCHVISION, 'masks': (None, 17, 3)},
        {**TORCHVISION, 'boxes': (None, 5)},
        {**DETS, 'masks': (1, 100, 28, 28), 'more': (1,)},
    ],
)
def test_another_network_is_not_taken_for_one(outputs: dict[str, Shape]) -> None:
    signature = Signature({'input': (1, 3, 640, 640)}, outputs)
    assert mask_rcnn.recognise(signature, CONFIG) is None
    assert rtmdet_ins.recognise(signature, CONFIG) is None
    assert mask_rcnn_end2end.recognise(signature, CONFIG) is None
