"""Images out, results back, over DDS; the perception is a node that answers every other image."""

from collections.abc import Iterator
import threading
from typing import Any

import numpy as np
import pytest

from ros_vision_perception.core.errors import PerceptionError

rclpy = pytest.importorskip('rclpy', reason='needs ROS 2')
messages = pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')

pytestmark = pytest.mark.ros

from rclpy.context import Context  # noqa: E402
from rclpy.executors import SingleThreadedExecutor  # noqa: E402
from rclpy.qos import DurabilityPolicy, QoSProfile  # noqa: E402
from sensor_msgs.msg import Image  # noqa: E402

from ros_vision_perception.nodes.camera_link import SKELETON, Heard  # noqa: E402
from ros_vision_perception.tools.demo.session import Answer, Session  # noqa: E402


class NoChildren:
    def check(self) -> None:
        pass


class Notes:
    """Stands for the recorder."""

    def __init__(self) -> None:
        self.stamps: list[int] = []
        self.heard: list[Heard] = []

    def image(self, image: np.ndarray, stamp_ns: int) -> None:
        self.stamps.append(stamp_ns)

    def message(self, heard: Heard) -> None:
        self.heard.append(heard)


class HalfPerception:
    """Answers every image whose first pixel is even."""

    def __init__(self) -> None:
        self._context = Context()
        rclpy.init(context=self._context)
        node = rclpy.create_node('half', context=self._context)
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        node.create_publisher(messages.Skeleton, 'skeleton', latched).publish(
            messages.Skeleton(name='coco17')
        )
        self._humans = node.create_publisher(messages.HumanStateArray, 'humans', 10)
        node.create_subscription(Image, 'image', self._answer, 10)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(node)
        self._thread = threading.Thread(target=self._executor.spin, daemon=True)
        self._thread.start()

    def _answer(self, image: Any) -> None:
        if image.data[0] % 2 == 0:
            result = messages.HumanStateArray(header=image.header, skeleton='coco17')
            result.image_width, result.image_height = image.width, image.height
            self._humans.publish(result)

    def close(self) -> None:
        self._executor.shutdown()
        self._thread.join(5)
        rclpy.shutdown(context=self._context)


@pytest.fixture
def session(ros_domain: int) -> Iterator[Session]:
    perception = HalfPerception()
    session = Session(NoChildren(), listeners=1)  # type: ignore[arg-type]
    session.wait_until_ready(images(1)[0])
    yield session
    session.close()
    perception.close()


def images(count: int) -> list[np.ndarray]:
    return [np.full((8, 10, 3), index, np.uint8) for index in range(count)]


def play(session: Session, count: int, notes: Notes) -> list[Answer]:
    answers = session.answers(images(count), 50.0, notes)  # type: ignore[arg-type]
    return [answer for answer in answers if answer is not None]


def test_every_answer_is_paired_with_its_own_image(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr('ros_vision_perception.tools.demo.session._LAST_RESULT_TIMEOUT_S', 1.0)
    notes = Notes()
    answers = play(session, 9, notes)
    assert [answer.sent.index for answer in answers] == [0, 2, 4, 6, 8]
    for answer in answers:
        assert answer.humans.stamp_ns == answer.sent.stamp_ns
        assert answer.sent.image[0, 0, 0] == answer.sent.index
        assert answer.humans.image_size == (10, 8)


def test_images_without_an_answer_are_counted_as_dropped(session: Session) -> None:
    play(session, 9, Notes())
    statistics = session.statistics
    assert (statistics.sent, statistics.answered, statistics.dropped) == (9, 5, 4)
    assert 0 < statistics.latency_ms(50) < 5000


def test_everything_heard_is_kept(session: Session) -> None:
    notes = Notes()
    play(session, 5, notes)
    assert len(notes.stamps) == 5
    assert [heard.name for heard in notes.heard].count('humans') == 3
    (skeleton,) = [heard for heard in notes.heard if heard.name == SKELETON]
    assert (skeleton.topic, skeleton.message_type) == (
        '/skeleton',
        'ros_vision_perception/msg/Skeleton',
    )
    assert skeleton.data[:2] == b'\x00\x01'  # CDR, little endian


def test_image_that_cannot_be_read_ends_the_run_with_its_reason(session: Session) -> None:
    def broken() -> Iterator[np.ndarray]:
        yield images(1)[0]
        raise PerceptionError('image 2 is damaged')

    with pytest.raises(PerceptionError, match='image 2 is damaged'):
        list(session.answers(broken(), 50.0, Notes()))  # type: ignore[arg-type]
