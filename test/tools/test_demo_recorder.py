from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from rosbags.highlevel import AnyReader

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.core.human import Humans
from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.tools.bag import BagRecorder
from ros_vision_perception.tools.demo import video
from ros_vision_perception.tools.demo.contact_sheet import ContactSheet
from ros_vision_perception.tools.demo.video import VideoRecorder, fit
from ros_vision_perception.tools.typestore import package_typestore


def nobody(stamp_ns: int = 0) -> Humans:
    return Humans(stamp_ns, (64, 48), COCO17, (), True, True, False)


def grey_image(value: int, size: tuple[int, int] = (64, 48)) -> np.ndarray:
    return np.full((size[1], size[0], 3), value, np.uint8)


def humans_message(types: dict[str, Any], seconds: int) -> Any:
    time, duration = types['builtin_interfaces/msg/Time'], types['builtin_interfaces/msg/Duration']
    return types['ros_vision_perception/msg/HumanStateArray'](
        header=types['std_msgs/msg/Header'](time(seconds, 5), 'camera'),
        published=time(seconds, 6),
        processing_latency=duration(0, 1),
        sensor_age=duration(0, 1),
        inputs=3,
        degraded=False,
        degraded_reason='',
        skeleton='coco17',
        image_width=64,
        image_height=48,
        humans=[],
    )


def test_bag_gives_back_every_byte(tmp_path: Path) -> None:
    typestore, name = package_typestore(), 'ros_vision_perception/msg/HumanStateArray'
    sent = [
        bytes(typestore.serialize_cdr(humans_message(typestore.types, seconds), name))
        for seconds in range(1, 4)
    ]
    recorder = BagRecorder(tmp_path / 'bag')
    for index, data in enumerate(sent):
        recorder.write('/humans', name, 100 + index, data)
    recorder.close()
    # With the definitions in the bag itself, as a reader without this package has it.
    with AnyReader([tmp_path / 'bag']) as reader:
        stored = [(stamp, data) for _, stamp, data in reader.messages()]
        message: Any = reader.deserialize(stored[0][1], name)
    assert [stamp for stamp, _ in stored] == [100, 101, 102]
    assert [bytes(data) for _, data in stored] == sent
    assert (message.header.stamp.sec, message.image_width) == (1, 64)


def test_latched_topic_is_latched_in_the_bag(tmp_path: Path) -> None:
    recorder = BagRecorder(tmp_path / 'bag')
    empty = b'\x00\x01\x00\x00' + bytes(32)
    recorder.write('/skeleton', 'ros_vision_perception/msg/Skeleton', 1, empty, latched=True)
    recorder.write('/humans', 'ros_vision_perception/msg/HumanStateArray', 1, empty)
    recorder.close()
    with AnyReader([tmp_path / 'bag']) as reader:
        durability = {
            c.topic: c.ext.offered_qos_profiles[0].durability.name  # type: ignore[union-attr]
            for c in reader.connections
        }
    assert durability == {'/skeleton': 'TRANSIENT_LOCAL', '/humans': 'VOLATILE'}


def test_jpeg_in_the_bag_keeps_stamp_frame_and_picture(tmp_path: Path) -> None:
    recorder = BagRecorder(tmp_path / 'bag')
    recorder.write_jpeg('/image/compressed', 7, (3_000_000_004, 'camera'), grey_image(99))
    recorder.close()
    with AnyReader([tmp_path / 'bag']) as reader:
        ((connection, stamp, data),) = reader.messages()
        message: Any = reader.deserialize(data, connection.msgtype)
    assert (stamp, message.header.stamp.sec, message.header.stamp.nanosec) == (7, 3, 4)
    assert (message.header.frame_id, message.format) == ('camera', 'jpeg')
    decoded = cv2.imdecode(message.data, cv2.IMREAD_COLOR)
    assert decoded is not None
    np.testing.assert_allclose(decoded, 99, atol=2)


def test_second_codec_serves_where_the_first_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video, '_FORMATS', (('.mp4', 'none'), ('.avi', 'MJPG')))
    recorder = VideoRecorder(tmp_path / 'film', (64, 48), 10.0)
    recorder.write(grey_image(80))
    recorder.close()
    assert [path.name for path in tmp_path.iterdir()] == ['film.avi']
    capture = cv2.VideoCapture(str(recorder.path))
    assert capture.read()[0]


def test_video_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r'neither \.mp4 \(mp4v\) or \.avi'):
        VideoRecorder(tmp_path / 'no' / 'such' / 'folder', (64, 48), 10.0)


def test_picture_of_another_shape_is_fitted_in_with_bars() -> None:
    fitted = fit(grey_image(200, (100, 50)), (64, 64))
    assert fitted.shape == (64, 64, 3)
    np.testing.assert_array_equal(fitted[16:48], 200)
    assert not fitted[:16].any()
    assert not fitted[48:].any()


@pytest.mark.parametrize('count', [1, 2, 5, 6, 1000])
def test_contact_sheet_shows_up_to_six_moments_in_order(count: int) -> None:
    sheet = ContactSheet()
    for index in range(count):
        sheet.add(grey_image(20 + 200 * index // count), nobody(index))
    picture = sheet.picture()
    rows, columns = -(-min(count, 6) // 2), min(count, 2)
    tile_height, tile_width = 360 + 6, 480 + 6
    assert picture.shape[1] == columns * tile_width - 6
    middles = [
        int(picture[row * tile_height + 200, column * tile_width + 200, 0])
        for row in range(rows)
        for column in range(columns)
    ]
    shown = middles[: min(count, 6)]
    assert shown == sorted(shown)
    assert len(set(shown)) == len(shown)
