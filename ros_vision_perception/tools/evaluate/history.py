"""Where joints were while they were in view, and where they would be by now."""

import numpy as np

# A velocity is taken from this many places, none of them older than this, s.
_SAMPLES, _MAX_AGE_S = 6, 0.3


class History:
    """The last places of N people with K joints, in view.

    Attributes:
        hidden_s: (N, K) time since in view; 0 when in view, NaN before it ever was.
    """

    def __init__(self, people: int, joints: int) -> None:
        """Begin before the first frame."""
        self.hidden_s: np.ndarray = np.full((people, joints), np.nan)
        self._places = np.full((_SAMPLES, people, joints, 2), np.nan)
        self._times = np.full((_SAMPLES, people, joints), np.nan)
        self._time_s = 0.0

    def add(self, places_xy: np.ndarray, in_view: np.ndarray, time_s: float) -> None:
        """Take in the places (N, K, 2) px at a time; only those that are in view (N, K) count."""
        seen = in_view & np.isfinite(places_xy).all(axis=-1)
        self._places[:-1, seen] = self._places[1:, seen]
        self._times[:-1, seen] = self._times[1:, seen]
        self._places[-1, seen], self._times[-1, seen] = places_xy[seen], time_s
        self._time_s = time_s
        self.hidden_s = np.where(in_view, 0.0, time_s - self._times[-1])

    def predictions(self) -> tuple[np.ndarray, np.ndarray]:
        """Return where the joints are (N, K, 2) px if they stand still, and if they move on."""
        last, last_s = self._places[-1], self._times[-1]
        recent = last_s - self._times <= _MAX_AGE_S
        count = np.maximum(recent.sum(axis=0), 1)
        times = np.where(recent, self._times - last_s, 0.0)
        shifts = np.where(recent[..., None], self._places - last, 0.0)
        # Least squares line through the recent places.
        times_mean, shifts_mean = times.sum(axis=0) / count, shifts.sum(axis=0) / count[..., None]
        spread = (times**2).sum(axis=0) - count * times_mean**2
        product = (times[..., None] * shifts).sum(axis=0)
        product -= (count * times_mean)[..., None] * shifts_mean
        velocity = product / np.where(spread > 1e-9, spread, np.inf)[..., None]
        return last, last + velocity * (self._time_s - last_s)[..., None]
