"""One bag through the perception: what `perception_node` does, with the bag's clock."""

from collections.abc import Callable, Iterator
from typing import Any

from ros_vision_perception.core.errors import FrameError
from ros_vision_perception.nodes.camera_parts import CameraParts
from ros_vision_perception.nodes.faults import Faults
from ros_vision_perception.nodes.parameters import PerceptionParameters
from ros_vision_perception.nodes.result_messages import Answer, Origin
from ros_vision_perception.nodes.stamp_order import StampOrder
from ros_vision_perception.pipeline.join import Joined, Joiner
from ros_vision_perception.pipeline.perception import Perception
from ros_vision_perception.pipeline.stages import no_stages
from ros_vision_perception.tools.replay.inputs import DEPTH, IMAGE, INFO, Decoded

_MS = 1_000_000


class Stream:
    """Takes in the messages of one bag and gives the results.

    Attributes:
        faults: what was dropped, and why.
        images: how many images came.
    """

    def __init__(
        self,
        perception: Perception,
        parameters: PerceptionParameters,
        report: Callable[[str], object],
    ) -> None:
        """Begin anew with `perception`; `report` is told the first fault of each cause."""
        perception.reset()
        self.faults = Faults(report)
        self.images = 0
        self._perception = perception
        self._parts = CameraParts(self.faults, rectified=parameters.rectified)
        self._orders = {IMAGE: StampOrder(), DEPTH: StampOrder()}
        inputs = (IMAGE, DEPTH) if parameters.use_depth else (IMAGE,)
        self._joiner = Joiner(inputs, int(parameters.join_deadline_ms * _MS))
        self._newest_ns = 0

    @property
    def dropped(self) -> dict[str, int]:
        """How many messages were dropped, by cause."""
        late = {'late': self._joiner.late} if self._joiner.late else {}
        return {**self.faults.counts, **late}

    def take(self, message: Decoded) -> Iterator[Answer]:
        """Take in the next message; yield the results of images that have all they wait for."""
        self._newest_ns = max(self._newest_ns, message.time_ns)
        self.images += message.kind == IMAGE
        for joined in self._take(message):
            yield from self._answer(joined)

    def end(self) -> Iterator[Answer]:
        """Yield the results of the images that still wait: nothing more will come."""
        for joined in self._joiner.expire(self._newest_ns + 10**18):
            yield from self._answer(joined)

    def _take(self, message: Decoded) -> list[Joined]:
        try:
            if isinstance(message.value, FrameError):
                raise message.value
            if message.kind == INFO:
                self._parts.take_info(message.value)
                return []
            self._orders[message.kind].is_restart(message.stamp_ns)
        except FrameError as error:
            self.faults.note(error, message.connection.topic)
            return []
        return self._joiner.add(message.kind, message.stamp_ns, message, self._newest_ns)

    def _answer(self, joined: Joined) -> Iterator[Answer]:
        if joined.is_restart:
            self._perception.reset()
        image: Decoded | None = joined.parts.get(IMAGE)
        if image is None:
            return
        frame: Any = image.value
        depth: Any = joined.parts.get(DEPTH)
        depth_m, camera = self._parts.fitting(
            None if depth is None else depth.value, image.header.frame_id, frame.size
        )
        result = self._perception.step(frame, depth_m, camera, no_stages)
        origin = Origin(image.stamp_ns, image.header.frame_id, image.time_ns)
        yield Answer(origin, frame, result)
