"""One row per joint of a person in a frame: what is true, what the fusion says, and others would.

The others are what one can do without fusion: the model's own answer, the last answer from when
the joint was seen, and that answer moved on at constant velocity. From when on a joint is hidden
they are told by the truth.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np

from ros_vision_perception.core.association import assign
from ros_vision_perception.core.geometry import oks
from ros_vision_perception.core.human import Humans, HumanState, JointState, TrackState
from ros_vision_perception.core.types import Keypoints
from ros_vision_perception.tools.evaluate.history import History
from ros_vision_perception.tools.evaluate.metrics import extended_distances, squared_mahalanobis
from ros_vision_perception.tools.truth import Truth

METHODS = ('ours', 'raw', 'last_seen', 'constant_velocity')
# A pose that is less like the person's (OKS) is somebody else.
_MIN_OKS = 0.2
# A person with fewer joints in view is recognised by their hidden joints too, and by their past.
_MIN_IN_VIEW = 3
# Weight of a hidden joint against one in view, and bonus of whoever it was in the frame before.
_HIDDEN_WEIGHT, _SAME_BONUS = 0.02, 0.3


@dataclass(frozen=True)
class Records:
    """M joints of which something is known.

    Attributes:
        frames: (M,) int, number of the frame, counted over all clips.
        true_states: (M,) uint8, a JointState.
        states: (M,) uint8, what the fusion says; UNKNOWN where it does not have the person.
        is_named: (M,) 1 where the fusion names the right person as occluder and 0 where it does
            not; NaN where nobody hides the joint, or nobody whom the fusion could name.
        p_visible: (M,) of the fusion; NaN where it does not have the person.
        scores: (M,) of the model; NaN where it does not have the person.
        errors_px: (M, 4) distance from the true place, per method; NaN where not known.
        extended_px: (M, 2) as Ex-OKS measures it, of ours and raw; NaN where not known.
        squared: (M,) squared Mahalanobis length of our error; NaN where not known.
        areas_px2: (M,) of the person.
        sigmas: (M,) OKS sigma of the joint.
        hidden_s: (M,) time since it was in view; 0 when it is, NaN before it ever was.
    """

    frames: np.ndarray
    true_states: np.ndarray
    states: np.ndarray
    is_named: np.ndarray
    p_visible: np.ndarray
    scores: np.ndarray
    errors_px: np.ndarray
    extended_px: np.ndarray
    squared: np.ndarray
    areas_px2: np.ndarray
    sigmas: np.ndarray
    hidden_s: np.ndarray

    def __len__(self) -> int:
        return len(self.frames)

    @classmethod
    def concatenate(cls, tables: Iterable['Records']) -> 'Records':
        """Return the rows of all of them; there must be one."""
        tables = list(tables)
        return cls(*(np.concatenate([getattr(t, f.name) for t in tables]) for f in fields(cls)))

    def where(self, rows: np.ndarray) -> 'Records':
        """Return only these rows, indices or bool mask."""
        return Records(*(getattr(self, field.name)[rows] for field in fields(self)))


class Recorder:
    """Compares a clip, frame by frame, with the truth about it."""

    def __init__(self) -> None:
        """Begin a clip."""
        self._history: History | None = None
        self._track_ids: np.ndarray | None = None

    def record(self, truth: Truth, keypoints: Keypoints, humans: Humans, frame: int) -> Records:
        """Return what there is to know about the next frame.

        Args:
            truth: in the skeleton of the keypoints; the same people in all frames.
            keypoints: what the model says.
            humans: what the fusion says.
            frame: number of the frame.
        """
        tracks = [human for human in humans.people if human.track_state != TrackState.LOST]
        if self._history is None or self._track_ids is None:
            self._history = History(*truth.states.shape)
            self._track_ids = np.full(len(truth.states), -1)
        ours = self._match_tracks(truth, tracks)
        raw = _partners(_likeness(truth, keypoints.keypoints_xy))
        raw_xy = _take(keypoints.keypoints_xy, raw)
        self._history.add(raw_xy, truth.states == JointState.VISIBLE, humans.stamp_ns * 1e-9)
        places = np.stack(
            (_ours(tracks, ours, 'keypoints_xy', truth), raw_xy, *self._history.predictions())
        )
        known = truth.states != JointState.UNKNOWN
        columns = {
            **_said(truth, tracks, ours),
            **_errors(truth, places, tracks, ours, humans.image_size),
            'scores': _take(keypoints.scores, raw),
            'hidden_s': self._history.hidden_s,
            'frames': np.full(truth.states.shape, frame),
            'true_states': truth.states,
            'areas_px2': np.broadcast_to(truth.areas_px2[:, None], truth.states.shape),
            'sigmas': np.broadcast_to(truth.skeleton.sigmas, truth.states.shape),
        }
        return Records(**{name: column[known] for name, column in columns.items()})

    def _match_tracks(self, truth: Truth, tracks: list[HumanState]) -> np.ndarray:
        """Return (N,) the index of the track of each true person, -1 without."""
        assert self._track_ids is not None
        if not tracks:
            return np.full(len(truth.states), -1)
        ids = np.array([human.track_id for human in tracks])
        poses = np.stack([human.joints.keypoints_xy for human in tracks])
        likeness = _likeness(truth, poses)
        same = self._track_ids[:, None] == ids
        hardly_seen = (truth.states == JointState.VISIBLE).sum(axis=1) < _MIN_IN_VIEW
        present = np.isfinite(truth.joints_xy).all(axis=2).any(axis=1)
        likeness += _SAME_BONUS * (same & ((likeness > 0) | hardly_seen[:, None]))
        partners = _partners(np.where(present[:, None], likeness, 0.0))
        self._track_ids = np.where(partners >= 0, ids[partners], self._track_ids)
        return partners


def _likeness(truth: Truth, poses_xy: np.ndarray) -> np.ndarray:
    """Return the (N, M) OKS of true people and poses (M, K, 2), mostly over joints in view."""
    weights = np.where(truth.states == JointState.VISIBLE, 1.0, _HIDDEN_WEIGHT)
    areas = np.nan_to_num(truth.areas_px2, nan=1.0)[:, None]
    return oks(truth.joints_xy, poses_xy, truth.skeleton.sigmas, areas, weights[:, None])


def _partners(likeness: np.ndarray) -> np.ndarray:
    """Return (N,) the best column of each row, each column once, -1 without."""
    partners = np.full(len(likeness), -1)
    rows, columns = assign(np.where(likeness > _MIN_OKS, likeness, 0.0))
    partners[rows] = columns
    return partners


def _take(values: np.ndarray, partners: np.ndarray) -> np.ndarray:
    """Return the (N, K, ...) values of the partners, NaN for who has none."""
    result = np.full((len(partners), *values.shape[1:]), np.nan)
    found = partners >= 0
    result[found] = values[partners[found]]
    return result


def _ours(tracks: list[HumanState], partners: np.ndarray, name: str, truth: Truth) -> np.ndarray:
    """Return the (N, K, ...) field of the partners' joints, NaN for who has none."""
    if not tracks:
        tail = {'keypoints_xy': (2,), 'covariances_px': (2, 2)}.get(name, ())
        return np.full((*truth.states.shape, *tail), np.nan)
    return _take(np.stack([getattr(human.joints, name) for human in tracks]), partners)


def _said(truth: Truth, tracks: list[HumanState], partners: np.ndarray) -> dict[str, np.ndarray]:
    """Return what the fusion says about the joints and who hides them."""
    states = np.nan_to_num(_ours(tracks, partners, 'states', truth)).astype(np.uint8)
    ids = np.array([human.track_id for human in tracks] + [-1])  # the last is who is not found
    occluder = np.where(truth.occluders >= 0, partners[truth.occluders], -1)
    right = _ours(tracks, partners, 'occluder_track_ids', truth) == ids[occluder]
    can_tell = (occluder >= 0) & (partners >= 0)[:, None]
    return {
        'states': states,
        'is_named': np.where(can_tell, right, np.nan),
        'p_visible': _ours(tracks, partners, 'p_visible', truth),
    }


def _errors(
    truth: Truth,
    places: np.ndarray,
    tracks: list[HumanState],
    partners: np.ndarray,
    size: tuple[int, int],
) -> dict[str, np.ndarray]:
    """Return how far the places (4, N, K, 2) of the methods are from the true ones."""
    true_xy = np.where(truth.is_measured[..., None], truth.joints_xy, np.nan)
    errors = places - true_xy
    states = _ours(tracks, partners, 'states', truth)
    raw_outside = ((places[1] < -0.5) | (places[1] >= np.array(size) - 0.5)).any(axis=-1)
    covariances = _ours(tracks, partners, 'covariances_px', truth)
    usable = np.isfinite(errors[0]).all(axis=-1) & np.isfinite(covariances).all(axis=(-2, -1))
    squared = np.full(usable.shape, np.nan)
    squared[usable] = squared_mahalanobis(errors[0][usable], covariances[usable])
    return {
        'errors_px': np.moveaxis(np.linalg.norm(errors, axis=-1), 0, -1),
        'extended_px': np.stack(
            (
                extended_distances(true_xy, places[0], states == JointState.OUT_OF_IMAGE, size),
                extended_distances(true_xy, places[1], raw_outside, size),
            ),
            axis=-1,
        ),
        'squared': squared,
    }
