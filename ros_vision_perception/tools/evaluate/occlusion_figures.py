"""From records of joints to the figures of `evaluate occlusion`."""

import math
from typing import Any

import numpy as np

from ros_vision_perception.core.human import JointState
from ros_vision_perception.tools.evaluate.metrics import (
    area_under_curve,
    calibration,
    joint_similarities,
    state_scores,
)
from ros_vision_perception.tools.evaluate.records import METHODS, Records

HIDDEN = JointState.OCCLUDED_BY_PERSON, JointState.OCCLUDED_BY_OBJECT
# Errors are told for joints that have been hidden for no longer than this, s.
LONGEST_S = 1.0


def occlusion_figures(records: Records) -> dict[str, Any]:
    """Return the figures, by name; None where nothing tells.

    - auc_visible, auc_model_score: how well the fusion and the bare model order joints in view
      before all others, over the joints for which both give an answer.
    - joints_found: share of joints whose person the fusion knows; all else is about these.
    - occluder_accuracy: how often the right person is named, of the joints that a person hides
      whom the fusion knows.
    - per_state: precision, recall, f1 where the state, and why, is known.
    - joint_error, joint_oks: mean distance from the true place, in square roots of the person's
      area, and mean OKS, of joints hidden by people and things for up to a second, over those
      that all methods have. joint_error_below: how much less ours is, as a share of another's,
      over those that both have.
    - joint_oks_all: mean OKS over all these joints; no answer is not alike at all.
    - found: share of these joints for which there is an answer at all.
    - ex_oks: mean of joints out of the image.
    - coverage_1sigma, coverage_2sigma, nees: of the covariances; calibration: the same per state.
    """
    figures = {
        **_visibility_figures(records),
        **_place_figures(records),
        **_outside_figures(records),
        **_calibration_figures(records),
    }
    return {name: _plain(value) for name, value in figures.items()}


def hidden_rows(records: Records) -> np.ndarray:
    """Return (M,) bool: joints hidden by others whose true place is known."""
    return np.isin(records.true_states, HIDDEN) & np.isfinite(records.hidden_s)


def relative_errors(records: Records) -> np.ndarray:
    """Return (M, 4) errors per method in square roots of the person's area."""
    return records.errors_px / np.sqrt(records.areas_px2)[:, None]


def _visibility_figures(records: Records) -> dict[str, Any]:
    both = np.isfinite(records.p_visible) & np.isfinite(records.scores)
    in_view = records.true_states[both] == JointState.VISIBLE
    named = records.is_named[np.isfinite(records.is_named)]
    why_known = (records.true_states != JointState.PREDICTED) & (
        records.states != JointState.UNKNOWN
    )
    return {
        'auc_visible': area_under_curve(records.p_visible[both], in_view),
        'auc_model_score': area_under_curve(records.scores[both], in_view),
        'joints_visible': int(in_view.sum()),
        'joints_not_visible': int((~in_view).sum()),
        'joints_found': _mean(records.states != JointState.UNKNOWN),
        'occluder_accuracy': _mean(named),
        'occluder_joints': len(named),
        'per_state': state_scores(records.true_states[why_known], records.states[why_known]),
    }


def _place_figures(records: Records) -> dict[str, Any]:
    hidden = records.where(hidden_rows(records) & (records.hidden_s <= LONGEST_S))
    found = np.isfinite(hidden.errors_px)
    common = hidden.where(found.all(axis=1))
    errors = relative_errors(common)
    similarities = joint_similarities(
        hidden.errors_px, hidden.areas_px2[:, None], hidden.sigmas[:, None]
    )
    of_common, of_all = similarities[found.all(axis=1)], np.where(found, similarities, 0.0)
    means = {name: _mean(errors[:, column]) for column, name in enumerate(METHODS)}
    return {
        'hidden_joints': len(common),
        'joint_error': means,
        'joint_error_below': {name: _below(hidden, i + 1) for i, name in enumerate(METHODS[1:])},
        'joint_oks': {name: _mean(of_common[:, i]) for i, name in enumerate(METHODS)},
        'joint_oks_all': {name: _mean(of_all[:, i]) for i, name in enumerate(METHODS)},
        'found': {name: _mean(found[:, column]) for column, name in enumerate(METHODS[:2])},
    }


def _below(records: Records, method: int) -> float:
    errors = relative_errors(records)[:, [0, method]]
    ours, theirs = errors[np.isfinite(errors).all(axis=1)].T
    return 1 - _mean(ours) / _mean(theirs) if theirs.any() else float('nan')


def _outside_figures(records: Records) -> dict[str, Any]:
    outside = records.where(records.true_states == JointState.OUT_OF_IMAGE)
    outside = outside.where(np.isfinite(outside.extended_px).all(axis=1))
    similarities = joint_similarities(
        outside.extended_px, outside.areas_px2[:, None], outside.sigmas[:, None]
    )
    return {
        'ex_oks': {name: _mean(similarities[:, i]) for i, name in enumerate(METHODS[:2])},
        'outside_joints': len(outside),
    }


def _calibration_figures(records: Records) -> dict[str, Any]:
    told = records.where(np.isfinite(records.squared))
    overall = calibration(told.squared)
    overall['calibrated_joints'] = overall.pop('joints')
    states = map(JointState, np.unique(told.true_states).tolist())
    per_state = {s.name: calibration(told.squared[told.true_states == s]) for s in states}
    return {**overall, 'calibration': per_state}


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float('nan')


def _plain(value: Any) -> Any:
    """Return what JSON can hold: None for NaN."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return None if isinstance(value, float) and math.isnan(value) else value
