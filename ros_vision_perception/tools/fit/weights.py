"""How far each piece of evidence speaks for each explanation: weights, fitted to known truth.

A multinomial logistic regression (Bishop, "Pattern Recognition and Machine Learning", 2006, 4.3.4)
whose signs and zeros are set by what each piece of evidence means, so that the table stays
readable and no chance correlation gets in.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from scipy.optimize import minimize

from ros_vision_perception.core import fusion, visibility
from ros_vision_perception.core.anatomy import anatomy_of
from ros_vision_perception.core.association import assign
from ros_vision_perception.core.fusion import FusionConfig, FusionState
from ros_vision_perception.core.geometry import oks
from ros_vision_perception.core.human import JointState
from ros_vision_perception.core.scene import Sightings
from ros_vision_perception.core.types import Observation
from ros_vision_perception.core.visibility_weights import WEIGHTS
from ros_vision_perception.tools.truth import Truth

_VISIBLE, _SELF, _PERSON, _OBJECT, _OUT = range(5)
# Which explanations a piece of evidence speaks for (+) or against (-). Only differences between
# explanations count: VISIBLE has prior 0. A model that was trained to tell that a joint is hidden
# is taken at its word at least (--).
_MEANS: dict[str, dict[int, str]] = {
    'prior': {_SELF: '+-', _PERSON: '+-', _OBJECT: '+-', _OUT: '+-'},
    'model_sees_it': {_VISIBLE: '+'},
    'model_misses_it': {_VISIBLE: '--'},
    'model_scores_it': {_VISIBLE: '+'},
    'model_has_it_in_image': {_OUT: '-'},
    'beyond_border': {_OUT: '+'},
    'on_own_mask': {_PERSON: '-', _OBJECT: '-'},
    'limb_off_mask': {_PERSON: '+', _OBJECT: '+'},
    'gone_from_where_expected': {_PERSON: '+', _OBJECT: '+'},
    'nobody_there': {_PERSON: '+', _OBJECT: '+'},
    'somebody_else_there': {_PERSON: '+'},
    'behind_person': {_PERSON: '+'},
    'behind_object': {_OBJECT: '+'},
    'expected_behind_person': {_PERSON: '+'},
    'expected_behind_object': {_OBJECT: '+'},
    'behind_own_body': {_SELF: '+'},
    'turned_away': {_SELF: '+'},
    'jumped': {_VISIBLE: '-'},
    'bone_too_long': {_VISIBLE: '-'},
    'bone_too_short': {_VISIBLE: '-'},
}
# How often joints are VISIBLE, hidden by SELF, PERSON, OBJECT, OUT of the image where robots look,
# whatever the share in the data: four fifths of the joints that people annotate are visible.
_SHARES = np.array([0.78, 0.07, 0.06, 0.07, 0.02])
# No piece of evidence is stronger than this, in log-odds, however rare its exceptions here.
_STRONGEST = 6.0
_MIN_OKS, _MIN_SEEN = 0.2, 3

Example = tuple[Observation, Truth]


def collect(clips: Iterable[Sequence[Example]]) -> tuple[np.ndarray, np.ndarray]:
    """Return the evidence (N, E) for all joints that were found and the true explanation (N,).

    The fusion runs along with the weights that it has now, for its predictions are evidence.
    """
    tables, causes = [np.empty((0, len(WEIGHTS)))], [np.empty(0, np.int64)]
    for clip in clips:
        state = FusionState()
        for observation, truth in clip:
            if observation.keypoints is None:
                continue
            table, cause = _look(state, observation, truth)
            tables.append(table)
            causes.append(cause)
            skeleton = observation.keypoints.skeleton
            state, _ = fusion.step(state, observation, FusionConfig(), skeleton)
    return np.concatenate(tables), np.concatenate(causes)


def _look(
    state: FusionState, observation: Observation, truth: Truth
) -> tuple[np.ndarray, np.ndarray]:
    """Return the evidence and the explanations of one frame."""
    skeleton, stamp_ns = truth.skeleton, observation.stamp_ns
    dt_s = 0.0 if state.stamp_ns is None else (stamp_ns - state.stamp_ns) * 1e-9
    _, sightings, surroundings = fusion.look(state, observation, skeleton, dt_s)
    nowhere = np.full(len(sightings.track_ids), np.nan)
    findings = visibility.gather(sightings, surroundings, nowhere, anatomy_of(skeleton))
    people, tracks = pair_up(sightings, truth)
    causes = truth.states[people].astype(np.int64) - int(JointState.VISIBLE)
    known = (causes >= 0) & (causes < len(_SHARES))
    return findings.table[:, tracks][:, known].T, causes[known]


def pair_up(sightings: Sightings, truth: Truth) -> tuple[np.ndarray, np.ndarray]:
    """Return (P,) which true people were found, by the joints in view, and their tracks."""
    seen = truth.states == int(JointState.VISIBLE)
    alike = oks(
        np.nan_to_num(truth.joints_xy),
        sightings.people.keypoints_xy,
        truth.skeleton.sigmas,
        np.nan_to_num(truth.areas_px2, nan=1.0)[:, None],
        seen[:, None].astype(float),
    )
    enough = (seen.sum(axis=1) >= _MIN_SEEN)[:, None] & sightings.found & (alike > _MIN_OKS)
    return assign(np.where(enough, alike, 0.0))


def fit(tables: Sequence[np.ndarray], causes: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """Return the weights (5,) of each piece of evidence; each data set counts the same.

    Args:
        tables: (N, E) evidence of each data set.
        causes: (N,) explanation of each example, 0 for VISIBLE and so on.
    """
    table, cause = np.concatenate(tables), np.concatenate(causes)
    importance = np.concatenate([_importance(c) for c in causes]) * len(cause) / len(causes)
    free = np.array([[c in _MEANS[name] for c in range(5)] for name in WEIGHTS])
    bounds = [_BOUNDS[sign] for name in WEIGHTS for _, sign in _signs(name)]

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        weights = np.zeros(free.shape)
        weights[free] = parameters
        log_odds = table @ weights
        log_odds -= log_odds.max(axis=1, keepdims=True)
        odds = np.exp(log_odds)
        total = odds.sum(axis=1, keepdims=True)
        rows = np.arange(len(cause))
        likelihood = log_odds[rows, cause] - np.log(total[:, 0])
        slope = odds / total
        slope[rows, cause] -= 1.0
        gradient = table.T @ (slope * importance[:, None])
        return -float(importance @ likelihood), gradient[free]

    result = minimize(loss, np.zeros(free.sum()), jac=True, method='L-BFGS-B', bounds=bounds)
    weights = np.zeros(free.shape)
    weights[free] = result.x
    return dict(zip(WEIGHTS, weights, strict=True))


_BOUNDS = {
    '+': (0.0, _STRONGEST),
    '-': (-_STRONGEST, 0.0),
    '--': (-_STRONGEST, -1.0),
    '+-': (-_STRONGEST, _STRONGEST),
}


def _signs(name: str) -> list[tuple[int, str]]:
    return sorted(_MEANS[name].items())


def _importance(cause: np.ndarray) -> np.ndarray:
    """Return the (N,) weights of the examples; they add up to 1, explanations in `_SHARES`."""
    counts = np.bincount(cause, minlength=len(_SHARES))
    shares = np.where(counts > 0, _SHARES, 0.0)
    return (shares / shares.sum() / np.maximum(counts, 1))[cause]
