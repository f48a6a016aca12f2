"""The whole perception in one process, over DDS, with models that know the truth."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from ros_vision_perception.msg import (
    HumanStateArray,
    InstanceMaskArray,
    PersonKeypointsArray,
    Skeleton,
)
from ros_vision_perception.nodes.conversions.images import frame_from_compressed
from ros_vision_perception.nodes.perception_node import PerceptionNode
from test.nodes.images import compressed, message
from test.nodes.models import StickPose, StickSegmentation, pixels, stamp_ns
from test.nodes.perception import Perception, image
from test.nodes.ros import Ros

pytestmark = pytest.mark.ros


def test_an_image_gives_everyone_with_the_header_of_the_image(ros: Ros) -> None:
    perception = Perception(ros)
    camera = ros.publisher(Image, 'image')
    for step in range(1, 4):
        result = perception.answer(camera, image(step))
    assert result.header == image(3).header
    assert (result.image_width, result.image_height) == (320, 240)
    assert (result.skeleton, result.degraded, result.degraded_reason) == ('coco17', False, '')
    assert result.inputs == HumanStateArray.POSE + HumanStateArray.MASK
    assert [person.track_id for person in result.humans] == [1, 2]
    assert all(len(person.joints) == 17 for person in result.humans)
    assert result.published.sec > 0
    assert result.processing_latency.sec == 0
    assert result.processing_latency.nanosec > 0
    assert perception.pose.looks_ahead == [1, 2, 3]


def test_a_compressed_image_is_found_by_itself(ros: Ros) -> None:
    perception = Perception(ros)
    camera = ros.publisher(CompressedImage, 'image/compressed')
    result = perception.answer(camera, compressed('.jpg', pixels(), 'jpeg', stamp_ns(1)))
    assert len(result.humans) == 2
    assert ros.node.count_subscribers('/image') == 0


def test_frames_reach_the_models_as_they_were_sent(ros: Ros) -> None:
    perception = Perception(ros)
    camera = ros.publisher(Image, 'image')
    picture = np.random.default_rng(0).integers(0, 255, pixels().shape).astype(np.uint8)
    perception.answer(camera, message('rgb8', picture, padding=6, stamp_ns=stamp_ns(1)))
    (frame,) = perception.pose.frames
    assert frame.encoding == 'rgb8'
    np.testing.assert_array_equal(frame.pixels, picture)
    assert perception.segmentation.frames[0].pixels is frame.pixels  # decoded once


def test_while_one_image_is_processed_only_the_newest_waits(ros: Ros) -> None:
    perception = Perception(ros)
    camera = ros.publisher(Image, 'image')
    perception.answer(camera, image(0))
    for step in range(1, 9):
        camera.publish(image(step))
    ros.until(lambda: perception.pose.stamps[-1] == stamp_ns(8), 'for the newest image')
    ros.rest(0.3)
    steps = [stamp_ns(step) for step in range(9)]
    assert perception.pose.stamps[-1] == steps[8]
    assert len(perception.pose.stamps) < 9
    counts = perception.node.image.counts()
    assert counts['frames_in'] == 9 == len(perception.pose.stamps) + counts['dropped_superseded']


def test_the_skeleton_is_there_for_who_comes_late(ros: Ros) -> None:
    Perception(ros)
    heard = ros.listen(Skeleton, 'skeleton', latched=True)
    ros.until(lambda: heard, 'for the skeleton')
    assert heard[0].name == 'coco17'
    assert heard[0].joint_names[0] == 'nose'


def test_what_nobody_listens_to_is_not_made(ros: Ros, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def note(name: str, function: Callable[..., Any], *arguments: Any) -> Any:
        made.append(name)
        return function(*arguments)

    from ros_vision_perception.nodes import outputs

    for name in ('masks_to_msg', 'label_map', 'draw_overlay'):
        monkeypatch.setattr(outputs, name, partial(note, name, getattr(outputs, name)))
    perception = Perception(ros)
    camera = ros.publisher(Image, 'image')
    perception.answer(camera, image(1))
    assert made == []
    topics = {
        'keypoints': PersonKeypointsArray,
        'masks': InstanceMaskArray,
        'label_map': Image,
        'overlay/compressed': CompressedImage,
    }
    heard = {topic: ros.listen(kind, topic) for topic, kind in topics.items()}
    perception.answer(camera, image(2))
    ros.until(lambda: all(heard.values()), f'for {list(topics)}')
    assert made == ['masks_to_msg', 'label_map', 'draw_overlay']
    assert all(messages[0].header == image(2).header for messages in heard.values())
    assert np.unique(heard['label_map'][0].data).tolist() == [0, 1, 2, 3]
    assert frame_from_compressed(heard['overlay/compressed'][0]).size == (320, 240)


def depth(samples: np.ndarray, step: int) -> Image:
    return message('32FC1', samples.astype(np.float32), stamp_ns=stamp_ns(step))


def intrinsics() -> CameraInfo:
    info = CameraInfo(width=320, height=240)
    info.k = [300.0, 0.0, 160.0, 0.0, 300.0, 120.0, 0.0, 0.0, 1.0]
    return info


def test_depth_of_the_same_stamp_puts_people_into_space(ros: Ros) -> None:
    perception = Perception(ros, use_depth=True, join_deadline_ms=10000.0)
    camera, range_finder = ros.publisher(Image, 'image'), ros.publisher(Image, 'depth/image')
    calibration = ros.publisher(CameraInfo, 'camera_info')
    calibration.publish(intrinsics())
    ros.until(lambda: perception.node.depth.parts.camera is not None, 'for the intrinsics')
    for step in range(1, 4):
        range_finder.publish(depth(np.full((240, 320), 3.0), step))
        result = perception.answer(camera, image(step))
    assert result.inputs == HumanStateArray.POSE + HumanStateArray.MASK + HumanStateArray.DEPTH
    assert not result.degraded
    assert all(person.has_3d for person in result.humans)
    for person in result.humans:
        assert person.pose.pose.position.z == pytest.approx(3.0, abs=0.5)


def test_depth_without_a_single_value_is_no_harm(ros: Ros) -> None:
    perception = Perception(ros, use_depth=True, join_deadline_ms=10000.0)
    camera, range_finder = ros.publisher(Image, 'image'), ros.publisher(Image, 'depth/image')
    range_finder.publish(depth(np.full((240, 320), np.nan), 1))
    result = perception.answer(camera, image(1))
    assert len(result.humans) == 2
    assert not any(person.has_3d for person in result.humans)


@pytest.mark.parametrize(
    ('frame_id', 'size', 'cause'),
    [
        ('depth_optical_frame', (240, 320), 'depth_of_another_frame'),
        ('camera', (200, 320), 'depth_of_another_shape'),
    ],
)
def test_depth_of_another_camera_is_not_used_and_that_is_counted(
    ros: Ros, frame_id: str, size: tuple[int, int], cause: str
) -> None:
    perception = Perception(ros, use_depth=True, join_deadline_ms=10000.0)
    camera, range_finder = ros.publisher(Image, 'image'), ros.publisher(Image, 'depth/image')
    other = depth(np.full(size, 3.0), 1)
    other.header.frame_id = frame_id
    range_finder.publish(other)
    result = perception.answer(camera, image(1))
    assert result.degraded
    assert 'depth' in result.degraded_reason
    assert result.inputs == HumanStateArray.POSE + HumanStateArray.MASK
    assert perception.node.depth.faults.counts == {cause: 1}


def test_intrinsics_of_another_camera_or_of_an_unknown_lens_give_no_metres(ros: Ros) -> None:
    perception = Perception(ros)
    camera, calibration = ros.publisher(Image, 'image'), ros.publisher(CameraInfo, 'camera_info')
    info = intrinsics()
    info.header.frame_id = 'another_camera'
    calibration.publish(info)
    ros.until(lambda: perception.node.depth.parts.camera is not None, 'for the intrinsics')
    assert not any(person.has_3d for person in perception.answer(camera, image(1)).humans)
    info.header.frame_id, info.distortion_model, info.d = 'camera', 'ftheta', [0.1]
    calibration.publish(info)
    ros.until(lambda: perception.node.depth.parts.camera is None, 'for the lens to be refused')
    assert not any(person.has_3d for person in perception.answer(camera, image(2)).humans)
    counts = perception.node.depth.faults.counts
    assert counts == {'camera_info_of_another_frame': 1, 'unknown_distortion_model': 1}


def test_without_depth_the_size_of_people_tells_how_far_away_they_are(ros: Ros) -> None:
    perception = Perception(ros)
    camera, calibration = ros.publisher(Image, 'image'), ros.publisher(CameraInfo, 'camera_info')
    calibration.publish(intrinsics())
    ros.until(lambda: perception.node.depth.parts.camera is not None, 'for the intrinsics')
    for person in perception.answer(camera, image(1)).humans:
        assert person.has_3d
        assert np.isfinite(person.twist.twist.linear.x)
        assert np.isnan(person.twist.twist.angular.x)
        # Wholly seen people of 300 px focal length: their height in px tells their distance.
        height_px = person.bbox.y_max - person.bbox.y_min
        expected_m = 300.0 * 1.55 / height_px
        assert person.pose.pose.position.z == pytest.approx(expected_m, rel=0.3)


def test_without_its_depth_an_image_is_late_by_the_deadline_and_degraded(ros: Ros) -> None:
    perception = Perception(ros, use_depth=True, join_deadline_ms=300.0)
    camera = ros.publisher(Image, 'image')
    result = perception.answer(camera, image(1))
    assert result.degraded
    assert result.degraded_reason == 'depth missing'
    assert result.processing_latency.nanosec >= 300_000_000
    assert len(result.humans) == 2


def test_a_best_effort_camera_is_heard(ros: Ros) -> None:
    perception = Perception(ros)
    quality = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
    camera = ros.publisher(Image, 'image', quality)
    assert perception.answer(camera, image(1)).humans


def test_topics_follow_namespace_and_remapping(ros: Ros) -> None:
    pose, segmentation = StickPose(), StickSegmentation()

    def make(**options: Any) -> PerceptionNode:
        return PerceptionNode(
            lambda *_: (pose, segmentation),
            namespace='robot',
            cli_args=['--ros-args', '-r', 'image:=/front/image_raw'],
            **options,
        )

    ros.start(make)
    heard = ros.listen(HumanStateArray, '/robot/humans')
    ros.publisher(CompressedImage, '/front/image_raw/compressed').publish(
        compressed('.png', pixels(), 'png', stamp_ns(1))
    )
    ros.until(lambda: heard, 'for a result')


def test_simulated_time_is_that_of_the_result(ros: Ros) -> None:
    perception = Perception(ros, use_sim_time=True)
    camera = ros.publisher(Image, 'image')
    before = perception.answer(camera, image(1))
    assert (before.published.sec, before.sensor_age.sec) == (0, 0)
    clock = ros.publisher(Clock, '/clock')
    tick = Clock()
    tick.clock.sec, tick.clock.nanosec = divmod(stamp_ns(2) + 50_000_000, 10**9)
    clock.publish(tick)
    ros.until(lambda: perception.node.get_clock().now().nanoseconds > 0, 'for the time')
    after = perception.answer(camera, image(2))
    assert after.published == tick.clock
    assert (after.sensor_age.sec, after.sensor_age.nanosec) == (0, 50_000_000)


def values(status: DiagnosticArray) -> dict[str, str]:
    return {pair.key: pair.value for pair in status.status[0].values}


def test_stages_are_told_to_who_asks(ros: Ros) -> None:
    perception = Perception(ros)
    camera = ros.publisher(Image, 'image')
    heard = ros.listen(DiagnosticArray, 'stage_times')
    perception.answer(camera, image(1))
    ros.until(lambda: heard, 'for the times')
    assert heard[0].header == image(1).header
    times = {name: float(text) for name, text in values(heard[0]).items()}
    assert set(times) == {'receive_ms', 'convert_ms', 'infer_ms', 'fuse_ms', 'publish_ms'}
    assert all(time >= 0.0 for time in times.values())
