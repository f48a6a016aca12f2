"""Who is still there: how a track is confirmed, survives being hidden, and ends.

Whether a track is a person who is still there is a probability that time changes, not the number
of frames: it rises towards 1 while the person is seen and halves every so many seconds while they
are not, quickly for somebody who walked out of the image, slowly for somebody who is hidden.
"""

from dataclasses import dataclass, fields, replace

import numpy as np

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.core.human import JointState, TrackState
from ros_vision_perception.core.scene import Sightings
from ros_vision_perception.core.tracks import Tracks
from ros_vision_perception.core.visibility import Belief

# From this existence on a track is confirmed, and below this one a confirmed track is LOST.
_SURE, _GIVEN_UP = 0.8, 0.5
# No single sighting, however long the wait before it, counts for more time than this.
_MAX_SIGHTING_S = 0.25
# A person counts as hidden when this share of the joints is behind somebody or something, and as
# leaving when this share of the joints last seen is now within so many scales of the border.
_HIDDEN_SHARE, _LEAVING_SHARE, _BORDER = 0.3, 0.5, 0.15
# Plain integers: NumPy compares them ten times faster than members of an enum.
_TENTATIVE, _CONFIRMED = int(TrackState.TENTATIVE), int(TrackState.CONFIRMED)
_OCCLUDED, _LOST = int(TrackState.OCCLUDED), int(TrackState.LOST)
_VISIBLE = int(JointState.VISIBLE)
_BY_PERSON, _BY_OBJECT = int(JointState.OCCLUDED_BY_PERSON), int(JointState.OCCLUDED_BY_OBJECT)


@dataclass(frozen=True)
class Lifetimes:
    """How fast tracks are confirmed and given up, seconds.

    Attributes:
        confirm_s: time constant with which a clearly seen person is believed in.
        hidden_s: half-life of a person who was last seen going behind something.
        open_s: half-life of a person who vanished in plain view.
        border_s: half-life of a person who was about to leave the image.
        tentative_s: half-life of somebody not yet confirmed.
    """

    confirm_s: float = 0.2
    hidden_s: float = 2.0
    open_s: float = 1.0
    border_s: float = 0.25
    tentative_s: float = 0.15

    def __post_init__(self) -> None:
        for field in fields(self):
            if not getattr(self, field.name) > 0:
                raise ConfigurationError(
                    f'{field.name}: got {getattr(self, field.name)}, expected more than 0 s'
                )


def live(
    tracks: Tracks,
    sightings: Sightings,
    belief: Belief,
    lifetimes: Lifetimes,
    stamp_ns: int,
    dt_s: float,
) -> Tracks:
    """Update who exists and in which state they are.

    Args:
        tracks: T tracks, predicted to the time of the image.
        sightings: of them in the image.
        belief: about their joints.
        lifetimes: how fast tracks are confirmed and given up.
        stamp_ns: time of the image.
        dt_s: time since the last image.
    """
    found = sightings.found
    score = np.where(found, sightings.people.person_scores, 0.0)
    gap_s = np.minimum((stamp_ns - tracks.updated_ns) * 1e-9, _MAX_SIGHTING_S)
    existence = 1 - (1 - tracks.existence) * np.exp(-score * gap_s / lifetimes.confirm_s)
    states = np.where(found, _CONFIRMED, tracks.states)
    if not found.all():
        hidden, half_lives = _fate(tracks, sightings, belief, lifetimes)
        existence = np.where(found, existence, existence * 0.5 ** (dt_s / half_lives))
        states = np.where(~found & hidden, _OCCLUDED, states)
        states = np.where(~found & (existence < _GIVEN_UP), _LOST, states)
    unsure = (tracks.states == _TENTATIVE) & (existence < _SURE)
    states = np.where(unsure, _TENTATIVE, states)
    return replace(tracks, existence=existence, states=states.astype(np.uint8))


def _fate(
    tracks: Tracks, sightings: Sightings, belief: Belief, lifetimes: Lifetimes
) -> tuple[np.ndarray, np.ndarray]:
    """Return who, if not found, is believed to be hidden (T,), and the half-lives (T,), s."""
    if not sightings.looked:
        return np.zeros(len(tracks), bool), np.full(len(tracks), lifetimes.hidden_s)
    leaving = is_leaving(tracks, sightings.image_size)
    hidden = is_hidden(tracks, belief) & ~leaving
    half_lives = np.where(hidden, lifetimes.hidden_s, lifetimes.open_s)
    half_lives = np.where(leaving, lifetimes.border_s, half_lives)
    return hidden, np.where(tracks.states == _TENTATIVE, lifetimes.tentative_s, half_lives)


def is_away(tracks: Tracks, sightings: Sightings) -> np.ndarray:
    """Return (T,) bool: looked for, not found, and believed to be behind something."""
    return sightings.looked & ~sightings.found & (tracks.states == _OCCLUDED)


def is_hidden(tracks: Tracks, belief: Belief) -> np.ndarray:
    """Return (T,) bool: partly behind something when last sighted, or behind somebody now."""
    last = (tracks.joint_states == _BY_PERSON) | (tracks.joint_states == _BY_OBJECT)
    now = belief.covered >= 0.5
    return np.maximum(last.sum(axis=1), now.sum(axis=1)) >= _HIDDEN_SHARE * last.shape[1]


def is_leaving(tracks: Tracks, image_size: tuple[int, int]) -> np.ndarray:
    """Return (T,) bool: most of what was last seen is at the border of the image or beyond."""
    seen = tracks.joint_states == _VISIBLE
    seen |= ~seen.any(axis=1, keepdims=True)
    margin = _BORDER * tracks.scales[:, None, None]
    position = tracks.motion.positions_xy
    inside = ((position > margin) & (position + margin < image_size)).all(axis=-1)
    return (seen & ~inside).sum(axis=1) >= _LEAVING_SHARE * seen.sum(axis=1)
