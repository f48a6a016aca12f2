"""How images get here from the process that publishes them."""

from collections import deque
import statistics

# Larger images do not fit into Fast DDS's default shared memory (512 KiB) and go as UDP fragments.
_FRAGMENTED_BYTES = 500_000
# On two cores fragments take 12 ms per MB, shared memory 2 to 5.
_SLOW_MS, _SLOW_MS_PER_BYTE = 5.0, 5e-6
_DELAYS = 15
_MANY_LOST, _LOST_SHARE = 5, 0.05


class LinkWatch:
    """Counts the images that did not get here, and notices once that large ones come badly.

    Attributes:
        received: images that were handed to the node.
        lost: images that the middleware knows it lost.
    """

    def __init__(self) -> None:
        """Begin with a link that has shown no fault."""
        self.received = 0
        self.lost = 0
        self._skipped = 0
        self._last_sequence: int | None = None
        self._delays_ms: deque[float] = deque(maxlen=_DELAYS)
        self._has_complained = False

    @property
    def superseded(self) -> int:
        """Images that a newer one replaced while they waited for the node."""
        return max(self._skipped - self.lost, 0)

    def note_received(self, size_bytes: int, sequence: int | None, delay_ms: float | None) -> str:
        """Take note of an image; return what is wrong, '' when nothing new is.

        Args:
            size_bytes: of the image.
            sequence: the publisher's number of this image; None when not known.
            delay_ms: from publishing to arrival; None when not known, or when the image had to
                wait for the node.
        """
        self.received += 1
        if sequence is not None:
            if self._last_sequence is not None and sequence > self._last_sequence:
                self._skipped += sequence - self._last_sequence - 1
            self._last_sequence = sequence
        if delay_ms is None or size_bytes < _FRAGMENTED_BYTES:
            return ''
        self._delays_ms.append(delay_ms)
        typical_ms = statistics.median(self._delays_ms)
        is_slow = typical_ms > _SLOW_MS + _SLOW_MS_PER_BYTE * size_bytes
        if not is_slow or len(self._delays_ms) < _DELAYS:
            return ''
        megabytes = size_bytes / 1e6
        return self._complain(f'images of {megabytes:.1f} MB take {typical_ms:.0f} ms to arrive')

    def note_lost(self, count: int) -> str:
        """Take note of images that were lost; return what is wrong, '' when nothing new is."""
        self.lost += count
        published = self.received + self.lost
        if self.lost < max(_MANY_LOST, _LOST_SHARE * published):
            return ''
        return self._complain(f'{self.lost} of {published} images were lost on the way')

    def _complain(self, problem: str) -> str:
        if self._has_complained:
            return ''
        self._has_complained = True
        return problem
