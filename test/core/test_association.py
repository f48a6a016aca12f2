"""Who is who."""

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
import numpy as np
import pytest

from ros_vision_perception.core.association import (
    assign,
    box_scales,
    mask_support,
    match_masks,
    match_tracks,
)
from ros_vision_perception.core.masks import BoxMask
from test.core.people import figure, rectangle, silhouette

benefits = arrays(
    np.float64, st.tuples(st.integers(0, 4), st.integers(0, 4)), elements=st.floats(0, 1)
)


@given(benefits)
def test_forbidden_pairs_are_never_matched_and_nobody_is_matched_twice(
    benefit: np.ndarray,
) -> None:
    rows, columns = assign(benefit)
    assert (benefit[rows, columns] > 0).all()
    assert len(set(rows)) == len(rows) == len(set(columns))
    assert (np.diff(rows) > 0).all()


def test_the_total_counts_not_the_best_pair() -> None:
    rows, columns = assign(np.array([[0.9, 0.8], [0.8, 0.0]]))
    np.testing.assert_array_equal(columns[np.argsort(rows)], [1, 0])


def box_of(joints: np.ndarray) -> np.ndarray:
    return np.concatenate((joints.min(axis=0), joints.max(axis=0)))


def mask_pairs(figures: list[np.ndarray], bitmaps: list[np.ndarray]) -> list[tuple[int, int]]:
    masks = tuple(BoxMask.from_bitmap(bitmap) for bitmap in bitmaps)
    people, chosen = match_masks(
        np.array(figures).reshape(-1, 17, 2),
        np.full((len(figures), 17), 0.9),
        np.array([box_of(joints) for joints in figures]).reshape(-1, 4),
        masks,
        np.array([mask.box_xyxy for mask in masks]).reshape(-1, 4),
    )
    return [(int(person), int(mask)) for person, mask in zip(people, chosen, strict=True)]


LEFT, RIGHT = figure(90), figure(220)
NEAR, FAR = figure(150), figure(165, feet_y=200, height=130)

MASK_TABLE = {
    'each person has the mask that holds their joints': (
        [LEFT, RIGHT],
        [silhouette(RIGHT), silhouette(LEFT)],
        [(0, 1), (1, 0)],
    ),
    'of two people in one mask it belongs to the one whose box it fills': (
        [LEFT, figure(95, height=75)],
        [silhouette(LEFT) | silhouette(figure(95, height=75))],
        [(0, 0)],
    ),
    'people who overlap keep their own': (
        [NEAR, FAR],
        [silhouette(NEAR), silhouette(FAR) & ~silhouette(NEAR)],
        [(0, 0), (1, 1)],
    ),
    'half a person behind a pillar still owns the other half': (
        [LEFT],
        [silhouette(LEFT) & ~rectangle(0, 88)],
        [(0, 0)],
    ),
    'a mask elsewhere is nobody': ([LEFT], [silhouette(RIGHT)], []),
    'a mask that holds only a hand is not theirs': (
        [LEFT],
        [rectangle(LEFT[9, 0] - 5, LEFT[9, 0] + 5, LEFT[9, 1] - 5, LEFT[9, 1] + 5)],
        [],
    ),
    'nobody has no mask': ([], [silhouette(LEFT)], []),
    'no masks, no owners': ([LEFT], [], []),
}


@pytest.mark.parametrize(
    ('figures', 'bitmaps', 'expected'), MASK_TABLE.values(), ids=MASK_TABLE.keys()
)
def test_masks(
    figures: list[np.ndarray], bitmaps: list[np.ndarray], expected: list[tuple[int, int]]
) -> None:
    assert mask_pairs(figures, bitmaps) == expected


def test_doubtful_joints_hardly_count_for_a_mask() -> None:
    upper = rectangle(0, 320, 0, 140)
    sure_above = np.where(LEFT[:, 1] < 140, 0.9, 0.2)[None]
    support = mask_support(LEFT[None], sure_above, (BoxMask.from_bitmap(upper),))
    assert support[0, 0] > 0.9


STRONG, WEAK = True, False
MATCH_TABLE: dict[str, tuple[list[list[float]], list[bool], list[int]]] = {
    'each track has the person it claims most': ([[5, 1], [1, 5]], [STRONG, STRONG], [0, 1]),
    'the likeliest explanation of all counts': ([[9, 8], [8, 1]], [STRONG, STRONG], [1, 0]),
    'who is rather somebody new belongs to no track': ([[-1]], [STRONG], [-1]),
    'what is impossible is never matched': ([[-np.inf, 2]], [STRONG, STRONG], [1]),
    'strong detections come first': ([[3, 9]], [STRONG, WEAK], [0]),
    'weak ones are for tracks that are left': ([[3, 9], [-1, 2]], [STRONG, WEAK], [0, 1]),
    'a weak one alone will do': ([[2]], [WEAK], [0]),
    'nobody is in the image': ([[], []], [], [-1, -1]),
    'nobody was known': ([], [], []),
}


@pytest.mark.parametrize(
    ('claims', 'is_strong', 'expected'), MATCH_TABLE.values(), ids=MATCH_TABLE.keys()
)
def test_tracks(claims: list[list[float]], is_strong: list[bool], expected: list[int]) -> None:
    people = np.array(is_strong, bool)
    rows = match_tracks(np.array(claims, float).reshape(len(expected), len(people)), people)
    np.testing.assert_array_equal(rows, expected)


def test_the_scale_is_the_root_of_the_area_of_a_person() -> None:
    assert box_scales(np.array([[0, 0, 60, 170]]))[0] == pytest.approx(73.5, abs=0.1)
    assert box_scales(np.array([[5, 5, 5, 5]]))[0] > 0
