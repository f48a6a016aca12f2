"""Which way people are turned, from where their shoulders, hips and faces are in the image.

The turn psi is about a person's own spine: 0 towards the camera, a quarter turn to the right in
the image, where it grows. Seen from the camera, the left shoulder is `W cos(psi)` to the right of
the other one and `W sin(psi)` behind it, and the nose sticks out by `N sin(psi)`. A person's
belief is a histogram of turns: what two mirrored turns have in common stays ambiguous until
something tells them apart.
"""

from collections.abc import Iterator

import numpy as np

from ros_vision_perception.core.anatomy import Anatomy, anatomy_of
from ros_vision_perception.core.bodies import to_complex
from ros_vision_perception.core.human import OrientationAvailability
from ros_vision_perception.core.view import View

TURNS = np.deg2rad(np.arange(0, 360, 10))
_COS, _SIN = np.cos(TURNS), np.sin(TURNS)
_WAVES = np.exp(1j * TURNS[:, None] * (1, 2))
# Chests within this angle face the camera.
_FACING = np.cos(np.deg2rad(45.0)) - 1e-9
# People turn by this in a second, rad; and the same view says nothing new for so long, s.
_TURNING, _REPEAT_S = 1.0, 0.5
# How far what is measured strays from the equations above: shoulders and hips are twisted, heads
# are turned. And the least of each likelihood, for the joints may be wrong.
_SHOULDERS, _HIPS, _HEAD, _DEPTH, _LEAST = 0.3, 0.5, 0.5, 0.4, 0.02
# What a filter is unsure of, it also takes for smaller than it is.
_SHRUNK = 2.0
# The nose before the ears; heights. Who is so high, m.
_NOSE, _HEIGHT_M = 0.05, 1.7
# Faces are seen, beyond the profile too, as sharply as this; never surer than this.
_PROFILE, _SHARP, _SURE = -0.3, 4.0, 0.1
_SHOWS = _SURE + (1 - 2 * _SURE) / (1 + np.exp(-_SHARP * (_COS - _PROFILE)))
# Turns are known when they stray less than this, rad, those up to a half turn less than that.
_KNOWN, _HALF_KNOWN = np.deg2rad(50.0), np.deg2rad(40.0)
# How upright people are who do not show it, and how well a trunk shows it, rad; and nobody's turn
# can be told who is seen along the spine: the sine of the angle between.
_UPRIGHT, _LEAN, _END_ON = 0.4, 0.1, 0.2


def unknown_turns(people: int) -> np.ndarray:
    """Return the (T, 36) probabilities of `TURNS` for T people who were never seen."""
    return np.full((people, len(TURNS)), 1 / len(TURNS))


def follow(
    beliefs: np.ndarray, likelihoods: np.ndarray, is_new: np.ndarray, dt_s: float
) -> np.ndarray:
    """Return the (T, 36) probabilities of the turns now.

    Args:
        beliefs: (T, 36) at the last image.
        likelihoods: (T, 36) logarithms, of what this image shows; 0 where it shows nothing.
        is_new: (T,) bool, seen for the first time.
        dt_s: since the last image.
    """
    waves = np.arange(len(TURNS) // 2 + 1)
    spread = np.exp(-0.5 * waves**2 * _TURNING**2 * dt_s)
    beliefs = np.fft.irfft(np.fft.rfft(beliefs, axis=1) * spread, len(TURNS), axis=1)
    shares = np.where(is_new, 1.0, min(dt_s / _REPEAT_S, 1.0))[:, None]
    logarithms = np.log(np.maximum(beliefs, 1e-6)) + shares * likelihoods
    beliefs = np.exp(logarithms - logarithms.max(axis=1, keepdims=True, initial=-np.inf))
    return beliefs / beliefs.sum(axis=1, keepdims=True)


def facing_probabilities(beliefs: np.ndarray) -> np.ndarray:
    """Return the (T,) probabilities to face the camera, NaN while nothing tells."""
    moments = np.abs(_moments(beliefs)).max(axis=1, initial=0.0)
    facing = beliefs[:, _COS >= _FACING].sum(axis=1)
    return np.where(moments > 0.1, facing, np.nan)


def mean_turns(beliefs: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the (T,) turns, rad, their variances, rad^2, and their OrientationAvailability.

    Variances of angles on a circle are `-2 ln R`, with the length R of the mean of `e^(i psi)`
    (Mardia and Jupp, "Directional statistics", 2000). A turn that may as well be the opposite one
    has a narrow distribution of the double angle.
    """
    once, twice = _moments(beliefs).T
    turns = np.angle(once)
    variances = -2 * np.log(np.abs(once).clip(1e-3, 1.0))
    half_turns = np.angle(twice) / 2
    opposite = np.cos(half_turns - turns) < 0
    half_variances = -0.5 * np.log(np.abs(twice).clip(1e-3, 1.0))
    known, half_known = variances < _KNOWN**2, half_variances < _HALF_KNOWN**2
    sign_unknown = half_known & ~known
    availability = np.where(
        known,
        int(OrientationAvailability.AVAILABLE),
        np.where(sign_unknown, int(OrientationAvailability.SIGN_UNKNOWN), 0),
    )
    turns = np.where(sign_unknown, half_turns + np.pi * opposite, turns)
    return turns, np.where(sign_unknown, half_variances, variances), availability


def axes_of(
    view: View, centers_m: np.ndarray, turns: np.ndarray, variances: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return where forward, left and up is for each body.

    Args:
        view: of T people.
        centers_m: (T, 3) m, the middles of the hips in the camera frame.
        turns: (T,) rad.
        variances: (T,) rad^2.

    Returns:
        (T, 3, 3), the columns are forward, left and up in the camera frame; and the covariances
        (T, 3, 3), rad^2, of small rotations about the camera's axes. NaN where unknown.
    """
    anatomy = anatomy_of(view.skeleton)
    up = np.tile([0.0, -1.0, 0.0], (len(turns), 1))
    lean = np.full(len(turns), _UPRIGHT**2)
    if len(anatomy.hips) and len(anatomy.shoulders):
        ends = np.concatenate((anatomy.shoulders, anatomy.hips))
        trunks = view.positions_m[:, ends] * np.array([0.5, 0.5, -0.5, -0.5])[:, None]
        trunks = trunks.sum(axis=1)
        lengths = np.linalg.norm(trunks, axis=1)
        seen = (view.p_visible[:, ends].min(axis=1) > 0.5) & (lengths > 0.2)
        up = np.where(seen[:, None], trunks / np.maximum(lengths, 0.2)[:, None], up)
        unsure = view.depth_variances[:, ends].mean(axis=1) / np.maximum(lengths, 0.2) ** 2
        lean = np.where(seen, _LEAN**2 + np.minimum(unsure, 1.0), lean)
    # To the right, as the camera sees it: the left of who faces the camera.
    right = _cross(centers_m, up)
    sine = np.linalg.norm(right, axis=1) / np.linalg.norm(centers_m, axis=1)
    right = np.where(sine > _END_ON, 1.0, np.nan)[:, None] * right
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    near = _cross(right, up)
    cos, sin = np.cos(turns)[:, None], np.sin(turns)[:, None]
    axes = np.stack((cos * near + sin * right, cos * right - sin * near, up), axis=-1)
    about_up = up[:, :, None] * up[:, None]
    across = np.where(np.isnan(sine), np.nan, lean)[:, None, None] * (np.eye(3) - about_up)
    return axes, across + variances[:, None, None] * about_up


def _cross(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return (T, 3) cross products; np.cross takes ten times as long for a few."""
    (ax, ay, az), (bx, by, bz) = first.T, second.T
    return np.stack((ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx), axis=1)


def _moments(beliefs: np.ndarray) -> np.ndarray:
    """Return the (T, 2) means of `e^(i psi)` and of `e^(2 i psi)`."""
    return np.einsum('tf,fm->tm', beliefs, _WAVES)


# What is measured, its variance and how far it is to be believed, (T,) each; and what it should
# be for each of `TURNS`.
_Clue = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def turn_likelihoods(view: View) -> np.ndarray:
    """Return the (T, 36) log-likelihoods of `TURNS`, the largest 0, for T people."""
    anatomy = anatomy_of(view.skeleton)
    if not len(anatomy.shoulders):
        return np.zeros((len(view.scales), len(TURNS)))
    points = to_complex(view.positions_xy)
    points = points / _across(points, anatomy)[:, None]
    clues = [*_by_width(view, points, anatomy), *_by_depth(view, anatomy)]
    if has_face := bool(len(anatomy.nose) and len(anatomy.ears)):
        clues.append(_by_nose(view, points, anatomy))
    logarithms = _told(*(np.array(values) for values in zip(*clues, strict=True)))
    if has_face:
        logarithms += _by_face(view, anatomy)
    return logarithms - logarithms.max(axis=1, keepdims=True, initial=-np.inf)


def _told(
    measured: np.ndarray, variances: np.ndarray, trust: np.ndarray, expected: np.ndarray
) -> np.ndarray:
    """Return the (T, 36) log-likelihoods of C clues: (C, T), and (C, 36) expected of each turn."""
    limited = np.minimum(np.maximum(measured, -1.3), 1.3)
    misses = (limited[..., None] - expected[:, None]) ** 2 / variances[..., None]
    fits = np.log(_LEAST + (1 - _LEAST) * np.exp(-0.5 * misses))
    return np.where(np.isfinite(fits), trust[..., None] * fits, 0.0).sum(axis=0)


def _across(points: np.ndarray, anatomy: Anatomy) -> np.ndarray:
    """Return (T,) the direction that is across the spine, to the right for who is upright."""
    if not len(anatomy.hips):
        return np.ones(len(points), complex)
    spine = points[:, anatomy.hips].mean(axis=1) - points[:, anatomy.shoulders].mean(axis=1)
    return -1j * spine / np.maximum(np.abs(spine), 1e-9)


def _by_width(view: View, points: np.ndarray, anatomy: Anatomy) -> Iterator[_Clue]:
    """Tell by how far apart shoulders and hips look; points (T, K) are upright."""
    for pair, noise in ((anatomy.shoulders, _SHOULDERS), (anatomy.hips, _HIPS)):
        if len(pair):
            width = 2 * np.abs(anatomy.sides[pair[0]]) * view.heights_px
            reach = (points[:, pair[0]] - points[:, pair[1]]).real / width
            variances = noise**2 + view.variances[:, pair].sum(axis=1) / width**2
            yield reach, variances, view.trust[:, pair].min(axis=1), _COS


def _by_depth(view: View, anatomy: Anatomy) -> Iterator[_Clue]:
    """Tell by how far one shoulder, or hip, is behind the other."""
    if not np.isfinite(view.depths_m).any():
        return
    for pair in (anatomy.shoulders, anatomy.hips):
        if len(pair):
            width = 2 * np.abs(anatomy.sides[pair[0]]) * _HEIGHT_M
            apart = (view.depths_m[:, pair[0]] - view.depths_m[:, pair[1]]) / width
            unsure = view.depth_variances[:, pair].sum(axis=1) / width**2
            variances = _DEPTH**2 + _SHRUNK**2 * unsure
            yield apart, variances, view.trust[:, pair].min(axis=1), _SIN


def _by_nose(view: View, points: np.ndarray, anatomy: Anatomy) -> _Clue:
    """Tell by how far the nose is beside the ears; points (T, K) are upright."""
    head, width = np.append(anatomy.ears, anatomy.nose), _NOSE * view.heights_px
    reach = (points[:, anatomy.nose[0]] - points[:, anatomy.ears].mean(axis=1)).real / width
    variances = _HEAD**2 + view.variances[:, head].mean(axis=1) / width**2
    return reach, variances, view.trust[:, head].min(axis=1), _SIN


def _by_face(view: View, anatomy: Anatomy) -> np.ndarray:
    """Return the (T, 36) log-likelihoods of whether the nose is seen."""
    nose = anatomy.nose[0]
    seen = view.p_visible[:, nose, None]
    hidden = np.where(view.is_self_hidden[:, nose, None], 1 - seen, 0.0)
    # What something else hides tells nothing.
    return np.log(seen * _SHOWS + hidden * (1 - _SHOWS) + (1 - seen - hidden) * 0.5)
