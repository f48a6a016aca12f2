"""What people do, from where their joints are: posture, facing, gestures, and where they go.

`step` is pure, like that of the fusion, and comes after it.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ros_vision_perception.core import activity, facing, gestures, posture
from ros_vision_perception.core.activity import Classify, History
from ros_vision_perception.core.gestures import Swings
from ros_vision_perception.core.human import Humans, OrientationAvailability, Posture, unknown
from ros_vision_perception.core.prediction import paths_of
from ros_vision_perception.core.rows import join, take
from ros_vision_perception.core.view import View, view_of

# People change how they hold themselves slowly: more looks than this tell nothing new, ns.
_EVERY_NS = 100_000_000


@dataclass(frozen=True)
class Beliefs:
    """What is believed of T people.

    Attributes:
        postures: (T, 5) probabilities, see `posture.POSTURES`.
        turns: (T, 36) probabilities, see `facing.TURNS`.
        gestures: (T, G) probabilities, see `gestures.GESTURES`.
        swings: where their hands were lately.
        history: where all their joints were lately.
    """

    postures: np.ndarray
    turns: np.ndarray
    gestures: np.ndarray
    swings: Swings
    history: History


@dataclass(frozen=True)
class ConductState:
    """What is known of people from the images before.

    Attributes:
        stamp_ns: of the image that was last looked at; None before the first.
        ids: (T,) int64, ascending.
        beliefs: of each of them.
        said: for each of them the fields of HumanState that were found out, by id.
    """

    stamp_ns: int | None = None
    ids: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    beliefs: Beliefs = field(default_factory=lambda: _nothing(0))
    said: dict[int, dict[str, Any]] = field(default_factory=dict)


def _nothing(people: int) -> Beliefs:
    """Return what is believed of people who were never seen."""
    return Beliefs(
        posture.unknown_postures(people),
        facing.unknown_turns(people),
        gestures.no_gestures(people),
        gestures.no_swings(people),
        activity.no_history(people),
    )


def step(
    state: ConductState, humans: Humans, classify: Classify | None = None
) -> tuple[ConductState, Humans]:
    """Return what is known now, and the same people with what they do.

    Args:
        state: what was known before.
        humans: of one image, not before the last one.
        classify: tells activities; without, none but gestures are named.
    """
    if state.stamp_ns is None or humans.stamp_ns - state.stamp_ns >= _EVERY_NS:
        state = _look(state, humans, classify)
    told = [replace(human, **state.said.get(human.track_id, {})) for human in humans.people]
    with_paths = tuple(
        replace(human, predicted_paths=paths) if paths else human
        for human, paths in zip(told, paths_of(told), strict=True)
    )
    return state, replace(humans, people=with_paths)


def _look(state: ConductState, humans: Humans, classify: Classify | None) -> ConductState:
    """Return what is known after a look at everyone."""
    if not humans.people:
        return ConductState(humans.stamp_ns)
    ids = np.array([human.track_id for human in humans.people], np.int64)
    is_new = ~np.isin(ids, state.ids)
    # Whoever is new is a row after those who were known.
    rows = np.where(is_new, len(state.ids), np.searchsorted(state.ids, ids))
    before = take(join(state.beliefs, _nothing(1)), rows)
    view = view_of(humans)
    dt_s = 0.0 if state.stamp_ns is None else (humans.stamp_ns - state.stamp_ns) * 1e-9
    swings, seen, pointing_arms = gestures.look(before.swings, view)
    beliefs = Beliefs(
        posture.follow(before.postures, posture.posture_likelihoods(view), is_new, dt_s),
        facing.follow(before.turns, facing.turn_likelihoods(view), is_new, dt_s),
        gestures.follow(before.gestures, seen, dt_s),
        swings,
        before.history
        if classify is None
        else activity.look(before.history, view, humans.stamp_ns * 1e-9),
    )
    doing = (
        activity.no_activities(len(ids))
        if classify is None
        else activity.judge(beliefs.history, beliefs.postures, classify)
    )
    table = {
        **_tell_postures(beliefs.postures),
        **_tell_turns(view, humans, beliefs.turns),
        **_tell_activities(view, beliefs.gestures, doing, pointing_arms),
    }
    said = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
    by_id = dict(zip(ids.tolist(), said, strict=True))
    return ConductState(humans.stamp_ns, ids, beliefs, by_id)


def _tell_postures(beliefs: np.ndarray) -> dict[str, Any]:
    postures, confidences = posture.name_postures(beliefs)
    return {
        'posture': map(Posture, postures.tolist()),
        'posture_confidence': confidences.tolist(),
    }


def _tell_turns(view: View, humans: Humans, beliefs: np.ndarray) -> dict[str, Any]:
    turns, variances, availability = facing.mean_turns(beliefs)
    centers_m = np.array([human.position_m for human in humans.people], np.float64)
    axes, covariances = facing.axes_of(view, centers_m, turns, variances)
    known = (availability > 0) & np.isfinite(axes).all(axis=(1, 2))
    axes[~known], covariances[~known] = np.nan, np.nan
    return {
        'axes': axes.astype(np.float32),
        'orientation_covariance': covariances.astype(np.float32),
        'orientation_availability': map(
            OrientationAvailability, np.where(known, availability, 0).tolist()
        ),
        'facing_probability': facing.facing_probabilities(beliefs).tolist(),
    }


def _tell_activities(
    view: View, beliefs: np.ndarray, doing: np.ndarray, arms: np.ndarray
) -> dict[str, Any]:
    of_arms, of_all = gestures.name_gestures(beliefs), activity.name_activities(doing)
    named = [{**some, **others} for some, others in zip(of_arms, of_all, strict=True)]
    points = np.array(['pointing' in names for names in named])
    table: dict[str, Any] = {
        'activities': [tuple(names) for names in named],
        'activity_confidences': [tuple(names.values()) for names in named],
        'pointing_origin_m': unknown(len(named), 3),
        'pointing_direction': unknown(len(named), 3),
    }
    if points.any():
        origins, directions = gestures.rays(view, arms)
        table['pointing_origin_m'][points] = origins[points]
        table['pointing_direction'][points] = directions[points]
    return table
