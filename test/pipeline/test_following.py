"""People are followed by their joints in between two looks of the detector."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from ros_vision_perception.core.geometry import box_iou, oks
from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.core.types import Frame, Keypoints
from ros_vision_perception.models.base import Boxes, PointsInImage
from ros_vision_perception.models.movenet import MoveNet
from ros_vision_perception.pipeline.crops import CropPose
from ros_vision_perception.pipeline.following import Followed
from ros_vision_perception.pipeline.load import load_pose
from ros_vision_perception.pipeline.stages import no_stages
from ros_vision_perception.pipeline.top_down import TopDownConfig, TopDownPose

SIZE = 640, 360
NEXT = Frame(np.zeros((SIZE[1], SIZE[0], 3), np.uint8), 'rgb8', 0)
BODY = np.random.default_rng(0).uniform([-30, -80], [30, 80], (17, 2))
REACH = np.array([-40.0, -90, 40, 90])


class World:
    """Stick people of one colour each, and networks that find them: as detector, and in crops."""

    def __init__(self) -> None:
        self.people: dict[int, tuple[float, float]] = {}
        self.looks = 0
        self.seen = 1.0
        self.box_score = 0.8
        self.input_shapes: dict[str, tuple[int | None, ...]] = {'crops': (None, 192, 192, 3)}
        self.output_shapes: dict = {}

    def frame(self, stamp_ns: int = 0) -> Frame:
        pixels = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
        for colour, middle in self.people.items():
            x, y = np.round(middle).astype(int)
            pixels[max(0, y - 60) : max(0, y + 60), max(0, x - 20) : max(0, x + 20)] = colour
        return Frame(pixels, 'rgb8', stamp_ns)

    def preprocess(self, frames: Sequence[Frame]) -> dict[str, np.ndarray]:
        return {'frame': np.zeros(1)}

    def decode(
        self, outputs: Mapping[str, np.ndarray], image_sizes: Sequence[tuple[int, int]]
    ) -> list[Boxes]:
        self.looks += 1
        boxes = np.array([np.tile(middle, 2) + 0.5 + REACH for middle in self.people.values()])
        people = len(self.people)
        return [
            Boxes(
                boxes.reshape(-1, 4).astype(np.float32),
                np.full(people, self.box_score, np.float32),
            )
        ]

    def run(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        if 'frame' in inputs:
            return {}
        joints = np.zeros((len(inputs['crops']), 1, 17, 3), np.float32)
        for crop, row in zip(inputs['crops'], joints[:, 0], strict=True):
            colours, counts = np.unique(crop[..., 0], return_counts=True)
            counts = np.where(np.isin(colours, list(self.people)), counts, 0)
            if counts.max() < 200:
                continue
            y, x = np.nonzero(crop[..., 0] == colours[counts.argmax()])
            # The stick is 120 px high.
            scale = np.ptp(y) / 120
            points = BODY * scale + np.array([x.mean(), y.mean()])
            row[:, :2] = (points[:, ::-1] + 0.5) / 192
            row[:, 2] = self.seen
        return {'joints': joints}

    def pipeline(self, detect_every: int) -> TopDownPose:
        crops = CropPose(self, MoveNet(192, 'crops', 'joints'), flip_test=False)
        return TopDownPose((self, self), crops, 'world', detect_every)


def middles(found: Keypoints) -> np.ndarray:
    return found.keypoints_xy.mean(axis=1) - BODY.mean(axis=0)


@pytest.mark.parametrize(('every', 'looks'), [(1, 12), (4, 3), (5, 3), (100, 1)])
def test_somebody_who_walks_is_followed_between_the_looks(every: int, looks: int) -> None:
    world = World()
    pipeline = world.pipeline(every)
    for step in range(12):
        world.people = {200: (200.0 + 6 * step, 180.0 + 2 * step)}
        found = pipeline.estimate(world.frame(), no_stages)
        np.testing.assert_allclose(middles(found), [world.people[200]], atol=2)
        box = np.tile(world.people[200], 2) + 0.5 + REACH
        np.testing.assert_allclose(found.boxes_xyxy, [box], atol=4)
        np.testing.assert_allclose(found.person_scores, [np.sqrt(0.8)], atol=1e-6)
    assert world.looks == looks


def test_somebody_new_is_found_at_the_next_look() -> None:
    world = World()
    pipeline = world.pipeline(4)
    counts = []
    for step in range(6):
        world.people = {200: (200.0, 180.0)} | ({100: (450.0, 180.0)} if step > 0 else {})
        counts.append(len(pipeline.estimate(world.frame(), no_stages)))
    assert counts == [1, 1, 1, 1, 2, 2] and world.looks == 2


def test_when_somebody_is_lost_the_detector_looks_again() -> None:
    world = World()
    pipeline = world.pipeline(100)
    world.people = {200: (200.0, 180.0), 100: (450.0, 180.0)}
    assert len(pipeline.estimate(world.frame(), no_stages)) == 2
    del world.people[100]
    assert len(pipeline.estimate(world.frame(), no_stages)) == 1 and world.looks == 1
    world.people[150] = (500.0, 180.0)
    assert len(pipeline.estimate(world.frame(), no_stages)) == 2 and world.looks == 2


def test_somebody_whose_joints_are_hardly_seen_any_more_is_lost() -> None:
    world = World()
    pipeline = world.pipeline(100)
    world.people = {200: (200.0, 180.0)}
    pipeline.estimate(world.frame(), no_stages)
    world.seen = 0.6
    assert len(pipeline.estimate(world.frame(), no_stages)) == 1
    world.seen = 0.4
    assert len(pipeline.estimate(world.frame(), no_stages)) == 0
    # Found again, and followed as somebody of whom no more is to be expected.
    for _ in range(3):
        assert len(pipeline.estimate(world.frame(), no_stages)) == 1
    assert world.looks == 2


def test_a_weak_guess_that_is_lost_is_worth_no_look() -> None:
    world = World()
    world.box_score = 0.2
    pipeline = world.pipeline(100)
    world.people = {200: (200.0, 180.0), 100: (450.0, 180.0)}
    assert len(pipeline.estimate(world.frame(), no_stages)) == 2
    del world.people[100]
    for _ in range(3):
        assert len(pipeline.estimate(world.frame(), no_stages)) == 1 and world.looks == 1


def test_while_nobody_is_there_the_detector_looks_in_every_frame() -> None:
    world = World()
    pipeline = world.pipeline(100)
    for _ in range(3):
        assert len(pipeline.estimate(world.frame(), no_stages)) == 0
    assert world.looks == 3


def test_a_new_stream_or_another_size_of_image_begins_with_a_look() -> None:
    world = World()
    world.people = {200: (200.0, 180.0)}
    pipeline = world.pipeline(100)
    frame = world.frame()
    pipeline.estimate(frame, no_stages)
    pipeline.reset()
    pipeline.estimate(frame, no_stages)
    assert world.looks == 2
    pipeline.estimate(Frame(np.ascontiguousarray(frame.pixels[:-2]), 'rgb8', 0), no_stages)
    assert world.looks == 3


def test_after_a_gap_in_time_the_detector_looks_again() -> None:
    world = World()
    world.people = {200: (200.0, 180.0)}
    pipeline = world.pipeline(100)
    for stamp_s in (0, 0.1, 0.6, 2, 2.1):
        pipeline.estimate(world.frame(round(stamp_s * 1e9)), no_stages)
    assert world.looks == 2


def points(joints_xy: np.ndarray, score: float = 1.0) -> PointsInImage:
    return PointsInImage(joints_xy, np.full(joints_xy.shape[:2], score))


def followed(middle_xy: list[list[float]]) -> Followed:
    middles = np.array(middle_xy)
    boxes = Boxes(np.tile(middles, 2) + 0.5 + REACH, np.linspace(0.9, 0.8, len(middles)))
    return Followed.begin(boxes, points(middles[:, None] + BODY), NEXT)


def test_a_box_grows_with_the_body() -> None:
    now = followed([[200, 150]]).go_on(points(np.array([[[200, 150]]]) + 1.1 * BODY), NEXT, COCO17)
    np.testing.assert_allclose(now.people.boxes_xyxy, [np.tile([200, 150], 2) + 0.5 + 1.1 * REACH])


def test_of_two_who_became_one_the_likelier_stays() -> None:
    moved = np.array([[[200, 150]], [[202, 150]]]) + BODY
    now = followed([[200, 150], [300, 150]]).go_on(points(moved), NEXT, COCO17)
    np.testing.assert_allclose(now.people.scores, [0.9])


@pytest.mark.parametrize('bad', [np.nan, np.inf, 1e9])
def test_somebody_whose_joints_cannot_be_is_lost_alone(bad: float) -> None:
    joints = np.array([[[200.0, 150]], [[400, 150]]]) + BODY
    joints[0] += bad
    now = followed([[200, 150], [400, 150]]).go_on(points(joints), NEXT, COCO17)
    np.testing.assert_allclose(now.joints.points_xy, joints[1:])


def test_real_people_are_followed_as_if_the_detector_looked_in_every_frame(assets: Path) -> None:
    networks = [
        assets / 'models' / name
        for name in ('rtmdet_nano_person_end2end.onnx', 'movenet_singlepose_lightning.onnx')
    ]
    always, seldom = (
        load_pose(
            '+'.join(map(str, networks)),
            threads=2,
            max_people=6,
            with_masks=False,
            skeleton='',
            report=print,
            top_down=TopDownConfig(detect_every=every),
        )
        for every in (1, 10)
    )
    capture = cv2.VideoCapture(str(assets / 'videos' / 'mmaction2_struct.mp4'))
    similar, overlaps = [], []
    for _ in range(12):
        _, pixels = capture.read()
        frame = Frame(cv2.resize(pixels, None, fx=0.5, fy=0.5), 'bgr8', 0)
        want, found = (pipeline.estimate(frame, no_stages) for pipeline in (always, seldom))
        sure = want.person_scores >= 0.5
        areas = 0.5 * np.prod(want.boxes_xyxy[sure, 2:] - want.boxes_xyxy[sure, :2], axis=1)
        poses = want.keypoints_xy[sure], found.keypoints_xy
        alike = oks(*poses, COCO17.sigmas, areas[:, None], want.scores[sure][:, None])
        similar += alike.max(axis=1).tolist()
        overlaps += box_iou(want.boxes_xyxy[sure], found.boxes_xyxy).max(axis=1).tolist()
    assert len(similar) > 20
    # Measured .95 and .88.
    assert np.mean(similar) > 0.9 and np.mean(overlaps) > 0.8
