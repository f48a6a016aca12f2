"""SimCC networks: joints in a crop come back in the image, to half a pixel of the crop."""

import numpy as np
import pytest

from ros_vision_perception.core.geometry import apply_affine, crop_matrix
from ros_vision_perception.core.skeleton import COCO17, HALPE26, Skeleton
from ros_vision_perception.models.base import DetectionConfig, Shape, Signature
from ros_vision_perception.models.simcc import SimccNet, recognise

CONFIG = DetectionConfig(0.1)
NAMES = 'simcc_x', 'simcc_y'


def scores(points: np.ndarray, size: tuple[int, int], best: np.ndarray) -> dict[str, np.ndarray]:
    """Return outputs for points (N, K, 2) px of the crop, best (N, K, 2) for columns and rows."""
    return {
        name: (
            best[..., axis, None]
            * np.exp(-((np.arange(2 * size[axis]) - 2 * points[..., axis, None]) ** 2) / 60)
        ).astype(np.float32)
        for axis, name in enumerate(NAMES)
    }


@pytest.mark.parametrize('size', [(192, 256), (288, 384)])
@pytest.mark.parametrize('skeleton', [COCO17, HALPE26])
def test_joints_come_back_within_half_a_bin(size: tuple[int, int], skeleton: Skeleton) -> None:
    random = np.random.default_rng(1)
    boxes = np.array([[100.0, 50, 220, 330], [300, 100, 360, 180]])
    crops = np.array([crop_matrix(box, size) for box in boxes])
    corner = boxes[:, None, :2]
    want = corner + random.uniform(0, 1, (2, len(skeleton), 2)) * (boxes[:, None, 2:] - corner)
    best = random.uniform(0.1, 1.2, want.shape)
    in_crop = apply_affine(crops, want)
    found = SimccNet(skeleton, size, 2, 'x', NAMES).decode(scores(in_crop, size, best), crops)
    assert np.abs(apply_affine(crops, found.points_xy) - in_crop).max() <= 0.25 + 1e-3
    np.testing.assert_allclose(found.scores, np.clip(best.min(axis=2), 0, 1), atol=0.02)


def test_a_mirror_image_lies_on_the_same_bins() -> None:
    model = SimccNet(COCO17, (192, 256), 2, 'x', NAMES)
    want = np.random.default_rng(2).uniform(0, 190, (1, 17, 2))
    turned = want[:, COCO17.flip_indices] * [-1, 1] + [model.mirror_width, 0]
    plain = scores(want, model.crop_size, np.ones((1, 17, 2)))
    mean = model.average(plain, scores(turned, model.crop_size, np.ones((1, 17, 2))))
    for name in NAMES:
        np.testing.assert_allclose(mean[name], plain[name], atol=1e-5)


@pytest.mark.parametrize(('joints', 'skeleton'), [(17, COCO17), (26, HALPE26), (133, COCO17)])
@pytest.mark.parametrize('batch', [1, None])
def test_exports_of_mmdeploy_are_recognised(
    joints: int, skeleton: Skeleton, batch: int | None
) -> None:
    for height, width in ((256, 192), (384, 288), (256, 256)):
        found = recognise(
            Signature(
                {'input': (batch, 3, height, width)},
                {'simcc_x': (batch, joints, 2 * width), 'simcc_y': (batch, joints, 2 * height)},
            ),
            CONFIG,
        )
        assert found == SimccNet(skeleton, (width, height), 2, 'input', NAMES)


def test_another_number_of_bins_is_read_from_the_file() -> None:
    outputs: dict[str, Shape] = {'a': (1, 17, 576), 'b': (1, 17, 768)}
    found = recognise(Signature({'x': (1, 3, 256, 192)}, outputs), CONFIG)
    assert found == SimccNet(COCO17, (192, 256), 3, 'x', ('a', 'b'))


@pytest.mark.parametrize(
    ('crop', 'columns', 'rows'),
    [
        ((1, 3, 256, 192), (1, 21, 384), (1, 21, 512)),
        ((1, 3, 256, 192), (1, 17, 512), (1, 17, 384)),
        ((1, 3, 256, 192), (1, 17, 384), (1, 26, 512)),
        ((1, 3, 320, 320), (1, 17, 4), (1, 17, 4)),  # boxes of a detector
        ((1, 3, None, None), (1, 17, 384), (1, 17, 512)),
    ],
)
def test_another_network_is_not_taken_for_one(crop: Shape, columns: Shape, rows: Shape) -> None:
    signature = Signature({'x': crop}, {'a': columns, 'b': rows})
    assert recognise(signature, CONFIG) is None
