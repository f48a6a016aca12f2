from pathlib import Path

import cv2
import numpy as np
import pytest

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.tools import sources
from ros_vision_perception.tools.bag import BagRecorder
from ros_vision_perception.tools.demo.video import VideoRecorder


def grey_image(value: int, size: tuple[int, int] = (64, 48)) -> np.ndarray:
    return np.full((size[1], size[0], 3), value, np.uint8)


def test_images_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name, value in (('b.png', 20), ('a.PNG', 10), ('c.jpg', 30)):
        cv2.imwrite(str(tmp_path / name), grey_image(value))
    (tmp_path / 'notes.txt').write_text('not an image')
    source = sources.from_images(tmp_path)
    assert [int(image[0, 0, 0]) for image in source.frames()] == [10, 20, 30]
    assert [int(image[0, 0, 0]) for image in source.frames()] == [10, 20, 30]


def test_damaged_image_is_named(tmp_path: Path) -> None:
    (tmp_path / 'broken.jpg').write_bytes(b'\xff\xd8 no jpeg')
    with pytest.raises(ConfigurationError, match=r'broken\.jpg'):
        list(sources.from_images(tmp_path).frames())


def test_video_is_read_back_with_its_rate(tmp_path: Path) -> None:
    recorder = VideoRecorder(tmp_path / 'grey', (64, 48), 12.5)
    for value in (50, 100, 150):
        recorder.write(grey_image(value))
    recorder.close()
    source = sources.from_video(recorder.path)
    assert source.fps == pytest.approx(12.5, abs=0.01)
    values = [float(image.mean()) for image in source.frames()]
    np.testing.assert_allclose(values, (50, 100, 150), atol=6)


def test_bag_is_read_back_with_its_rate(tmp_path: Path) -> None:
    recorder = BagRecorder(tmp_path / 'bag')
    for index in range(5):
        stamp_ns = 10**9 + index * 50_000_000
        recorder.write_jpeg(
            '/image/compressed', stamp_ns, (stamp_ns, 'camera'), grey_image(40 * index)
        )
    recorder.close()
    source = sources.from_bag(tmp_path / 'bag')
    assert source.name == 'bag'
    assert source.fps == pytest.approx(20.0, rel=1e-3)
    values = [float(image.mean()) for image in source.frames()]
    np.testing.assert_allclose(values, (0, 40, 80, 120, 160), atol=2)
    with pytest.raises(ConfigurationError, match=r"'/other'.*/image/compressed"):
        sources.from_bag(tmp_path / 'bag', '/other')


@pytest.mark.parametrize(
    ('bag', 'count'), [('dev_store_aisle_mcap', 67), ('dev_two_people_raw_sqlite3', 24)]
)
def test_real_bags_give_all_their_frames(assets: Path, bag: str, count: int) -> None:
    source = sources.from_bag(assets / 'bags' / bag)
    images = list(source.frames())
    assert len(images) == count
    assert all(image.dtype == np.uint8 and image.ndim == 3 for image in images)


def test_depth_topic_is_not_taken_for_the_picture(assets: Path) -> None:
    images = list(sources.from_bag(assets / 'bags' / 'dev_rgbd_nopeople_mcap').frames())
    assert images[0].shape == (480, 640, 3)


@pytest.mark.parametrize(
    'open_source', [sources.from_video, sources.from_images, sources.from_bag]
)
def test_missing_file_is_named(open_source: object, tmp_path: Path) -> None:
    assert callable(open_source)
    with pytest.raises(ConfigurationError, match='nowhere'):
        open_source(tmp_path / 'nowhere')


def test_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / 'text.mp4'
    path.write_text('no video')
    with pytest.raises(ConfigurationError, match='not a video'):
        sources.from_video(path)
    with pytest.raises(ConfigurationError, match='not a bag'):
        sources.from_bag(path)
    with pytest.raises(ConfigurationError, match='no image'):
        sources.from_images(tmp_path)


def test_camera_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigurationError, match='camera 97'):
        sources.from_camera(97)
