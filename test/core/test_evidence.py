"""How strongly each track claims each person."""

from dataclasses import replace

import numpy as np
import pytest

from ros_vision_perception.core.association import box_scales
from ros_vision_perception.core.evidence import Expected, claims
from ros_vision_perception.core.looks import Looks, unknown_looks
from ros_vision_perception.core.masks import BoxMask
from ros_vision_perception.core.scene import People
from ros_vision_perception.core.skeleton import COCO17
from test.core.people import IMAGE_SIZE, figure, rectangle, silhouette

LEFT, RIGHT = figure(90), figure(220)


def boxes_of(joints_xy: np.ndarray) -> np.ndarray:
    return np.concatenate((np.nanmin(joints_xy, axis=1), np.nanmax(joints_xy, axis=1)), axis=1)


def expect(*figures: np.ndarray, deviation_px: float | list[float] = 2.0) -> Expected:
    """Return tracks that predict the given figures, as uncertain as that."""
    joints_xy = np.array(figures).reshape(-1, 17, 2)
    count = len(figures)
    return Expected(
        positions_xy=joints_xy,
        variances=np.broadcast_to(np.square(deviation_px), count)[:, None] * np.ones((1, 17)),
        boxes_xyxy=boxes_of(joints_xy),
        scales=box_scales(boxes_of(joints_xy)),
        existence=np.ones(count),
        looks=unknown_looks(count),
        masks=np.full(count, None),
        shifts=np.zeros((count, 2)),
        unseen_s=np.zeros(count),
    )


def find(*figures: np.ndarray) -> People:
    """Return people as a pose model finds the given figures."""
    joints_xy = np.array(figures).reshape(-1, 17, 2)
    boxes_xyxy = boxes_of(joints_xy)
    return People(
        keypoints_xy=joints_xy,
        confidences=np.full(joints_xy.shape[:2], 0.9),
        has_visibility=np.full(joints_xy.shape[:2], True),
        presence=np.full(joints_xy.shape[:2], np.nan),
        boxes_xyxy=boxes_xyxy,
        scales=box_scales(boxes_xyxy),
        person_scores=np.full(len(figures), 0.9),
        keypoints_3d=np.full((*joints_xy.shape[:2], 3), np.nan),
        masks=(None,) * len(figures),
    )


def claim(expected: Expected, found: People) -> np.ndarray:
    return claims(expected, found, COCO17.sigmas, IMAGE_SIZE)


def test_a_track_claims_whoever_is_where_it_expects_them_and_nobody_else() -> None:
    result = claim(expect(LEFT, RIGHT), find(RIGHT + 3, LEFT - 3))
    assert (np.diag(result[:, ::-1]) > 5).all()
    np.testing.assert_array_equal(np.diag(result), -np.inf)


def test_a_person_far_from_a_sure_track_is_somebody_else() -> None:
    assert claim(expect(LEFT), find(figure(140))) < 0


def test_a_person_as_far_from_a_track_that_is_unsure_may_be_the_same() -> None:
    assert claim(expect(LEFT, deviation_px=40.0), find(figure(140))) > 0


def test_a_person_as_far_from_a_track_unseen_for_long_may_be_the_same() -> None:
    hidden = replace(expect(LEFT), unseen_s=np.ones(1))
    assert claim(hidden, find(figure(140))) > 0


def test_a_vague_track_claims_less_than_a_precise_one() -> None:
    vague, precise = claim(
        expect(figure(92), figure(97), deviation_px=[60.0, 3.0]), find(figure(94))
    )
    assert precise > vague + 2


def test_a_child_does_not_continue_the_track_of_an_adult() -> None:
    adult = expect(figure(90, height=180), deviation_px=30.0)
    assert claim(adult, find(figure(90, height=60))) == -np.inf
    assert claim(adult, find(figure(90, height=105))) < claim(adult, find(figure(90, height=170)))


def test_poses_with_gaps_are_claimed_by_what_they_have() -> None:
    partial = LEFT.copy()
    partial[11:] = np.nan
    assert claim(expect(LEFT), find(partial)) > 5


def test_of_two_in_one_place_the_one_who_looks_right_is_claimed() -> None:
    red, blue = np.array([0.8, 0.6]), np.array([0.28, 0.96])
    looks = Looks(red[None], np.full(1, 0.05), np.ones(1))
    somebody = replace(find(LEFT + 2, LEFT - 2), appearances=np.array([blue, red]))
    ((wrong, right),) = claim(replace(expect(LEFT), looks=looks), somebody)
    assert right > wrong + 3


def test_of_two_in_one_place_the_one_whose_mask_fits_is_claimed() -> None:
    whole, upper = silhouette(LEFT), silhouette(LEFT) & rectangle(0, 320, 0, 110)
    masks = tuple(BoxMask.from_bitmap(bitmap) for bitmap in (upper, whole))
    before = np.empty(1, object)
    before[0] = BoxMask(masks[1].x - 7, masks[1].y, masks[1].bitmap)
    expected = replace(expect(LEFT), masks=before, shifts=np.array([[7.0, 0.0]]))
    ((half, fit),) = claim(expected, replace(find(LEFT, LEFT), masks=masks))
    assert fit > half + 0.5


@pytest.mark.parametrize(('tracks', 'people'), [(0, 0), (0, 2), (2, 0)])
def test_without_tracks_or_people_there_are_no_claims(tracks: int, people: int) -> None:
    expected, found = expect(*[LEFT, RIGHT][:tracks]), find(*[LEFT, RIGHT][:people])
    assert claim(expected, found).shape == (tracks, people)


def test_permuted_people_have_permuted_claims() -> None:
    expected = expect(LEFT, RIGHT, figure(120), deviation_px=20.0)
    people, order = [figure(100), figure(115), RIGHT + 2, LEFT], [2, 0, 3, 1]
    permuted = find(*(people[index] for index in order))
    np.testing.assert_allclose(claim(expected, permuted), claim(expected, find(*people))[:, order])
