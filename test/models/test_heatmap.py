"""Heatmap networks: joints in a crop come back in the image, between the cells."""

import numpy as np
import pytest

from ros_vision_perception.core.errors import ModelError
from ros_vision_perception.core.geometry import apply_affine, crop_matrix
from ros_vision_perception.core.skeleton import COCO17, HALPE26, Skeleton
from ros_vision_perception.core.types import Frame
from ros_vision_perception.models.base import DetectionConfig, Shape, Signature
from ros_vision_perception.models.heatmap import HeatmapNet, peaks, recognise

CONFIG = DetectionConfig(0.1)
BOXES = np.array([[100.0, 50, 220, 330], [300, 100, 360, 180]])


def blobs(cells: np.ndarray, size: tuple[int, int], heights: np.ndarray | float = 1) -> np.ndarray:
    """Return maps (N, K, h, w) of blobs around cells (N, K, 2), as the networks are trained."""
    width, height = size
    y, x = np.mgrid[:height, :width]
    squared = (x - cells[..., :1, None]) ** 2 + (y - cells[..., 1:, None]) ** 2
    maps = np.exp(-squared / (2 * (height / 32) ** 2))
    return (np.broadcast_to(heights, cells.shape[:2])[..., None, None] * maps).astype(np.float32)


@pytest.mark.parametrize('crop_size', [(192, 256), (288, 384), (256, 256)])
@pytest.mark.parametrize('codec', ['msra', 'udp'])
@pytest.mark.parametrize('skeleton', [COCO17, HALPE26])
def test_joints_come_back_to_a_tenth_of_a_cell(
    crop_size: tuple[int, int], codec: str, skeleton: Skeleton
) -> None:
    model = HeatmapNet(skeleton, crop_size, codec, 'x', 'y')
    random = np.random.default_rng(1)
    crops = np.array([crop_matrix(box, crop_size) for box in BOXES])
    corner, size = BOXES[:, None, :2], BOXES[:, None, 2:] - BOXES[:, None, :2]
    want = corner + random.uniform(0.05, 0.95, (2, len(skeleton), 2)) * size
    map_size = crop_size[0] // 4, crop_size[1] // 4
    # By the words of the papers, without our matrices: 4 px per cell, or end to end.
    in_crop = apply_affine(crops, want)
    if codec == 'msra':
        cells = in_crop / 4
    else:
        cells = in_crop * (np.array(map_size) - 1) / (np.array(crop_size) - 1)
    heights = random.uniform(0.2, 1, cells.shape[:2])
    found = model.decode({'y': blobs(cells, map_size, heights)}, crops)
    error_cells = np.abs(apply_affine(crops, found.points_xy) - in_crop) / 4
    assert error_cells.max() < 0.1
    # The highest cell is at most half a diagonal from the top.
    assert np.all(found.scores <= heights + 1e-6) and np.all(found.scores > 0.85 * heights)


def test_a_joint_at_the_edge_is_found_within_half_a_cell() -> None:
    steps = np.arange(-0.45, 6, 0.1)
    low = np.stack((steps, steps[::-1]), axis=-1)
    for want in (low[None], np.array([47, 63]) - low[None]):
        cells, _ = peaks(blobs(want, (48, 64)))
        assert np.abs(cells - want).max() < 0.5


def test_a_blob_that_is_wider_or_noisy_is_still_found_between_the_cells() -> None:
    """Trained networks are no perfect Gaussians; the highest cell alone is off by up to 0.5."""
    random = np.random.default_rng(2)
    want = random.uniform(8, 40, (20, 17, 2))
    y, x = np.mgrid[:64, :48]
    squared = (x - want[..., :1, None]) ** 2 + 0.5 * (y - want[..., 1:, None]) ** 2
    maps = 0.8 * np.exp(-squared / 12) + random.normal(0, 0.02, (20, 17, 64, 48))
    cells, _ = peaks(maps.astype(np.float32))
    errors = np.abs(cells - want)
    coarse = maps.reshape(20, 17, -1).argmax(axis=2)
    coarse_errors = np.abs(np.stack((coarse % 48, coarse // 48), axis=-1) - want)
    assert errors.mean() < 0.15 < coarse_errors.mean()


@pytest.mark.parametrize('value', [0.0, -1.0, 0.5, 1e30])
def test_a_map_without_a_top_gives_finite_joints(value: float) -> None:
    cells, scores = peaks(np.full((1, 17, 64, 48), value, np.float32))
    assert np.isfinite(cells).all() and (scores == np.float32(value)).all()


def test_a_map_that_is_no_number_has_no_score() -> None:
    maps = np.full((1, 17, 64, 48), np.nan, np.float32)
    model = HeatmapNet(COCO17, (192, 256), 'msra', 'x', 'y')
    assert np.isnan(model.decode({'y': maps}, np.eye(2, 3)[None]).scores).all()


@pytest.mark.parametrize('codec', ['msra', 'udp'])
def test_a_mirror_image_lies_on_the_same_cells(codec: str) -> None:
    model = HeatmapNet(COCO17, (192, 256), codec, 'x', 'y')
    random = np.random.default_rng(3)
    want = random.uniform(20, 170, (1, 17, 2))
    turned = want[:, COCO17.flip_indices] * [-1, 1] + [model.mirror_width, 0]

    def maps(points: np.ndarray) -> dict[str, np.ndarray]:
        step = np.array([191 / 47, 255 / 63]) if codec == 'udp' else 4
        return {'y': blobs(points / step, (48, 64))}

    plain, mean = maps(want), model.average(maps(want), maps(turned))
    np.testing.assert_allclose(mean['y'], plain['y'], atol=1e-5)


def test_crops_are_normalised_colours() -> None:
    pixels = np.zeros((100, 200, 3), np.uint8)
    pixels[:] = 50, 100, 200
    model = HeatmapNet(COCO17, (192, 256), 'msra', 'x', 'y')
    tensor = model.preprocess(Frame(pixels, 'bgr8', 0), np.array([np.eye(2, 3)] * 3))['x']
    assert tensor.shape == (3, 3, 256, 192) and tensor.dtype == np.float32
    # Red first: (200 / 255 - 0.485) / 0.229 and so on.
    want = (np.array([200, 100, 50]) / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    np.testing.assert_allclose(tensor[0, :, 50, 50], want, atol=1e-3)


@pytest.mark.parametrize(
    ('inputs', 'outputs', 'codec'),
    [
        # MMDeploy, and the published code of HRNet and SimpleBaseline.
        ({'input': (1, 3, 256, 192)}, {'output': (1, 17, 64, 48)}, 'msra'),
        ({'input': (None, 3, 384, 288)}, {'output': (None, 17, 96, 72)}, 'msra'),
        ({'input.1': (1, 3, 256, 192)}, {'2947': (1, 17, 64, 48)}, 'msra'),
        # easy_ViTPose, and Optimum, which leaves the outputs open.
        ({'input_0': (None, 3, 256, 192)}, {'output_0': (None, 17, 64, 48)}, 'udp'),
        ({'pixel_values': (None, 3, 256, 192)}, {'heatmaps': (None, None, None, None)}, 'udp'),
    ],
)
def test_exports_are_recognised(
    inputs: dict[str, Shape], outputs: dict[str, Shape], codec: str
) -> None:
    found = recognise(Signature(inputs, outputs), CONFIG)
    assert found is not None and found.skeleton == COCO17 and found.codec == codec
    assert [found.input_name, found.output_name] == [*inputs, *outputs]
    assert found.crop_size[::-1] == next(iter(inputs.values()))[2:]


def test_the_metadata_says_what_a_cell_means() -> None:
    shapes = {'input': (1, 3, 256, 192)}, {'output': (1, 17, 64, 48)}
    found = recognise(Signature(*shapes, {'codec': 'udp'}), CONFIG)
    assert found is not None and found.codec == 'udp'
    with pytest.raises(ModelError, match=r"codec: got 'other', expected msra or udp"):
        recognise(Signature(*shapes, {'codec': 'other'}), CONFIG)


def test_of_a_whole_body_the_joints_of_coco_are_used() -> None:
    found = recognise(
        Signature({'x': (1, 3, 256, 192)}, {'y': (1, 133, 64, 48)}), DetectionConfig(0.1)
    )
    assert found is not None and found.skeleton == COCO17
    maps = np.zeros((1, 133, 64, 48), np.float32)
    points = found.decode({'y': maps}, np.eye(2, 3)[None])
    assert points.points_xy.shape == (1, 17, 2)
    assert found.average({'y': maps}, {'y': maps})['y'].shape == (1, 17, 64, 48)


@pytest.mark.parametrize(
    ('crop', 'maps'),
    [
        ((1, 3, 256, 192), (1, 21, 64, 48)),  # a hand
        ((1, 3, 256, 192), (1, 17, 32, 24)),
        ((1, 256, 192, 3), (1, 64, 48, 17)),
        ((1, 3, 256, 192), (1, 17, 2)),
        ((1, 3, None, None), (1, 17, None, None)),
        ((1, 3, 256, 192), (1, None, None, None)),
    ],
)
def test_another_network_is_not_taken_for_one(crop: Shape, maps: Shape) -> None:
    assert recognise(Signature({'x': crop}, {'y': maps}), CONFIG) is None
