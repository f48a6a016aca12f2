"""Each piece of evidence, one by one: it is found, and it moves the right explanation."""

from dataclasses import replace

import numpy as np
import pytest

from ros_vision_perception.core import visibility
from ros_vision_perception.core.anatomy import anatomy_of
from ros_vision_perception.core.bodies import bone_lengths, buried, depths_in_heights, heights_px
from ros_vision_perception.core.body_prior import body_of
from ros_vision_perception.core.scene import Sightings, Surroundings, sort_out
from ros_vision_perception.core.skeleton import BLAZEPOSE33, COCO17, HALPE26, Skeleton
from ros_vision_perception.core.tracking import sight
from ros_vision_perception.core.types import Keypoints, Observation
from ros_vision_perception.core.visibility import EXPLANATIONS
from ros_vision_perception.core.visibility_weights import WEIGHTS
from test.core.people import IMAGE_SIZE, Scene, begin_tracks, detect, figure, rectangle, segment

WRIST, ELBOW = COCO17.index('left_wrist'), COCO17.index('left_elbow')
VISIBLE, SELF, PERSON, OBJECT, OUT = range(5)
_LIMBS = ('shoulder', 'elbow', 'wrist', 'hip', 'knee', 'ankle')


def seen(
    keypoints: Keypoints, observation: Observation | None = None
) -> tuple[Sightings, Surroundings]:
    observation = observation or Observation(0, IMAGE_SIZE, keypoints)
    people, surroundings = sort_out(observation, COCO17)
    body = body_of(COCO17)
    tracks, rows = begin_tracks(people, body)
    return sight(tracks, people.in_rows(rows), rows >= 0, body, observation), surroundings


def expecting(sightings: Sightings, places_xy: np.ndarray) -> Sightings:
    """Return the same people, of whom it was known very well where to expect them."""
    variances = np.full(sightings.tolerances.shape, 1.0)
    return replace(sightings, predicted_xy=places_xy[None], predicted_variances=variances)


def found(sightings: Sightings, surroundings: Surroundings) -> dict[str, float]:
    """Return the evidence about the wrist."""
    depths = np.full(len(sightings.track_ids), np.nan)
    table = visibility.gather(sightings, surroundings, depths, anatomy_of(COCO17)).table
    return dict(zip(WEIGHTS, table[:, 0, WRIST].tolist(), strict=True))


def wrist_at(x: float, y: float, **changes: float) -> Keypoints:
    """Return a person seen plainly but for the left wrist."""
    keypoints = detect(Scene((figure(150),)))
    xy = keypoints.keypoints_xy.copy()
    xy[0, WRIST] = x, y
    arrays = {name: getattr(keypoints, name).copy() for name in changes}
    for name, value in changes.items():
        arrays[name][0, WRIST] = value
    return replace(keypoints, keypoints_xy=xy, **arrays)


def plain() -> tuple[Sightings, Surroundings]:
    x, y = figure(150)[WRIST]
    return seen(wrist_at(x, y))


def test_all_is_well_with_a_wrist_in_plain_view() -> None:
    sightings, surroundings = plain()
    evidence = found(expecting(sightings, figure(150)), surroundings)
    silent = set(WEIGHTS) - {'prior', 'model_sees_it', 'beyond_border'}
    assert {name for name in silent if abs(evidence[name]) > 0.05} == set()
    assert evidence['model_sees_it'] > 3
    assert evidence['beyond_border'] == -2


def test_a_wrist_that_jumps_while_its_kin_stay_is_noticed() -> None:
    x, y = figure(150)[WRIST]
    sightings, surroundings = seen(wrist_at(x - 25, y - 10))
    assert found(expecting(sightings, figure(150)), surroundings)['jumped'] > 1


def test_a_body_that_moves_as_a_whole_does_not_jump() -> None:
    sightings, surroundings = plain()
    moved = expecting(sightings, figure(150) + np.array([40.0, 5.0]))
    assert found(moved, surroundings)['jumped'] < 0.01


def test_a_bone_may_look_short_but_not_long() -> None:
    x, y = figure(150)[ELBOW]
    length = float(np.linalg.norm(figure(150)[WRIST] - figure(150)[ELBOW]))
    for stretch, clue in ((2.0, 'bone_too_long'), (0.2, 'bone_too_short')):
        evidence = found(*seen(wrist_at(x, y + stretch * length)))
        assert evidence[clue] > 0.3, clue
    foreshortened = found(*seen(wrist_at(x, y + 0.7 * length)))
    assert foreshortened['bone_too_long'] == foreshortened['bone_too_short'] == 0


def with_masks(*, hole: bool = False, thing: str = '') -> Observation:
    """Return an image whose masks lack, or cover, the place of the wrist."""
    joints = figure(150)
    x, y = joints[WRIST]
    patch = rectangle(x - 8, x + 8, y - 8, y + 8)
    scene = Scene((joints,), ((thing, patch),) if hole or thing else ())
    masks = segment(scene)
    if not thing:
        kept = [index for index, name in enumerate(masks.class_names) if name == 'person']
        masks = replace(
            masks,
            class_ids=masks.class_ids[kept],
            class_names=('person',),
            scores=masks.scores[kept],
            boxes_xyxy=masks.boxes_xyxy[kept],
            masks=tuple(masks.masks[index] for index in kept),
        )
    elbow = joints[ELBOW]
    # The model puts the wrist on what is seen of the arm.
    return Observation(0, IMAGE_SIZE, wrist_at(elbow[0], elbow[1] + 4), masks)


def test_a_gap_in_the_own_mask_where_the_wrist_is_expected_is_noticed() -> None:
    observation = with_masks(hole=True)
    assert observation.keypoints is not None
    sightings, surroundings = seen(observation.keypoints, observation)
    evidence = found(expecting(sightings, figure(150)), surroundings)
    assert evidence['on_own_mask'] == 1
    assert evidence['gone_from_where_expected'] > 0.8


def test_an_object_over_the_place_where_the_wrist_is_expected_is_noticed() -> None:
    observation = with_masks(thing='chair')
    assert observation.keypoints is not None
    sightings, surroundings = seen(observation.keypoints, observation)
    evidence = found(expecting(sightings, figure(150)), surroundings)
    assert evidence['behind_object'] == 0
    assert evidence['expected_behind_object'] > 0.8


def turned(skeleton: Skeleton, degrees: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the joints (1, K, 2) px and depths (1, K) m of a figure turned to its right."""
    joints = figure(0.0, feet_y=0.0, height=170.0, skeleton=skeleton) / 100
    angle = np.radians(degrees)
    # Noses stick out by 10 cm.
    front = np.array([0.1 * (name == 'nose') for name in skeleton.joint_names])
    x = joints[:, 0] * np.cos(angle) - front * np.sin(angle)
    z = -joints[:, 0] * np.sin(angle) - front * np.cos(angle)
    return 100 * np.stack((x, joints[:, 1]), axis=-1)[None], z[None]


@pytest.mark.parametrize('skeleton', [COCO17, BLAZEPOSE33, HALPE26], ids=lambda s: s.name)
@pytest.mark.parametrize('has_depth', [True, False])
def test_of_a_body_seen_from_aside_the_far_shoulder_and_ear_are_behind_it(
    skeleton: Skeleton, has_depth: bool
) -> None:
    anatomy = anatomy_of(skeleton)
    for degrees, far, near in ((85.0, 'right', 'left'), (-85.0, 'left', 'right')):
        points, z = turned(skeleton, degrees)
        z = z if has_depth else np.full(z.shape, np.nan)
        heights = heights_px(bone_lengths(points, anatomy), anatomy)
        depths = depths_in_heights(points, z, heights, anatomy)
        deep = buried(points, depths, heights, anatomy)[0]
        for part in ('shoulder', 'ear'):
            assert deep[skeleton.index(f'{far}_{part}')] > 0.03, (far, part)
            assert deep[skeleton.index(f'{near}_{part}')] < 0.02, (near, part)


@pytest.mark.parametrize('skeleton', [COCO17, BLAZEPOSE33, HALPE26], ids=lambda s: s.name)
def test_a_body_seen_from_the_front_hides_nothing_of_itself(skeleton: Skeleton) -> None:
    anatomy = anatomy_of(skeleton)
    points, z = turned(skeleton, 0.0)
    heights = heights_px(bone_lengths(points, anatomy), anatomy)
    np.testing.assert_allclose(heights, 170.0, rtol=0.2)
    # The figure's face is flat, as if in the middle of the head.
    limbs = [i for i, name in enumerate(skeleton.joint_names) if name.endswith(_LIMBS)]
    assert len(limbs) == 12
    assert buried(points, z, heights, anatomy)[0, limbs].max() < 0.03


# What a piece of evidence must do to the probabilities: explanation that gains, or VISIBLE loses.
GAINS = {
    'model_sees_it': VISIBLE, 'model_scores_it': VISIBLE, 'beyond_border': OUT,
    'limb_off_mask': OBJECT, 'gone_from_where_expected': OBJECT, 'nobody_there': OBJECT,
    'somebody_else_there': PERSON, 'behind_person': PERSON, 'behind_object': OBJECT,
    'expected_behind_person': PERSON, 'expected_behind_object': OBJECT, 'behind_own_body': SELF,
    'turned_away': SELF,
}  # fmt: skip
LOSES = {
    'model_misses_it': VISIBLE, 'model_has_it_in_image': OUT, 'on_own_mask': OBJECT,
    'jumped': VISIBLE, 'bone_too_long': VISIBLE, 'bone_too_short': VISIBLE,
}  # fmt: skip


def test_every_piece_of_evidence_has_a_meaning() -> None:
    assert {*GAINS, *LOSES, 'prior'} == set(WEIGHTS)


@pytest.mark.parametrize('name', [*GAINS, *LOSES])
def test_one_more_unit_of_evidence_moves_the_right_explanation_the_right_way(name: str) -> None:
    weights = np.array(list(WEIGHTS.values()))
    evidence = np.zeros(len(WEIGHTS))
    evidence[0] = 1.0
    more = evidence.copy()
    more[list(WEIGHTS).index(name)] = 1.0
    before, after = (np.exp(e @ weights) / np.exp(e @ weights).sum() for e in (evidence, more))
    cause = GAINS.get(name, LOSES.get(name, VISIBLE))
    change = float(after[cause] - before[cause])
    assert len(before) == len(EXPLANATIONS)
    assert change > 0 if name in GAINS else change < 0
