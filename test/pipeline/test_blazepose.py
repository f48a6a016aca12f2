"""Following people, with networks replaced by arithmetic on a planted scene."""

import numpy as np
import pytest

from ros_vision_perception.core.geometry import apply_affine
from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.core.types import Frame, Keypoints
from ros_vision_perception.models import blazepose_detector as detector
from ros_vision_perception.pipeline.blazepose import BlazePoseConfig, BlazePosePipeline
from ros_vision_perception.pipeline.pose import InSkeleton
from ros_vision_perception.pipeline.stages import no_stages

SIZE = 320


class Scene:
    """People as grey discs of distinct brightness; both networks read it off their input."""

    def __init__(self) -> None:
        self.people: dict[int, tuple[float, float, float]] = {}  # grey -> x, y, radius
        self.doubted: set[int] = set()
        self.detector_calls = self.landmark_calls = self.crops = 0

    def frame(self, time_s: float) -> Frame:
        ys, xs = np.mgrid[:SIZE, :SIZE]
        pixels = np.zeros((SIZE, SIZE, 3), np.uint8)
        for grey, (x, y, radius) in self.people.items():
            pixels[np.hypot(xs - x, ys - y) < radius] = grey
        return Frame(pixels, 'bgr8', round(time_s * 1e9))


class FakeDetector:
    input_shapes: dict[str, tuple[int | None, ...]] = {}  # noqa: RUF012
    output_shapes: dict[str, tuple[int | None, ...]] = {}  # noqa: RUF012

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    def run(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        self.scene.detector_calls += 1
        image = np.rint((inputs['image'][0, 0] + 1) * 127.5)
        boxes = np.zeros((1, 2254, 12), np.float32)
        scores = np.full((1, 2254, 1), -20.0, np.float32)
        for anchor, grey in enumerate(self.scene.people):
            rows, columns = np.nonzero(np.abs(image - grey) < 2)
            if len(rows) < 20 or rows.min() == 0 or columns.min() == 0:
                continue
            if rows.max() == 223 or columns.max() == 223:
                continue
            center = np.array([columns.mean(), rows.mean()])
            radius = np.sqrt(len(rows) / np.pi)
            relative = center - (detector.anchor_centers()[anchor] * 224 - 0.5)
            boxes[0, anchor, :2], boxes[0, anchor, 2:4] = relative, radius
            boxes[0, anchor, 4:] = np.tile(relative, 4)
            boxes[0, anchor, 7] -= radius  # the circle's top
            scores[0, anchor] = 4.0
        return {'boxes': boxes, 'scores': scores}


class FakeLandmark:
    input_shapes: dict[str, tuple[int | None, ...]] = {}  # noqa: RUF012
    output_shapes: dict[str, tuple[int | None, ...]] = {}  # noqa: RUF012

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    def run(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        people = len(inputs['image'])
        self.scene.landmark_calls += 1
        self.scene.crops += people
        landmarks = np.zeros((people, 39, 5), np.float32)
        flags = np.zeros((people, 1), np.float32)
        spread = np.random.default_rng(0).uniform(-1, 1, (39, 2)) * 0.7
        for index, image in enumerate(np.rint(inputs['image'][:, 0] * 255)):
            grey = int(image[127, 127])
            rows, columns = np.nonzero(np.abs(image - grey) < 2)
            if grey not in self.scene.people or grey in self.scene.doubted:
                continue
            center = np.array([columns.mean(), rows.mean()]) + 0.5
            radius = np.sqrt(len(rows) / np.pi)
            landmarks[index, :, :2] = center + radius * spread
            landmarks[index, 33, :2], landmarks[index, 34, :2] = center, center - [0, radius]
            flags[index] = 0.99
        return {
            'landmarks': landmarks.reshape(people, 195),
            'person_flag': flags,
            'heatmap': np.full((people, 39, 64, 64), -20.0, np.float32),
            'world_landmarks': np.zeros((people, 117), np.float32),
        }


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture
def pipeline(scene: Scene) -> BlazePosePipeline:
    config = BlazePoseConfig(search_interval_s=0.5)
    return BlazePosePipeline(FakeDetector(scene), FakeLandmark(scene), 'fake', config)


def centers(keypoints: Keypoints) -> list[tuple[int, int]]:
    middle = keypoints.keypoints_xy.mean(axis=1)
    return sorted((round(float(x)), round(float(y))) for x, y in middle)


def test_nobody_there_gives_an_empty_answer(scene: Scene, pipeline: BlazePosePipeline) -> None:
    found = pipeline.estimate(scene.frame(0.0), no_stages)
    assert len(found) == 0 and found.image_size == (SIZE, SIZE)
    assert scene.landmark_calls == 0


def test_person_is_followed_without_the_detector(
    scene: Scene, pipeline: BlazePosePipeline
) -> None:
    scene.people[200] = (120, 150, 50)
    pipeline.estimate(scene.frame(0.0), no_stages)
    calls = scene.detector_calls
    for i in range(1, 15):
        scene.people[200] = (120 + 4 * i, 150 + 2 * i, 50)
        found = pipeline.estimate(scene.frame(i / 30), no_stages)
        expected = np.array(scene.people[200][:2])
        assert len(found) == 1
        assert np.linalg.norm(found.boxes_xyxy.reshape(2, 2).mean(axis=0) - expected) < 20
    assert scene.detector_calls == calls
    assert scene.landmark_calls == 15


def test_several_people_cost_one_call(scene: Scene, pipeline: BlazePosePipeline) -> None:
    scene.people.update({100: (80, 80, 40), 160: (240, 80, 40), 220: (160, 240, 40)})
    assert len(pipeline.estimate(scene.frame(0.0), no_stages)) == 3
    assert scene.landmark_calls == 1


def test_newcomer_is_found_at_the_next_looks(scene: Scene, pipeline: BlazePosePipeline) -> None:
    scene.people[100] = (80, 80, 40)
    pipeline.estimate(scene.frame(0.0), no_stages)
    scene.people[200] = (240, 200, 40)
    counts = [len(pipeline.estimate(scene.frame(i / 10), no_stages)) for i in range(1, 30)]
    assert counts[0] == 1 and counts[-1] == 2


def test_no_answer_waits_for_the_detector_while_somebody_is_followed(
    scene: Scene, pipeline: BlazePosePipeline
) -> None:
    scene.people[100] = (80, 80, 40)
    pipeline.estimate(scene.frame(0.0), no_stages)
    scene.people[200] = (240, 200, 40)
    found = []
    for i in range(1, 90):
        pipeline.look_ahead(no_stages)
        looks = scene.detector_calls
        found.append(len(pipeline.estimate(scene.frame(i / 30), no_stages)))
        assert scene.detector_calls == looks
    assert found[-1] == 2


def test_no_answer_waits_for_a_look_at_somebody_who_is_not_believed_in(
    scene: Scene, pipeline: BlazePosePipeline
) -> None:
    scene.people[100] = (80, 80, 40)
    pipeline.estimate(scene.frame(0.0), no_stages)
    scene.people[200] = (240, 200, 40)
    scene.doubted.add(200)
    before = scene.crops
    looked_at = 0
    for i in range(1, 90):
        pipeline.look_ahead(no_stages)
        looked_at += scene.crops - before
        before = scene.crops
        assert len(pipeline.estimate(scene.frame(i / 30), no_stages)) == 1
        assert scene.crops == before + 1
        before = scene.crops
    assert looked_at > 0


def test_looking_ahead_changes_no_answer(scene: Scene, pipeline: BlazePosePipeline) -> None:
    scene.people[100] = (80, 80, 40)
    answers = []
    for look_ahead in (pipeline.look_ahead, lambda _: None):
        pipeline.reset()
        scene.people.pop(200, None)
        people = []
        for i in range(60):
            if i == 10:
                scene.people[200] = (240, 200, 40)
            people.append(pipeline.estimate(scene.frame(i / 30), no_stages).keypoints_xy.tolist())
            look_ahead(no_stages)
        answers.append(people)
    assert answers[0] == answers[1]
    assert len(answers[0][0]) == 1 and len(answers[0][-1]) == 2


def test_what_was_put_off_is_forgotten_with_the_stream(
    scene: Scene, pipeline: BlazePosePipeline
) -> None:
    scene.people[100] = (80, 80, 40)
    for i in range(2):
        pipeline.estimate(scene.frame(i / 30), no_stages)
    pipeline.reset()
    looks = scene.detector_calls
    pipeline.look_ahead(no_stages)
    assert scene.detector_calls == looks


def test_newcomer_before_a_slow_camera_does_not_wait(
    scene: Scene, pipeline: BlazePosePipeline
) -> None:
    scene.people[100] = (80, 80, 40)
    pipeline.estimate(scene.frame(0.0), no_stages)
    counts = []
    for i in range(1, 20):
        # One frame later they are not in the square any more in which they were found.
        scene.people[200] = (240, 80 + 160 * (i % 2), 40)
        counts.append(len(pipeline.estimate(scene.frame(0.3 * i), no_stages)))
    assert max(counts) == 2


def test_one_doubtful_frame_does_not_lose_the_person(
    scene: Scene, pipeline: BlazePosePipeline
) -> None:
    scene.people[200] = (120, 150, 50)
    pipeline.estimate(scene.frame(0.0), no_stages)
    calls = scene.detector_calls
    scene.doubted.add(200)
    assert len(pipeline.estimate(scene.frame(0.03), no_stages)) == 0
    scene.doubted.clear()
    assert len(pipeline.estimate(scene.frame(0.06), no_stages)) == 1
    assert scene.detector_calls == calls


def test_person_who_left_is_given_up_and_found_on_return(
    scene: Scene, pipeline: BlazePosePipeline
) -> None:
    scene.people[200] = (120, 150, 50)
    pipeline.estimate(scene.frame(0.0), no_stages)
    scene.people.clear()
    for i in range(1, 40):
        assert len(pipeline.estimate(scene.frame(i / 10), no_stages)) == 0
    calls = scene.landmark_calls
    pipeline.estimate(scene.frame(4.1), no_stages)
    assert scene.landmark_calls == calls  # nobody is followed any more
    scene.people[200] = (220, 100, 50)
    assert len(pipeline.estimate(scene.frame(4.2), no_stages)) == 1


def test_no_more_people_than_asked_for(scene: Scene) -> None:
    config = BlazePoseConfig(max_people=2)
    pipeline = BlazePosePipeline(FakeDetector(scene), FakeLandmark(scene), 'fake', config)
    scene.people.update({100: (80, 80, 40), 160: (240, 80, 40), 220: (160, 240, 40)})
    for i in range(5):
        assert len(pipeline.estimate(scene.frame(i / 10), no_stages)) == 2


def test_reset_makes_the_same_answers_again(scene: Scene, pipeline: BlazePosePipeline) -> None:
    def run() -> list[list[tuple[int, int]]]:
        pipeline.reset()
        answers = []
        for i in range(10):
            scene.people = {100: (80 + 3 * i, 80, 40), 200: (240 - 3 * i, 220, 40)}
            answers.append(centers(pipeline.estimate(scene.frame(i / 10), no_stages)))
        return answers

    assert run() == run()


def test_people_can_be_had_in_coco_joints(scene: Scene, pipeline: BlazePosePipeline) -> None:
    scene.people[200] = (120, 150, 50)
    native = pipeline.estimate(scene.frame(0.0), no_stages)
    pipeline.reset()
    mapped = InSkeleton(pipeline, COCO17).estimate(scene.frame(0.0), no_stages)
    assert mapped.skeleton is COCO17
    left_wrist = native.skeleton.index('left_wrist')
    np.testing.assert_array_equal(
        mapped.keypoints_xy[0, COCO17.index('left_wrist')], native.keypoints_xy[0, left_wrist]
    )


def test_alignment_survives_the_way_through_crop_and_back(
    scene: Scene, pipeline: BlazePosePipeline
) -> None:
    scene.people[200] = (131.0, 157.0, 60.0)
    found = pipeline.estimate(scene.frame(0.0), no_stages)
    rois = pipeline._followed.rois
    np.testing.assert_allclose(rois.centers_xy, [[131.0, 157.0]], atol=1.0)
    np.testing.assert_allclose(rois.sides, 2 * 1.25 * 60.0, rtol=0.03)
    inside = apply_affine(rois.crop_from_image()[0], found.keypoints_xy[0])
    assert (inside > 0).all() and (inside < 256).all()
