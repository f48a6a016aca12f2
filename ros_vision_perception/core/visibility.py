"""Why each joint is or is not seen: a log-linear model over five explanations.

Each piece of evidence is one function that gives a number per joint, 0 where it has nothing to
say. The table `WEIGHTS` tells how far one unit of it speaks for each explanation, in log-odds;
their sum, through a softmax, gives the probabilities.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ros_vision_perception.core import clues
from ros_vision_perception.core.anatomy import Anatomy, anatomy_of
from ros_vision_perception.core.covers import Covers, measure_covers, probability_in_front
from ros_vision_perception.core.human import JointState
from ros_vision_perception.core.scene import PERSON, Sightings, Surroundings
from ros_vision_perception.core.skeleton import Skeleton
from ros_vision_perception.core.visibility_weights import WEIGHTS

# The order of the columns below and of all probabilities.
EXPLANATIONS = (
    JointState.VISIBLE,
    JointState.OCCLUDED_BY_SELF,
    JointState.OCCLUDED_BY_PERSON,
    JointState.OCCLUDED_BY_OBJECT,
    JointState.OUT_OF_IMAGE,
)
_WEIGHTS = np.array(list(WEIGHTS.values()))
# What covers a joint at least this much is named as what hides it.
_COVERED = 0.3


@dataclass(frozen=True)
class Belief:
    """What is believed about the K joints of T people.

    Attributes:
        states: (T, K) uint8, values of JointState.
        probabilities: (T, K, 5) float64 of the `EXPLANATIONS`; they add up to 1.
        covered: (T, K) float64 in [0, 1], how far others in front lie over the joint.
        shows_somebody: (T, K) bool, of people who were not found: the segmentation shows a person
            there, perhaps this one.
        occluders: (T, K) int64, what hides the joint: a row of the next two, the last for none or
            unknown.
        occluder_track_ids: (M + 1,) int32, -1 where it is no tracked person.
        occluder_classes: M + 1 names.
    """

    states: np.ndarray
    probabilities: np.ndarray
    covered: np.ndarray
    shows_somebody: np.ndarray
    occluders: np.ndarray
    occluder_track_ids: np.ndarray
    occluder_classes: tuple[str, ...]


@dataclass(frozen=True)
class Findings:
    """Everything that speaks for or against the joints of T people being seen.

    Attributes:
        table: (E, T, K) the evidence, in the order of `WEIGHTS`.
        covers: of the joints.
        hidden: (P, K) in [0, 1], how far what is in front lies over the joint, for each pair of
            the covers.
        covered: (T, K), the largest of these of each person.
    """

    table: np.ndarray
    covers: Covers
    hidden: np.ndarray
    covered: np.ndarray


def explain(
    sightings: Sightings, surroundings: Surroundings, depths_m: np.ndarray, skeleton: Skeleton
) -> Belief:
    """Say for every joint of every person whether it is seen and, if not, what hides it.

    Args:
        sightings: T people with K joints.
        surroundings: of the image.
        depths_m: (T,) m, how far away each person is; NaN where unknown.
        skeleton: names the joints.
    """
    findings = gather(sightings, surroundings, depths_m, anatomy_of(skeleton))
    table, shape = findings.table, findings.table.shape[1:]
    log_odds = (_WEIGHTS.T @ table.reshape(len(table), -1)).reshape(5, *shape)  # (5, T, K)
    # Of whom nobody found, nothing was seen: where they might be seen is another question.
    log_odds[0, ~sightings.found] = -np.inf
    odds = np.exp(log_odds - log_odds.max(axis=0))
    probabilities = (odds / odds.sum(axis=0)).transpose(1, 2, 0)
    covers, hidden = findings.covers, findings.hidden
    objects, tracked = surroundings.object_classes, len(sightings.track_ids)
    people = tracked + len(surroundings.strangers)
    states = _states_of_found(sightings, probabilities, covers)
    shows_somebody = np.zeros(states.shape, bool)
    if not sightings.found.all():
        shows_somebody = _shows_somebody(covers, tracked, people) & ~sightings.found[:, None]
        missed = _states_of_missed(sightings, covers, hidden, people)
        states = np.where(sightings.found[:, None], states, missed)
    nobodies = [-1] * (people - tracked + len(objects) + 1)
    return Belief(
        states=states.astype(np.uint8),
        probabilities=probabilities,
        covered=findings.covered,
        shows_somebody=shows_somebody,
        occluders=_occluders(states, covers, hidden, people, people + len(objects)),
        occluder_track_ids=np.array([*sightings.track_ids.tolist(), *nobodies], np.int32),
        occluder_classes=(PERSON,) * people + objects + ('',),
    )


def use_weights(weights: Mapping[str, np.ndarray]) -> None:
    """Use other weights (5,) by name than those of the package: for fitting them."""
    _WEIGHTS[:] = [weights[name] for name in WEIGHTS]


def gather(
    sightings: Sightings, surroundings: Surroundings, depths_m: np.ndarray, anatomy: Anatomy
) -> Findings:
    """Collect the evidence; arguments as of `explain`."""
    joints = sightings.tolerances.shape[1]
    here, there = slice(0, joints), slice(joints, 2 * joints)
    covers = _look_at_masks(sightings, surroundings, anatomy)
    at_joints, middles = covers.of(here), covers.on_own[:, 2 * joints :]
    covers = covers.of(slice(2 * joints))
    hidden, expectation = covers.shares, clues.expectation(sightings)
    if hidden.any():
        hidden = hidden * probability_in_front(sightings, covers, at_joints, depths_m)
        hidden[:, there] *= expectation[covers.people]
    is_person = covers.masks < len(sightings.track_ids) + len(surroundings.strangers)
    largest = covers.largest_of(np.array((is_person, ~is_person)), hidden)
    by_person, by_object = largest[:, 0], largest[:, 1]
    covered = np.maximum(by_person, by_object)
    found = {
        'prior': 1.0,
        **clues.of_the_model(sightings),
        **clues.of_the_body(sightings, anatomy, middles),
        'beyond_border': clues.beyond_border(sightings),
        'on_own_mask': at_joints.on_own,
        'gone_from_where_expected': expectation * np.maximum(-covers.on_own[:, there], 0.0),
        'nobody_there': clues.nobody_there(sightings, at_joints),
        'somebody_else_there': clues.somebody_else_there(at_joints),
        'behind_person': by_person[:, here],
        'behind_object': by_object[:, here],
        'expected_behind_person': by_person[:, there],
        'expected_behind_object': by_object[:, there],
        'jumped': clues.jumped(sightings),
    }
    table = np.empty((len(WEIGHTS), *sightings.tolerances.shape))
    for row, name in enumerate(WEIGHTS):
        table[row] = found[name]
    return Findings(
        table=table,
        covers=at_joints,
        hidden=np.maximum(hidden[:, here], hidden[:, there]),
        covered=np.maximum(covered[:, here], covered[:, there]),
    )


def _look_at_masks(sightings: Sightings, surroundings: Surroundings, anatomy: Anatomy) -> Covers:
    """Return what covers the K joints, the K places where they are expected and the B bones."""
    positions = sightings.positions_xy.transpose(2, 0, 1)  # (2, T, K)
    middles = (positions[..., anatomy.bones] + positions[..., anatomy.parents]) / 2
    expected = sightings.predicted_xy.transpose(2, 0, 1)
    tolerances = sightings.tolerances
    return measure_covers(
        sightings,
        surroundings,
        np.concatenate((positions, expected, middles), axis=2),
        np.concatenate((tolerances, tolerances, tolerances[:, anatomy.bones]), axis=1),
    )


def _states_of_found(
    sightings: Sightings, probabilities: np.ndarray, covers: Covers
) -> np.ndarray:
    """Return the (T, K) likeliest states of people who were found; UNKNOWN without clues."""
    people = sightings.people
    evident = ~np.isnan(people.keypoints_xy[..., 0])
    unsure = evident & np.isnan(people.confidences)
    if unsure.any():
        masked = (covers.on_own != 0) | (covers.largest(covers.shares) > 0)
        evident &= ~unsure | masked | ~sightings.in_image
    hidden_by = probabilities[..., 1:].argmax(axis=-1) + int(EXPLANATIONS[1])
    states = np.where(probabilities[..., 0] >= 0.5, int(JointState.VISIBLE), hidden_by)
    return np.where(evident, states, int(JointState.UNKNOWN))


def _states_of_missed(
    sightings: Sightings, covers: Covers, hidden: np.ndarray, people: int
) -> np.ndarray:
    """Return the (T, K) states of people who were not found: PREDICTED where nothing tells why.

    The first `people` masks are those of people; the rest of the arguments are as of `Findings`.
    A person in front must be a known one: a stranger's mask may be their own. Where a semantic
    model shows nobody, something is in front of whoever must be there.
    """
    if not sightings.looked:
        return np.full(sightings.tolerances.shape, int(JointState.PREDICTED))
    kinds = np.array((covers.masks < len(sightings.track_ids), covers.masks >= people))
    largest = covers.largest_of(kinds, hidden)
    by_person, by_object = largest[:, 0], largest[:, 1]
    # What comes last counts most.
    states = np.full(sightings.tolerances.shape, int(JointState.PREDICTED))
    states[(covers.on_region < 0) | (by_object >= _COVERED)] = int(JointState.OCCLUDED_BY_OBJECT)
    in_front = by_person >= np.maximum(by_object, _COVERED)
    states[in_front] = int(JointState.OCCLUDED_BY_PERSON)
    states[~sightings.in_image] = int(JointState.OUT_OF_IMAGE)
    return states


def _shows_somebody(covers: Covers, tracked: int, people: int) -> np.ndarray:
    """Return (T, K) bool: a semantic model or the mask of a stranger shows a person there."""
    strange = (covers.masks >= tracked) & (covers.masks < people)
    return (covers.on_region > 0) | (covers.largest(covers.shares * strange[:, None]) >= _COVERED)


def explain_absence(belief: Belief, sightings: Sightings, hidden: np.ndarray) -> Belief:
    """Say for people who are believed to be hidden (T,) by what: an object, where by nobody.

    Not where the image shows somebody: the pose model may have overlooked them in plain view.
    """
    if not hidden.any():
        return belief
    behind = hidden[:, None] & sightings.in_image & (belief.states == int(JointState.PREDICTED))
    behind &= ~belief.shows_somebody
    states = np.where(behind, int(JointState.OCCLUDED_BY_OBJECT), belief.states)
    return replace(belief, states=states.astype(np.uint8))


def _occluders(
    states: np.ndarray, covers: Covers, hidden: np.ndarray, people: int, unknown: int
) -> np.ndarray:
    """Return the (T, K) mask of what hides each joint, or `unknown`.

    Args:
        states: (T, K) values of JointState.
        covers: of the joints.
        hidden: (P, K) how far what is in front lies over the joint, in [0, 1].
        people: the masks below this number are those of people.
        unknown: what to return where nothing is known.
    """
    by_person, by_object = int(JointState.OCCLUDED_BY_PERSON), int(JointState.OCCLUDED_BY_OBJECT)
    there = states[covers.people]
    hides = there == np.where(covers.masks < people, by_person, by_object)[:, None]
    hidden = hidden * (hides | (there == int(JointState.PREDICTED)))
    # What is certainly behind a person is behind the likeliest one, however little of them.
    least = np.where(states == by_person, 1e-9, _COVERED)
    best = np.maximum(covers.largest(hidden), least)
    # Of equal ones the first, and so written last.
    pair, joint = (index[::-1] for index in np.nonzero(hidden >= best[covers.people]))
    occluders = np.full(states.shape, unknown)
    occluders[covers.people[pair], joint] = covers.masks[pair]
    return occluders
