"""The camera image: raw or compressed, the newest first, each decoded once."""

from collections.abc import Callable
from dataclasses import dataclass
import time
from typing import Any

from rclpy.node import Node
from rclpy.subscription import Subscription
from sensor_msgs.msg import CompressedImage, Image

from ros_vision_perception.core.errors import FrameError
from ros_vision_perception.core.types import Frame
from ros_vision_perception.nodes import quality, transport
from ros_vision_perception.nodes.clock_watch import stamp_problem
from ros_vision_perception.nodes.conversions.colour import ColourConverter
from ros_vision_perception.nodes.conversions.images import frame_from_compressed, frame_from_image
from ros_vision_perception.nodes.faults import Faults
from ros_vision_perception.nodes.health import Level, Problem
from ros_vision_perception.nodes.link import LinkWatch
from ros_vision_perception.nodes.parameters import ImageParameters
from ros_vision_perception.nodes.stamp_order import StampOrder
from ros_vision_perception.nodes.subscribing import subscribe
from ros_vision_perception.nodes.timers import steady_timer
from ros_vision_perception.pipeline.stages import StageTimes

_LOOK_EVERY_S = 0.2
_SILENT_AFTER_S = 2.0


@dataclass(frozen=True)
class Arrival:
    """A frame that can be used.

    Attributes:
        frame: the image.
        header: that of its message.
        received_ns: `time.perf_counter_ns` when the node got the message.
        is_restart: its stamp is before the last one: a new stream, such as a bag played again.
    """

    frame: Frame
    header: Any
    received_ns: int
    is_restart: bool


class ImageInput:
    """Hands over each frame that can be used.

    While one is processed, the middleware keeps only the newest of those that follow.

    Attributes:
        stages: times of the present frame; 'receive' and 'convert' are measured here.
        faults: what was dropped, and why.
    """

    def __init__(
        self, node: Node, parameters: ImageParameters, on_frame: Callable[[Arrival], None]
    ) -> None:
        """Subscribe to `image` or `image/compressed` of `node`, to the one that is published.

        Args:
            node: whose names and executor are used.
            parameters: how to receive.
            on_frame: called with each frame that can be used.
        """
        self.stages = StageTimes(time.perf_counter_ns)
        self.faults = Faults(node.get_logger().warning)
        self._node, self._parameters, self._on_frame = node, parameters, on_frame
        self._link = LinkWatch()
        self._convert = ColourConverter(node.get_logger().warning)
        self._order = StampOrder()
        self._idle_since_ns, self._last_ns = time.time_ns(), time.perf_counter_ns()
        self._stamp_age_s, self._restarts, self._fault_of_link = 0.0, 0, ''
        self._topic = node.resolve_topic_name('image')
        self._subscription: Subscription | None = None
        self._search = steady_timer(node, _LOOK_EVERY_S, self._look_for_publishers)
        if parameters.transport != 'auto':
            self._subscribe(parameters.transport)
        self._look_for_publishers()

    def counts(self) -> dict[str, int]:
        """Return how many images were published to us, and how many dropped for which cause."""
        lost = {
            'dropped_superseded': self._link.superseded,
            'dropped_lost_in_transport': self._link.lost,
        }
        return {
            'frames_in': self._link.received + sum(lost.values()),
            **{f'dropped_{cause}': count for cause, count in self.faults.counts.items()},
            **{name: count for name, count in lost.items() if count},
            'restarts': self._restarts,
        }

    def values(self) -> dict[str, str]:
        """Return what is subscribed to, and how long ago the last frame came."""
        topic = '' if self._subscription is None else self._subscription.topic_name
        values = {'image_topic': topic, 'qos': self._parameters.qos}
        if self._link.received:
            values |= {'last_frame_age_s': f'{self._silent_s():.2f}'}
            values |= {'stamp_age_s': f'{self._stamp_age_s:.3f}'}
        return values

    def problems(self) -> list[Problem]:
        """Return what is wrong with the images, first of all that none come."""
        problems = self.faults.news()
        if self._silent_s() >= _SILENT_AFTER_S:
            return [Problem('silence', self._silence(), Level.STALE), *problems]
        if self._fault_of_link:
            problems.append(Problem('link', self._fault_of_link))
        stamps = stamp_problem(self._stamp_age_s)
        return [*problems, Problem('stamps', stamps)] if stamps else problems

    def _silent_s(self) -> float:
        return (time.perf_counter_ns() - self._last_ns) * 1e-9

    def _silence(self) -> str:
        if self._subscription is None:
            return f'nobody publishes {self._topic} or {self._topic}/compressed'
        topic = self._subscription.topic_name
        publishers = self._node.count_publishers(topic)
        problem = (
            f'no image on {topic} for {self._silent_s():.0f} s; it has {publishers} publishers'
        )
        return f'{problem}. If its images are large: {self._cure()}' if publishers else problem

    def _look_for_publishers(self) -> None:
        """Subscribe as soon as it is known what is published."""
        topics = {'raw': self._topic, 'compressed': f'{self._topic}/compressed'}
        for kind, topic in topics.items():
            if self._subscription is None and self._node.count_publishers(topic):
                self._subscribe(kind)
        if self._subscription is not None:
            self._node.destroy_timer(self._search)

    def _subscribe(self, kind: str) -> None:
        if kind == 'raw':
            message_type, topic, receive = Image, self._topic, self._receive_raw
        else:
            message_type, topic = CompressedImage, f'{self._topic}/compressed'
            receive = self._receive_compressed
        self._subscription = subscribe(
            *(self._node, message_type, topic, receive, quality.preset(self._parameters.qos)),
            on_lost=self._note_lost,
        )
        self._node.get_logger().info(f'subscribed to {topic}')

    def _receive_raw(self, message: Any, info: dict) -> None:
        self._receive(message, info, lambda: frame_from_image(message, self._convert))

    def _receive_compressed(self, message: Any, info: dict) -> None:
        self._receive(message, info, lambda: frame_from_compressed(message))

    def _receive(self, message: Any, info: dict, convert: Callable[[], Frame]) -> None:
        received_ns = self._last_ns = time.perf_counter_ns()
        self.stages.clear()
        self._note_received(message, info)
        try:
            with self.stages('convert'):
                frame = convert()
            is_restart = self._order.is_restart(frame.stamp_ns)
        except FrameError as error:
            self.faults.note(error, self._topic)
        else:
            self._stamp_age_s = (self._node.get_clock().now().nanoseconds - frame.stamp_ns) * 1e-9
            self._restarts += is_restart
            if is_restart:
                self._node.get_logger().info(f'{self._topic} begins anew: its stamps jump back')
            self._on_frame(Arrival(frame, message.header, received_ns, is_restart))
        self._idle_since_ns = time.time_ns()

    def _note_received(self, message: Any, info: dict) -> None:
        sent_ns = info.get('source_timestamp')
        delay_ms = None
        if sent_ns is not None:
            delay_ns = time.time_ns() - sent_ns
            self.stages.elapsed_ns['receive'] = delay_ns
            if sent_ns > self._idle_since_ns:
                delay_ms = delay_ns * 1e-6
        sequence = info.get('publication_sequence_number')
        self._complain(self._link.note_received(len(message.data), sequence, delay_ms))

    def _note_lost(self, count: int) -> None:
        self._complain(self._link.note_lost(count))

    def _complain(self, problem: str) -> None:
        if problem:
            self._fault_of_link = f'{self._topic}: {problem}. {self._cure()}'

    def _cure(self) -> str:
        if self._parameters.qos == 'reliable':
            return transport.cure()
        return f'{transport.cure()}. `qos: reliable` gets them late rather than never.'
