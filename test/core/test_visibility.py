"""Why each joint is or is not seen."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from ros_vision_perception.core.body_prior import body_of
from ros_vision_perception.core.human import JointState
from ros_vision_perception.core.masks import BoxMask
from ros_vision_perception.core.scene import sort_out
from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.core.tracking import sight
from ros_vision_perception.core.types import InstanceMasks, Keypoints, Observation
from ros_vision_perception.core.visibility import EXPLANATIONS, Belief, explain
from ros_vision_perception.core.visibility_weights import WEIGHTS
from test.core.people import (
    IMAGE_SIZE,
    Scene,
    begin_tracks,
    believe,
    detect,
    figure,
    rectangle,
    segment,
)

WRIST = COCO17.index('left_wrist')
NAN = np.nan


def masks_of(*named: tuple[str, np.ndarray], is_instance: bool = True) -> InstanceMasks:
    masks = tuple(BoxMask.from_bitmap(bitmap) for _, bitmap in named)
    return InstanceMasks(
        image_size=IMAGE_SIZE,
        class_ids=np.arange(len(named), dtype=np.int32),
        class_names=tuple(name for name, _ in named),
        scores=np.ones(len(named), np.float32),
        boxes_xyxy=np.array([mask.box_xyxy for mask in masks], np.float32).reshape(-1, 4),
        masks=masks,
        is_instance=is_instance,
    )


@dataclass(frozen=True)
class Case:
    """The left wrist of a standing person; all other joints are plainly visible."""

    visibility: float = 0.95
    score: float = 0.9
    on_own_mask: bool | None = True
    under: str = ''
    region: str = ''
    move: tuple[float, float] = (0.0, 0.0)


def wrist_belief(case: Case) -> Belief:
    keypoints = detect(Scene((figure(150),)))
    xy, visibility = keypoints.keypoints_xy.copy(), keypoints.visibility.copy()
    scores = keypoints.scores.copy()
    xy[0, WRIST] += np.array(case.move, np.float32)
    visibility[0, WRIST], scores[0, WRIST] = case.visibility, case.score
    if np.isnan(case.visibility):
        visibility[:] = NAN
    keypoints = replace(keypoints, keypoints_xy=xy, visibility=visibility, scores=scores)
    x, y = figure(150)[WRIST]
    patch = rectangle(x - 12, x + 12, y - 12, y + 12)
    person = rectangle(100, 200, 60, 235)
    named = []
    if case.on_own_mask is not None:
        named.append(('person', person if case.on_own_mask else person & ~patch))
    if case.under:
        named.append((case.under, patch))
    masks = masks_of(*named) if named else None
    if case.region:
        shown = {'without the wrist': person & ~patch, 'elsewhere': rectangle(250, 300)}
        masks = masks_of(('person', shown[case.region]), is_instance=False)
    return believe(keypoints, masks)


TABLE = {
    'seen by the model and on the own mask': (Case(), JointState.VISIBLE, ''),
    'seen by the model, no mask at all': (Case(on_own_mask=None), JointState.VISIBLE, ''),
    'not seen by the model but on the own mask': (
        Case(visibility=0.1),
        JointState.OCCLUDED_BY_OBJECT,
        '',
    ),
    'not seen by the model, no mask at all': (
        Case(visibility=0.1, on_own_mask=None),
        JointState.OCCLUDED_BY_OBJECT,
        '',
    ),
    'off the own mask, under a chair': (
        Case(visibility=0.5, on_own_mask=False, under='chair'),
        JointState.OCCLUDED_BY_OBJECT,
        'chair',
    ),
    'seen by the model although off the own mask and under a chair': (
        Case(on_own_mask=False, under='chair'),
        JointState.OCCLUDED_BY_OBJECT,
        'chair',
    ),
    'off the own mask, under nothing known': (
        Case(visibility=0.5, on_own_mask=False),
        JointState.OCCLUDED_BY_OBJECT,
        '',
    ),
    'on the own mask and also on that of a chair': (
        Case(under='chair'),
        JointState.VISIBLE,
        '',
    ),
    'off the own mask, under a person without a pose': (
        Case(visibility=0.5, on_own_mask=False, under='person'),
        JointState.OCCLUDED_BY_PERSON,
        'person',
    ),
    'a model without visibility, on the own mask': (
        Case(visibility=NAN),
        JointState.VISIBLE,
        '',
    ),
    'a model without visibility, under a chair': (
        Case(visibility=NAN, on_own_mask=False, under='chair'),
        JointState.OCCLUDED_BY_OBJECT,
        'chair',
    ),
    'where the semantic person region has a gap': (
        Case(visibility=0.4, region='without the wrist'),
        JointState.OCCLUDED_BY_OBJECT,
        '',
    ),
    'where the semantic person region knows nothing of the person': (
        Case(visibility=0.7, region='elsewhere'),
        JointState.VISIBLE,
        '',
    ),
    'beyond the border of the image': (
        Case(move=(-200.0, 0.0)),
        JointState.OUT_OF_IMAGE,
        '',
    ),
    'a guess of the model beyond the border of the image': (
        Case(visibility=0.1, move=(0.0, 150.0)),
        JointState.OUT_OF_IMAGE,
        '',
    ),
    'left out by the model': (Case(move=(NAN, NAN)), JointState.UNKNOWN, ''),
    'without any evidence': (
        Case(visibility=NAN, score=NAN, on_own_mask=None),
        JointState.UNKNOWN,
        '',
    ),
}


@pytest.mark.parametrize(('case', 'state', 'occluder'), TABLE.values(), ids=TABLE.keys())
def test_a_wrist(case: Case, state: JointState, occluder: str) -> None:
    belief = wrist_belief(case)
    assert JointState(belief.states[0, WRIST]) is state
    assert belief.occluder_classes[belief.occluders[0, WRIST]] == occluder
    assert belief.occluder_track_ids[belief.occluders[0, WRIST]] == -1


@pytest.mark.parametrize('has_visibility', [True, False])
def test_without_masks_a_joint_is_the_likelier_visible_the_surer_the_model(
    has_visibility: bool,
) -> None:
    confidences = (0.05, 0.3, 0.6, 0.95)
    beliefs = [
        wrist_belief(
            Case(visibility=c, on_own_mask=None)
            if has_visibility
            else Case(visibility=NAN, score=c, on_own_mask=None)
        ).probabilities[0, WRIST, 0]
        for c in confidences
    ]
    assert (np.diff(beliefs) > 0.02).all()


def test_the_table_of_weights_has_a_column_per_explanation() -> None:
    assert all(len(weights) == len(EXPLANATIONS) for weights in WEIGHTS.values())
    assert [int(state) for state in EXPLANATIONS] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize('case', [case for case, _, _ in TABLE.values()], ids=TABLE.keys())
def test_probabilities_add_up_to_one(case: Case) -> None:
    probabilities = wrist_belief(case).probabilities
    np.testing.assert_allclose(probabilities.sum(axis=-1), 1.0, atol=1e-9)
    assert (probabilities >= 0).all()


def test_what_a_person_in_front_hides_is_occluded_by_that_person() -> None:
    scene = Scene((figure(150, feet_y=200, height=135), figure(175)))
    belief = believe(detect(scene), segment(scene))
    hidden = ~scene.is_seen[0]
    assert hidden.sum() >= 4
    ids = belief.occluder_track_ids[belief.occluders]
    np.testing.assert_array_equal(belief.states[0, hidden], JointState.OCCLUDED_BY_PERSON)
    np.testing.assert_array_equal(ids[0, hidden], 2)
    np.testing.assert_array_equal(belief.states[1], JointState.VISIBLE)
    np.testing.assert_array_equal(ids[1], -1)


@pytest.mark.parametrize('masks', ['instances', 'masks of the pose model', 'both'])
def test_joints_behind_someone_are_found_with_scores_alone(masks: str) -> None:
    scene = Scene((figure(150, feet_y=200, height=135), figure(175)))
    keypoints = detect(scene, with_visibility=False, with_masks=masks != 'instances')
    instances = None if masks == 'masks of the pose model' else segment(scene)
    belief = believe(keypoints, instances)
    hidden = belief.states == JointState.OCCLUDED_BY_PERSON
    assert (hidden == ~scene.is_seen).mean() > 0.9


def whole_masks(scene: Scene) -> InstanceMasks:
    """Return masks that do not know of each other: each person as if nobody were in front."""
    return masks_of(*(('person', Scene((joints,)).visible[0]) for joints in scene.figures))


def test_where_masks_overlap_the_person_with_lower_feet_is_in_front() -> None:
    scene = Scene((figure(150, feet_y=190), figure(165, feet_y=225)))
    belief = believe(detect(scene, with_visibility=False, min_seen=0.0), whole_masks(scene))
    assert (belief.states[0] == JointState.OCCLUDED_BY_PERSON).sum() >= 2
    assert (belief.states[1] == JointState.OCCLUDED_BY_PERSON).sum() == 0


def test_where_masks_overlap_the_nearer_person_is_in_front_whatever_their_feet_say() -> None:
    scene = Scene((figure(150, feet_y=210), figure(165, feet_y=220)))
    keypoints = detect(scene, with_visibility=False, min_seen=0.0)
    belief = believe(keypoints, whole_masks(scene), depths_m=(2.0, 3.5))
    assert (belief.states[0] == JointState.OCCLUDED_BY_PERSON).sum() == 0
    assert (belief.states[1] == JointState.OCCLUDED_BY_PERSON).sum() >= 2


def test_people_who_do_not_touch_hide_nothing_of_each_other() -> None:
    scene = Scene((figure(80), figure(240)))
    belief = believe(detect(scene), segment(scene))
    np.testing.assert_array_equal(belief.states, JointState.VISIBLE)
    np.testing.assert_array_equal(belief.covered, 0.0)


def test_who_was_not_found_is_behind_something_where_a_semantic_model_shows_nobody() -> None:
    body, standing = body_of(COCO17), Scene((figure(150),))
    people, _ = sort_out(Observation(0, IMAGE_SIZE, detect(standing)), COCO17)
    tracks, _ = begin_tracks(people, body)
    elsewhere = masks_of(('person', rectangle(250, 300)), is_instance=False)
    observation = Observation(0, IMAGE_SIZE, Keypoints.empty(COCO17, IMAGE_SIZE), elsewhere)
    nobody, surroundings = sort_out(observation, COCO17)
    sightings = sight(tracks, nobody.in_rows(np.array([-1])), np.zeros(1, bool), body, observation)
    belief = explain(sightings, surroundings, np.full(1, NAN), COCO17)
    np.testing.assert_array_equal(belief.states, JointState.OCCLUDED_BY_OBJECT)


def test_nobody_needs_no_explanation() -> None:
    belief = believe(Keypoints.empty(COCO17, IMAGE_SIZE), masks_of(('chair', rectangle(0, 50))))
    assert belief.states.shape == (0, 17)
    assert belief.probabilities.shape == (0, 17, 5)
