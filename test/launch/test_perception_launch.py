"""The launch file on a real ROS install: real processes, from an image to `humans`."""

from pathlib import Path

import pytest

pytest.importorskip('launch_pytest', reason='needs launch_pytest of a ROS install')
rclpy = pytest.importorskip('rclpy', reason='needs ROS 2')

from launch import LaunchDescription  # noqa: E402
from launch.actions import IncludeLaunchDescription  # noqa: E402
from launch.launch_description_sources import PythonLaunchDescriptionSource  # noqa: E402
import launch_pytest  # noqa: E402
from launch_pytest.actions import ReadyToTest  # noqa: E402
from rclpy.executors import SingleThreadedExecutor  # noqa: E402
from rclpy.qos import qos_profile_sensor_data  # noqa: E402
from sensor_msgs.msg import Image  # noqa: E402

from ros_vision_perception.msg import HumanStateArray  # noqa: E402

pytestmark = [pytest.mark.ros, pytest.mark.network, pytest.mark.timeout(600)]

_LAUNCH_FILE = Path(__file__).parents[2] / 'launch' / 'perception.launch.py'
_PATIENCE_S = 300.0  # the first start fetches the models
_IMAGE_TOPIC, _NAMESPACE = '/camera/image_raw', 'robot'


@launch_pytest.fixture(params=['true', 'false'], ids=['composed', 'separate'])
def perception(request: pytest.FixtureRequest, ros_domain: int) -> LaunchDescription:
    arguments = {
        **{'image': _IMAGE_TOPIC, 'namespace': _NAMESPACE, 'transport': 'raw'},
        'composed': request.param,
    }
    source = PythonLaunchDescriptionSource(str(_LAUNCH_FILE))
    return LaunchDescription(
        [
            IncludeLaunchDescription(source, launch_arguments=arguments.items()),
            ReadyToTest(),
        ]
    )


@pytest.mark.launch(fixture=perception)
def test_an_image_becomes_humans_with_its_header() -> None:
    image = Image(height=48, width=64, encoding='bgr8', step=192, data=bytes(48 * 192))
    image.header.frame_id = 'camera_optical'
    received: list[HumanStateArray] = []
    context = rclpy.Context()
    context.init()
    node = rclpy.create_node('tester', context=context)
    try:
        publisher = node.create_publisher(Image, _IMAGE_TOPIC, qos_profile_sensor_data)
        node.create_subscription(HumanStateArray, f'/{_NAMESPACE}/humans', received.append, 10)
        executor = SingleThreadedExecutor(context=context)
        executor.add_node(node)
        deadline = node.get_clock().now().nanoseconds + int(_PATIENCE_S * 1e9)
        while not received and node.get_clock().now().nanoseconds < deadline:
            image.header.stamp = node.get_clock().now().to_msg()
            publisher.publish(image)
            executor.spin_once(timeout_sec=0.5)
    finally:
        node.destroy_node()
        context.shutdown()
    assert received, f'no humans within {_PATIENCE_S} s'
    assert received[0].header.frame_id == 'camera_optical'
    assert (received[0].image_width, received[0].image_height) == (64, 48)
    assert len(received[0].humans) == 0
