"""Why each joint is or is not seen: a log-linear model over five explanations.

Each piece of evidence is one function that gives a number per joint, 0 where it has nothing to
say. The table `WEIGHTS` tells how far one unit of it speaks for each explanation, in log-odds;
their sum, through a softmax, gives the probabilities.
"""

from dataclasses import dataclass, replace

import numpy as np

from ros_vision_perception.core.covers import Covers, measure_covers, probability_in_front
from ros_vision_perception.core.human import JointState
from ros_vision_perception.core.scene import PERSON, Sightings, Surroundings

# The order of the columns below and of all probabilities.
EXPLANATIONS = (
    JointState.VISIBLE,
    JointState.OCCLUDED_BY_SELF,
    JointState.OCCLUDED_BY_PERSON,
    JointState.OCCLUDED_BY_OBJECT,
    JointState.OUT_OF_IMAGE,
)
WEIGHTS = {
    # What hides a joint of which nothing is known but that it is hidden: the shares of the first
    # three add up to one, so that without masks p_visible is what the pose model says.
    'prior': (0.0, np.log(0.45), np.log(0.20), np.log(0.35), -1.0),
    # Log-odds of the pose model.
    'model_sees_it': (1.0, 0.0, 0.0, 0.0, 0.0),
    'model_has_it_in_image': (0.0, 0.0, 0.0, 0.0, -0.5),
    # 1 on the own mask, -1 off it. Whether the own body hides the joint, a mask cannot tell.
    'on_own_mask': (1.5, 1.5, -1.0, -1.5, 0.0),
    # 1 where somebody or something in front covers the joint.
    'behind_person': (-2.0, -1.0, 4.0, 0.0, 0.0),
    'behind_object': (-2.0, -1.0, 0.0, 3.5, 0.0),
    # 1 where a segmentation that knows this person shows nobody at all.
    'nobody_there': (-1.5, -1.5, -1.0, 1.5, 0.0),
    # 2 for a joint clearly outside the image, -2 clearly inside.
    'beyond_border': (0.0, 0.0, 0.0, 0.0, 4.0),
}
_WEIGHTS = np.array(list(WEIGHTS.values()))
# The pose model's log-odds when it tells nothing about the joint, and when it looked but did not
# find the person.
_UNTOLD, _NOT_FOUND = 1.0, -2.0
# Log-odds of a score that is no evidence, 0.3; and where probabilities end, at log-odds of +-4.
_NO_SCORE, _MIN_PROBABILITY = -0.85, 0.018
# What covers a joint at least this much is named as what hides it.
_COVERED = 0.3


@dataclass(frozen=True)
class Belief:
    """What is believed about the K joints of T people.

    Attributes:
        states: (T, K) uint8, values of JointState.
        probabilities: (T, K, 5) float64 of the `EXPLANATIONS`; they add up to 1.
        covered: (T, K) float64 in [0, 1], how far others in front lie over the joint.
        occluders: (T, K) int64, what hides the joint: a row of the next two, the last for none or
            unknown.
        occluder_track_ids: (M + 1,) int32, -1 where it is no tracked person.
        occluder_classes: M + 1 names.
    """

    states: np.ndarray
    probabilities: np.ndarray
    covered: np.ndarray
    occluders: np.ndarray
    occluder_track_ids: np.ndarray
    occluder_classes: tuple[str, ...]


def explain(sightings: Sightings, surroundings: Surroundings, depths_m: np.ndarray) -> Belief:
    """Say for every joint of every person whether it is seen and, if not, what hides it.

    Args:
        sightings: T people with K joints.
        surroundings: of the image.
        depths_m: (T,) m, how far away each person is; NaN where unknown.
    """
    covers = measure_covers(sightings, surroundings)
    hidden = covers.by_others
    if hidden.any():
        hidden = hidden * probability_in_front(sightings, covers, depths_m)
    count = hidden.shape[2] - len(surroundings.objects)
    people, things = hidden[..., :count], hidden[..., count:]
    evidence = {
        'prior': 1.0,
        'model_sees_it': model_sees_it(sightings),
        'model_has_it_in_image': model_has_it_in_image(sightings),
        'on_own_mask': covers.on_own,
        'behind_person': people.max(axis=2, initial=0.0),
        'behind_object': things.max(axis=2, initial=0.0),
        'nobody_there': nobody_there(sightings, covers),
        'beyond_border': beyond_border(sightings),
    }
    table = np.empty((*sightings.tolerances.shape, len(WEIGHTS)))
    for column, name in enumerate(WEIGHTS):
        table[..., column] = evidence[name]
    log_odds = table @ _WEIGHTS  # (T, K, 5)
    probabilities = np.exp(log_odds - log_odds.max(axis=-1, keepdims=True))
    probabilities /= probabilities.sum(axis=-1, keepdims=True)
    states = np.where(
        sightings.found[:, None],
        _states_of_found(sightings, probabilities, covers),
        _states_of_missed(sightings, people, things),
    ).astype(np.uint8)
    strangers, objects = len(surroundings.strangers), surroundings.object_classes
    return Belief(
        states=states,
        probabilities=probabilities,
        covered=np.maximum(evidence['behind_person'], evidence['behind_object']),
        occluders=_occluders(states, people, things),
        occluder_track_ids=np.append(sightings.track_ids, [-1] * (strangers + len(objects) + 1)),
        occluder_classes=(PERSON,) * people.shape[2] + objects + ('',),
    )


def model_sees_it(sightings: Sightings) -> np.ndarray:
    """Return the (T, K) log-odds of the pose model that a joint is seen.

    A visibility is a probability and taken as such. A score is not: models give high ones to
    joints that they guess, so it counts half, and one of 0.3 is no evidence at all.
    """
    people = sightings.people
    log_odds = _logit(people.confidences)
    log_odds = np.where(people.has_visibility, log_odds, 0.5 * (log_odds - _NO_SCORE))
    log_odds = np.where(np.isnan(log_odds), _UNTOLD, log_odds)
    otherwise = _NOT_FOUND if sightings.looked else _UNTOLD
    return np.where(sightings.found[:, None], log_odds, otherwise)


def model_has_it_in_image(sightings: Sightings) -> np.ndarray:
    """Return the (T, K) log-odds of the pose model that a joint is inside the image."""
    log_odds = _logit(sightings.people.presence)
    return np.where(np.isnan(log_odds), 0.0, log_odds)


def nobody_there(sightings: Sightings, covers: Covers) -> np.ndarray:
    """Return (T, K) in [0, 1]: the semantic person region leaves the joint out.

    Such a model overlooks whole people. It is trusted about a person as far as it shows them:
    by more than half of the joints that the pose model sees.
    """
    weights = np.fmax(sightings.people.confidences, 0.0) ** 2
    shown = (weights * covers.on_region).sum(axis=1, keepdims=True)
    trust = np.maximum(shown, 0.0) / np.maximum(weights.sum(axis=1, keepdims=True), 1e-9)
    return trust * np.maximum(-covers.on_region, 0.0)


def beyond_border(sightings: Sightings) -> np.ndarray:
    """Return the (T, K) distance to the image border in tolerances, outside > 0, in [-2, 2]."""
    position = sightings.positions_xy
    beyond = np.maximum(-0.5 - position, position - (np.array(sightings.image_size) - 0.5))
    return (beyond.max(axis=-1) / sightings.tolerances).clip(-2.0, 2.0)


def _logit(probability: np.ndarray) -> np.ndarray:
    limited = probability.clip(_MIN_PROBABILITY, 1 - _MIN_PROBABILITY)
    return np.log(limited / (1 - limited))


def _states_of_found(
    sightings: Sightings, probabilities: np.ndarray, covers: Covers
) -> np.ndarray:
    """Return the (T, K) likeliest states of people who were found; UNKNOWN without evidence."""
    people = sightings.people
    masked = (covers.on_own != 0) | covers.by_others.any(axis=2)
    evident = ~np.isnan(people.confidences) | masked | ~sightings.in_image
    detected = ~np.isnan(people.keypoints_xy[..., 0])
    states = probabilities.argmax(axis=-1) + int(EXPLANATIONS[0])
    return np.where(evident & detected, states, int(JointState.UNKNOWN))


def _states_of_missed(sightings: Sightings, people: np.ndarray, things: np.ndarray) -> np.ndarray:
    """Return the (T, K) states of people who were not found: PREDICTED where nothing tells why.

    A person in front must be a known one: a stranger's mask may be their own.
    """
    if not sightings.looked:
        return np.full(sightings.tolerances.shape, int(JointState.PREDICTED))
    by_person = people[..., : len(sightings.track_ids)].max(axis=2, initial=0.0)
    by_object = things.max(axis=2, initial=0.0)
    causes = [
        (~sightings.in_image, JointState.OUT_OF_IMAGE),
        (by_person >= np.maximum(by_object, _COVERED), JointState.OCCLUDED_BY_PERSON),
        (by_object >= _COVERED, JointState.OCCLUDED_BY_OBJECT),
    ]
    where, states = zip(*causes, strict=True)
    return np.select(where, [int(state) for state in states], int(JointState.PREDICTED))


def explain_absence(belief: Belief, sightings: Sightings, hidden: np.ndarray) -> Belief:
    """Say for people who are believed to be hidden (T,) by what: an object, where by nobody."""
    behind = hidden[:, None] & sightings.in_image & (belief.states == int(JointState.PREDICTED))
    states = np.where(behind, int(JointState.OCCLUDED_BY_OBJECT), belief.states)
    return replace(belief, states=states.astype(np.uint8))


def _occluders(states: np.ndarray, people: np.ndarray, things: np.ndarray) -> np.ndarray:
    """Return the (T, K) index of what hides each joint.

    Args:
        states: (T, K) values of JointState.
        people: (T, K, P) how far each person in front lies over the joint, in [0, 1].
        things: (T, K, O) the same for each object.

    Returns:
        Below P a person, below P + O an object, P + O where nothing is known.
    """
    predicted = states == int(JointState.PREDICTED)
    by_person = states == int(JointState.OCCLUDED_BY_PERSON)
    by_object = states == int(JointState.OCCLUDED_BY_OBJECT)
    # What is certainly behind a person is behind the likeliest one, however little of them.
    nothing = np.where(by_person, 1e-9, _COVERED)
    covers = (
        people * (by_person | predicted)[..., None],
        things * (by_object | predicted)[..., None],
        nothing[..., None],
    )
    return np.concatenate(covers, axis=2).argmax(axis=2)
