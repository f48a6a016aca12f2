"""The order of the stamps of one input."""

from ros_vision_perception.core.errors import FrameError


class StampOrder:
    """Tells a new stream, such as a bag played again, from a single image that comes late."""

    def __init__(self) -> None:
        """Begin before the first image."""
        self._last_ns = 0
        self._older_ns: int | None = None

    def is_restart(self, stamp_ns: int) -> bool:
        """Return whether a new stream began, which shows when the second of its images comes.

        Raises:
            FrameError: repeated_stamp, out_of_order.
        """
        if stamp_ns == self._last_ns:
            raise FrameError('repeated_stamp', f'got the stamp {stamp_ns} ns twice')
        older_ns, self._older_ns = self._older_ns, None
        if stamp_ns < self._last_ns and (older_ns is None or stamp_ns <= older_ns):
            self._older_ns = stamp_ns
            raise FrameError(
                'out_of_order',
                f'got a stamp {(self._last_ns - stamp_ns) * 1e-9:.3f} s before the last one',
            )
        last_ns, self._last_ns = self._last_ns, stamp_ns
        return stamp_ns < last_ns
