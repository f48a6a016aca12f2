from dataclasses import replace

import numpy as np
import pytest

from ros_vision_perception.core.human import (
    Humans,
    HumanState,
    Joints,
    JointState,
    Posture,
    TrackState,
)
from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.render.labels import doing, occluder_counts, title
from ros_vision_perception.render.legend import legend
from ros_vision_perception.render.overlay import draw_overlay
from ros_vision_perception.render.palette import STATE_COLORS, STATE_WORDS, bgr

SIZE = 640, 480
JOINTS = len(COCO17)
HIDDEN = [state for state in JointState if state not in (1, 5)]


def grid_of_joints() -> np.ndarray:
    """Return joints far apart, so that each can be looked at alone."""
    columns, rows = np.divmod(np.arange(JOINTS), 5)
    return np.stack((150 + 90 * columns, 80 + 70 * rows), axis=1).astype(np.float32)


def a_person(states: JointState | list[JointState] = JointState.VISIBLE) -> HumanState:
    points = grid_of_joints()
    joints = Joints(
        states=np.full(JOINTS, states, np.uint8) if isinstance(states, int) else np.array(states),
        p_visible=np.ones(JOINTS, np.float32),
        occluder_track_ids=np.full(JOINTS, -1, np.int32),
        occluder_classes=('',) * JOINTS,
        keypoints_xy=points,
        covariances_px=np.full((JOINTS, 2, 2), np.eye(2), np.float32),
        has_3d=np.zeros(JOINTS, bool),
        positions_m=np.full((JOINTS, 3), np.nan, np.float32),
        position_covariances=np.full((JOINTS, 3, 3), np.nan, np.float32),
        velocities=np.full((JOINTS, 3), np.nan, np.float32),
        velocity_covariances=np.full((JOINTS, 3, 3), np.nan, np.float32),
        time_since_seen_s=np.zeros(JOINTS, np.float32),
    )
    return HumanState(
        track_id=7,
        track_state=TrackState.CONFIRMED,
        age_s=1.0,
        time_since_update_s=0.0,
        existence_probability=0.9,
        occluded_fraction=0.0,
        identity_confidence=0.9,
        box_xyxy=np.array([100, 40, 500, 400], np.float32),
        joints=joints,
        position_m=np.full(3, np.nan, np.float32),
        position_covariance=np.full((3, 3), np.nan, np.float32),
        velocity_mps=np.full(3, np.nan, np.float32),
        velocity_covariance=np.full((3, 3), np.nan, np.float32),
    )


def with_joints(human: HumanState, **changes: object) -> HumanState:
    return replace(human, joints=replace(human.joints, **changes))  # type: ignore[arg-type]


def humans(*people: HumanState, reason: str = '', size: tuple[int, int] = SIZE) -> Humans:
    # Without bones, joints stand alone.
    skeleton = replace(COCO17, edges=())
    return Humans(0, size, skeleton, people, True, True, False, reason)


def black(size: tuple[int, int] = SIZE) -> np.ndarray:
    return np.zeros((size[1], size[0], 3), np.uint8)


def test_visible_joint_is_a_filled_dot_in_its_colour() -> None:
    picture = draw_overlay(black(), humans(a_person()))
    x, y = grid_of_joints()[-1].astype(int)
    np.testing.assert_allclose(picture[y, x], bgr(JointState.VISIBLE), atol=8)


@pytest.mark.parametrize('state', HIDDEN)
def test_hidden_joint_is_a_ring_in_its_colour(state: JointState) -> None:
    human = with_joints(a_person(state), keypoints_xy=grid_of_joints())
    picture = draw_overlay(np.full_like(black(), 90), humans(human))
    x, y = grid_of_joints()[-1].astype(int)
    around = picture[y - 5 : y + 6, x - 5 : x + 6].reshape(-1, 3).astype(int)
    difference = np.abs(around - bgr(state)).max(axis=1)
    assert difference.min() < 40
    assert np.abs(picture[y, x].astype(int) - bgr(state)).max() > 60


def test_joint_outside_of_the_image_leaves_no_mark_of_its_own() -> None:
    seen = draw_overlay(black(), humans(a_person(JointState.OUT_OF_IMAGE)))
    x, y = grid_of_joints()[-1].astype(int)
    assert not seen[y - 8 : y + 9, x - 8 : x + 9].any()


def test_uncertain_hidden_joint_has_an_ellipse_and_a_certain_one_has_none() -> None:
    bones = replace(COCO17, edges=((15, 16),))
    spread = np.full((JOINTS, 2, 2), np.diag([400.0, 100.0]), np.float32)
    human = a_person(JointState.OCCLUDED_BY_OBJECT)
    wide = replace(humans(with_joints(human, covariances_px=spread)), skeleton=bones)
    narrow = replace(humans(human), skeleton=bones)
    x, y = grid_of_joints()[15].astype(int)
    where = (slice(y - 3, y + 4), slice(x + 36, x + 45))  # two standard deviations to the right
    assert draw_overlay(black(), wide)[where].max() > 120
    assert not draw_overlay(black(), narrow)[where].any()


def test_half_a_bone_belongs_to_each_end() -> None:
    states = [JointState.VISIBLE] * JOINTS
    states[0] = JointState.OCCLUDED_BY_PERSON
    result = replace(humans(a_person(states)), skeleton=replace(COCO17, edges=((0, 1),)))
    (x, top), (_, bottom) = grid_of_joints()[:2].astype(int)
    line = draw_overlay(black(), result)[top + 12 : bottom - 12, x].astype(int)
    near_hidden, near_seen = np.array_split(line, 2)
    assert (np.abs(near_seen - bgr(JointState.VISIBLE)).max(axis=1) < 40).mean() > 0.9
    pink = np.abs(near_hidden - bgr(JointState.OCCLUDED_BY_PERSON)).max(axis=1) < 60
    assert 0.2 < pink.mean() < 0.8  # dashes and gaps


def test_input_is_left_as_it_was() -> None:
    image = np.random.default_rng(0).integers(0, 255, (480, 640, 3), np.uint8)
    before = image.copy()
    draw_overlay(image, humans(a_person()))
    np.testing.assert_array_equal(image, before)


def test_nobody_leaves_only_the_legend() -> None:
    picture = draw_overlay(black(), humans())
    height = len(legend(SIZE[0], 1.0))
    assert not picture[:-height].any()
    assert picture[-height:].any()


def test_legend_names_every_state_in_a_colour_of_its_own() -> None:
    assert set(STATE_COLORS) == set(STATE_WORDS) == set(JointState)
    assert len(set(STATE_COLORS.values())) == len(JointState)
    strip = legend(640, 1.0).reshape(-1, 3).astype(int)
    for state in JointState:
        assert np.abs(strip - bgr(state)).max(axis=1).min() < 40, state


@pytest.mark.parametrize('size', [(160, 120), (640, 480), (1920, 1080), (33, 17)])
def test_images_of_any_size_are_drawn_on(size: tuple[int, int]) -> None:
    assert draw_overlay(black(size), humans(a_person(), size=size)).shape == (*size[::-1], 3)


def test_unknown_positions_and_covariances_are_left_out() -> None:
    human = a_person(JointState.PREDICTED)
    unknown = np.full((JOINTS, 2), np.nan, np.float32)
    no_spread = np.full((JOINTS, 2, 2), np.nan, np.float32)
    nowhere = with_joints(human, keypoints_xy=unknown, covariances_px=no_spread)
    nowhere = replace(nowhere, box_xyxy=np.full(4, np.nan, np.float32))
    np.testing.assert_array_equal(
        draw_overlay(black(), humans(nowhere)), draw_overlay(black(), humans())
    )
    spread_unknown = draw_overlay(black(), humans(with_joints(human, covariances_px=no_spread)))
    assert spread_unknown[:-30].any()


def test_people_partly_or_wholly_outside_are_drawn_as_far_as_they_are_inside() -> None:
    for shift in (-300.0, 1e7):
        points = grid_of_joints() + np.float32(shift)
        human = with_joints(a_person(), keypoints_xy=points)
        picture = draw_overlay(black(), replace(humans(human), skeleton=COCO17))
        assert picture.shape == (480, 640, 3)


def test_lost_person_is_not_drawn() -> None:
    lost = replace(a_person(JointState.PREDICTED), track_state=TrackState.LOST)
    np.testing.assert_array_equal(
        draw_overlay(black(), humans(lost)), draw_overlay(black(), humans())
    )


def test_ellipse_wider_than_the_person_is_left_out() -> None:
    bones = replace(COCO17, edges=((15, 16),))
    spread = np.full((JOINTS, 2, 2), np.diag([1e6, 1e6]), np.float32)
    human = with_joints(a_person(JointState.PREDICTED), covariances_px=spread)
    without = with_joints(human, covariances_px=spread * np.float32(np.nan))
    np.testing.assert_array_equal(
        draw_overlay(black(), replace(humans(human), skeleton=bones)),
        draw_overlay(black(), replace(humans(without), skeleton=bones)),
    )


def test_degraded_result_says_so_on_top() -> None:
    fine, degraded = (
        draw_overlay(black(), humans(reason=reason)) for reason in ('', 'no masks for 0.2 s')
    )
    assert not fine[:20].any()
    assert degraded[:20].max() > 150


def test_labels_of_people_in_one_place_do_not_cover_each_other() -> None:
    person = a_person()
    one = draw_overlay(black(), humans(person))
    two = draw_overlay(black(), humans(person, replace(person, track_id=8)))
    assert np.count_nonzero(two.any(axis=2)) > 1.02 * np.count_nonzero(one.any(axis=2))


def test_a_label_names_posture_and_likeliest_activities_where_they_are_known() -> None:
    person = a_person()
    assert title(person) == '#7 confirmed 0.90'
    assert doing(person) == []
    sits = replace(person, posture=Posture.SITTING, posture_confidence=0.875)
    assert doing(sits) == ['sitting 0.88']
    said = {
        **{'standing_still': 0.6, 'left_arm_raised': 0.95, 'right_arm_raised': 0.96},
        **{'both_arms_raised': 0.9, 'reaching': 0.7},
    }
    active = replace(person, activities=tuple(said), activity_confidences=tuple(said.values()))
    assert doing(active) == ['both arms raised 0.90', 'reaching 0.70']


def test_what_somebody_does_is_drawn() -> None:
    person = a_person()
    jumps = replace(person, activities=('jumping',), activity_confidences=(0.9,))
    without, drawn = (draw_overlay(black(), humans(one)) for one in (person, jumps))
    assert np.count_nonzero(drawn.any(axis=2)) > 1.02 * np.count_nonzero(without.any(axis=2))


def test_occluders_are_counted_by_who_or_what_they_are() -> None:
    states = [JointState.VISIBLE] * JOINTS
    ids, names = np.full(JOINTS, -1, np.int32), [''] * JOINTS
    for joint in (0, 1, 2):
        states[joint], ids[joint], names[joint] = JointState.OCCLUDED_BY_PERSON, 2, 'person'
    states[3], names[3] = JointState.OCCLUDED_BY_OBJECT, 'table'
    states[4] = states[5] = JointState.OCCLUDED_BY_OBJECT
    human = with_joints(a_person(states), occluder_track_ids=ids, occluder_classes=tuple(names))
    assert occluder_counts(human.joints) == [
        (JointState.OCCLUDED_BY_PERSON, '#2', 3),
        (JointState.OCCLUDED_BY_OBJECT, 'object', 2),
        (JointState.OCCLUDED_BY_OBJECT, 'table', 1),
    ]
