"""Regions tidied up: specks and holes go, pieces come apart, the rest stays."""

import numpy as np

from ros_vision_perception.core.masks import BoxMask
from ros_vision_perception.core.types import InstanceMasks
from ros_vision_perception.models.regions import RegionConfig, tidy

SIZE = 60, 40


def regions(*bitmaps: np.ndarray) -> InstanceMasks:
    masks = tuple(BoxMask.from_bitmap(bitmap) for bitmap in bitmaps)
    return InstanceMasks(
        image_size=SIZE,
        class_ids=np.arange(len(masks), dtype=np.int32),
        class_names=('person', 'floor')[: len(masks)],
        scores=np.array([0.9, 0.8][: len(masks)], np.float32),
        boxes_xyxy=np.array([m.box_xyxy for m in masks], np.float32).reshape(-1, 4),
        masks=masks,
        is_instance=False,
    )


def two_people() -> np.ndarray:
    bitmap = np.zeros((40, 60), bool)
    bitmap[10:40, 5:20] = bitmap[20:40, 30:50] = True
    return bitmap


def test_specks_and_pinholes_go_and_large_shapes_stay() -> None:
    clean, spoilt = two_people(), two_people()
    spoilt[2, 2] = spoilt[2, 55:57] = True
    spoilt[20, 10] = spoilt[30, 30:32] = False
    cleaned = tidy(regions(spoilt), RegionConfig(clean_px=5)).masks[0].to_image(SIZE)
    differs = cleaned != clean
    assert differs.sum() <= 16  # rounded corners
    assert not cleaned[:5].any()
    assert cleaned[20, 10] and cleaned[39, 5:20].sum() >= 13


def test_pieces_come_apart_with_class_and_score() -> None:
    floor = np.zeros((40, 60), bool)
    floor[:5] = True
    pieces = tidy(regions(two_people(), floor), RegionConfig(split=True))
    assert pieces.class_names == ('person', 'person', 'floor')
    np.testing.assert_allclose(pieces.scores, [0.9, 0.9, 0.8])
    np.testing.assert_array_equal(
        pieces.boxes_xyxy, [[5, 10, 20, 40], [30, 20, 50, 40], [0, 0, 60, 5]]
    )
    assert not pieces.is_instance


def test_a_region_of_specks_only_is_left_out() -> None:
    specks = np.zeros((40, 60), bool)
    specks[::8, ::8] = True
    assert len(tidy(regions(specks), RegionConfig(clean_px=5))) == 0
    assert len(tidy(regions(), RegionConfig(5, True))) == 0
