"""Fusion as a node of its own: joins what other nodes found, as if all were one process."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')

from rclpy.node import Node
from rclpy.publisher import Publisher
from sensor_msgs.msg import Image

from ros_vision_perception.core.skeleton import BLAZEPOSE33, COCO17
from ros_vision_perception.core.types import Keypoints
from ros_vision_perception.msg import (
    HumanStateArray,
    InstanceMaskArray,
    PersonKeypointsArray,
    Skeleton,
)
from ros_vision_perception.nodes.conversions.keypoints import KeypointsWriter
from ros_vision_perception.nodes.conversions.masks import masks_to_msg
from ros_vision_perception.nodes.fusion_node import FusionNode
from ros_vision_perception.nodes.perception_node import PerceptionNode
from ros_vision_perception.nodes.pose_node import PoseNode
from ros_vision_perception.nodes.segmentation_node import SegmentationNode
from test.core.people import IMAGE_SIZE, detect, segment
from test.nodes.images import message
from test.nodes.models import StickPose, StickSegmentation, pixels, scene, stamp_ns
from test.nodes.ros import Ros

pytestmark = pytest.mark.ros

SLOW_MS = 10_000.0  # a deadline that no test lets pass


class Fusion:
    """A fusion node in a test, and the nodes that would feed it.

    Attributes:
        node: itself.
        humans: its results so far.
    """

    def __init__(self, ros: Ros, **parameters: Any) -> None:
        self.node = ros.start(FusionNode, **parameters)
        self._ros = ros
        self._writer = KeypointsWriter(COCO17, 'sticks')
        self._keypoints = ros.publisher(PersonKeypointsArray, 'keypoints')
        self._masks: Publisher | None = None
        self.humans = ros.listen(HumanStateArray, 'humans')

    def show_poses(self, step: int) -> None:
        """Publish the poses at a time."""
        header = message('mono8', stamp_ns=stamp_ns(step)).header
        self._keypoints.publish(self._writer.write(detect(scene(stamp_ns(step))), header))

    def show_masks(self, step: int) -> None:
        """Publish the masks at a time."""
        if self._masks is None:
            self._masks = self._ros.publisher(InstanceMaskArray, 'masks')
        header = message('mono8', stamp_ns=stamp_ns(step)).header
        self._masks.publish(masks_to_msg(segment(scene(stamp_ns(step))), header, 'sticks'))

    def answers(self, count: int) -> list[HumanStateArray]:
        """Return the results when there are so many."""
        self._ros.until(lambda: len(self.humans) >= count, f'for {count} results')
        return self.humans


def steps(results: list[HumanStateArray]) -> list[int]:
    stamps = [r.header.stamp.sec * 10**9 + r.header.stamp.nanosec for r in results]
    return [(stamp - stamp_ns(0)) // (stamp_ns(1) - stamp_ns(0)) for stamp in stamps]


def test_poses_and_masks_of_one_stamp_are_one_result(ros: Ros) -> None:
    fusion = Fusion(ros, join_deadline_ms=SLOW_MS)
    fusion.show_poses(1)
    fusion.show_masks(1)
    (result,) = fusion.answers(1)
    assert result.inputs == HumanStateArray.POSE + HumanStateArray.MASK
    assert not result.degraded
    assert len(result.humans) == 2
    assert result.header.frame_id == 'camera'
    heard = ros.listen(Skeleton, 'skeleton', latched=True)
    ros.until(lambda: heard, 'for the skeleton')
    assert heard[0].name == 'coco17'


def test_missing_masks_degrade_the_result_after_the_deadline(ros: Ros) -> None:
    fusion = Fusion(ros, join_deadline_ms=300.0)
    fusion.show_poses(1)
    (result,) = fusion.answers(1)
    assert (result.degraded, result.degraded_reason) == (True, 'masks missing')
    assert result.inputs == HumanStateArray.POSE
    assert result.processing_latency.nanosec >= 300_000_000
    assert len(result.humans) == 2


def test_masks_that_are_not_wanted_are_not_waited_for(ros: Ros) -> None:
    fusion = Fusion(ros, use_masks=False, join_deadline_ms=SLOW_MS)
    fusion.show_poses(1)
    (result,) = fusion.answers(1)
    assert not result.degraded
    assert result.processing_latency.sec == 0


def test_missing_poses_degrade_the_result_and_nobody_is_forgotten(ros: Ros) -> None:
    fusion = Fusion(ros, join_deadline_ms=SLOW_MS)
    fusion.show_poses(1)
    fusion.show_masks(1)
    fusion.show_masks(2)
    fusion.show_masks(3)
    fusion.show_poses(3)
    results = fusion.answers(3)
    assert steps(results) == [1, 2, 3]
    assert results[1].degraded_reason == 'keypoints missing'
    assert results[1].inputs == HumanStateArray.MASK
    assert [[h.track_id for h in result.humans] for result in results] == [[1, 2]] * 3


def test_what_came_is_what_went_out_and_what_was_dropped_poses_or_not(ros: Ros) -> None:
    fusion = Fusion(ros, join_deadline_ms=SLOW_MS)
    fusion.show_poses(1)
    fusion.show_masks(1)
    fusion.show_masks(2)  # goes on without poses
    fusion.show_poses(3)
    fusion.show_poses(3)  # once is enough
    fusion.show_masks(3)
    fusion.answers(3)
    told = (fusion.node, *fusion.node.sources())
    counts = dict(pair for source in told for pair in source.counts().items())
    assert counts['frames_in'] == 4
    assert counts['dropped_late'] == 1


def test_before_the_first_poses_nothing_is_said_about_people(ros: Ros) -> None:
    fusion = Fusion(ros, join_deadline_ms=50.0)
    fusion.show_masks(1)
    ros.rest(0.5)
    assert fusion.humans == []
    fusion.show_poses(2)
    assert steps(fusion.answers(1)) == [2]


def test_a_bag_played_again_begins_anew(ros: Ros) -> None:
    fusion = Fusion(ros, use_masks=False)
    fusion.show_poses(3)
    for count, step in enumerate((4, 5, 1, 2), start=2):
        fusion.show_poses(step)
        fusion.answers(count)
    assert steps(fusion.humans) == [3, 4, 5, 1, 2]
    ages = [result.humans[0].age.nanosec for result in fusion.humans]
    assert ages == [0, 100_000_000, 200_000_000, 0, 100_000_000]


@pytest.mark.parametrize(
    ('damage', 'cause'),
    [
        (lambda poses: setattr(poses, 'skeleton', 'octopus'), 'unknown_skeleton'),
        (lambda poses: poses.people[0].keypoints.pop(), 'bad_keypoints'),
        (lambda poses: setattr(poses.header.stamp, 'sec', 0), 'zero_stamp'),
    ],
    ids=['skeleton', 'joints', 'stamp'],
)
def test_damaged_poses_are_said_and_dropped(
    ros: Ros, logged: list[str], damage: Callable[[Any], Any], cause: str
) -> None:
    fusion = Fusion(ros, use_masks=False)
    header = message('mono8', stamp_ns=stamp_ns(1)).header
    header.stamp.nanosec = 0
    poses = KeypointsWriter(COCO17, 'sticks').write(detect(scene(stamp_ns(1))), header)
    damage(poses)
    camera = ros.publisher(PersonKeypointsArray, 'keypoints')
    camera.publish(poses)
    camera.publish(poses)
    ros.until(lambda: any(cause in line for line in logged), 'for a warning')
    fusion.show_poses(2)
    assert fusion.answers(1)
    assert len([line for line in logged if cause in line]) == 1


def test_poses_in_another_skeleton_begin_anew(ros: Ros) -> None:
    fusion = Fusion(ros, use_masks=False)
    announced = ros.listen(Skeleton, 'skeleton', latched=True)
    fusion.show_poses(1)
    fusion.answers(1)
    header = message('mono8', stamp_ns=stamp_ns(2)).header
    nobody = Keypoints.empty(BLAZEPOSE33, IMAGE_SIZE)
    poses = KeypointsWriter(BLAZEPOSE33, 'other').write(nobody, header)
    ros.publisher(PersonKeypointsArray, 'keypoints').publish(poses)
    result = fusion.answers(2)[-1]
    assert (result.skeleton, len(result.humans)) == ('blazepose33', 0)
    ros.until(lambda: len(announced) == 2, 'for the other skeleton')
    assert [skeleton.name for skeleton in announced] == ['coco17', 'blazepose33']


def results_of(
    ros: Ros, nodes: list[Callable[..., Node]], image_nodes: int, count: int
) -> list[HumanStateArray]:
    """Return what nodes say about the same images."""
    for make in nodes:
        ros.start(make)
    cameras = ros.publisher(Image, 'image')
    humans = ros.listen(HumanStateArray, 'humans')
    ros.until(lambda: cameras.get_subscription_count() == image_nodes, 'for all image nodes')
    for step in range(1, count + 1):
        cameras.publish(message('bgr8', pixels(), stamp_ns=stamp_ns(step)))
        ros.until(partial(has_length, humans, step), f'for the result of image {step}')
    return humans


def has_length(items: list, length: int) -> bool:
    return len(items) == length


def without_clocks(result: HumanStateArray) -> HumanStateArray:
    for name in ('published', 'processing_latency', 'sensor_age'):
        part = getattr(result, name)
        part.sec = part.nanosec = 0
    return result


def test_separate_nodes_and_one_process_give_the_same_result(ros_domain: int) -> None:
    pose, segmentation = StickPose(), StickSegmentation()
    one: list[Callable[..., Node]] = [
        lambda **options: PerceptionNode(lambda *_: (pose, segmentation), **options)
    ]
    separate: list[Callable[..., Node]] = [
        lambda **options: PoseNode(lambda *_: pose, **options),
        lambda **options: SegmentationNode(lambda *_: segmentation, **options),
        FusionNode,
    ]
    results = []
    for nodes, image_nodes in ((one, 1), (separate, 2)):
        ros = Ros()
        try:
            answers = results_of(ros, nodes, image_nodes, 12)
            results.append([repr(without_clocks(answer)) for answer in answers])
        finally:
            ros.close()
    assert results[0] == results[1]
    assert 'HumanJoint' in results[0][-1]
