"""The default models on real photographs and clips."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from ros_vision_perception.core.errors import PerceptionError
from ros_vision_perception.core.fusion import FusionConfig
from ros_vision_perception.core.geometry import box_iou
from ros_vision_perception.core.human import Humans, TrackState
from ros_vision_perception.core.types import Frame
from ros_vision_perception.pipeline.load import (
    DEFAULT_POSE,
    DEFAULT_SEGMENTATION,
    load_pose,
    load_segmentation,
)
from ros_vision_perception.pipeline.perception import Perception
from ros_vision_perception.pipeline.pose import PosePipeline
from ros_vision_perception.pipeline.stages import no_stages
from ros_vision_perception.tools.evaluate.pose import evaluate_pose


def load(skeleton: str = '') -> PosePipeline:
    try:
        return load_pose(
            DEFAULT_POSE,
            threads=2,
            max_people=20,
            with_masks=True,
            skeleton=skeleton,
            report=print,
        )
    except PerceptionError as error:
        pytest.skip(f'the default models cannot be had: {error}')


def frames(path: Path, size: tuple[int, int] | None = None) -> Iterator[Frame]:
    capture = cv2.VideoCapture(str(path))
    fps, index = capture.get(cv2.CAP_PROP_FPS), 0
    while True:
        ok, pixels = capture.read()
        if not ok:
            return
        pixels = cv2.resize(pixels, size) if size else pixels
        yield Frame(pixels, 'bgr8', 1_000_000_000 + round(index * 1e9 / fps))
        index += 1


def track(path: Path, size: tuple[int, int] | None = None) -> list[Humans]:
    perception = Perception(
        load(), load_segmentation(DEFAULT_SEGMENTATION, threads=2, report=print), FusionConfig()
    )
    return [perception.step(frame, None, None, no_stages).humans for frame in frames(path, size)]


@pytest.fixture(scope='module')
def one_person(assets: Path) -> list[Humans]:
    return track(assets / 'videos' / 'mmpose_body3d_demo.mp4', (640, 480))


def test_pose_accuracy_is_well_above_the_upright_box(assets: Path) -> None:
    folder = assets / 'images' / 'mmpose' / 'coco'
    figures = evaluate_pose(load('coco17'), folder / 'test_coco.json', folder)
    assert figures['images'] == 4 and figures['people'] == 12
    # The same landmark network on upright boxes of a person detector reaches .382.
    assert figures['AP'] > 0.5
    assert figures['AP50'] > 0.75


def test_pose_accuracy_on_small_and_crowded_people(assets: Path) -> None:
    folder = assets / 'images' / 'coco_keypoints_mini'
    figures = evaluate_pose(
        load('coco17'),
        folder / 'annotations' / 'person_keypoints_val2017.json',
        folder / 'images' / 'val2017',
    )
    # The same network on upright boxes reaches .05.
    assert figures['AP'] > 0.2


def test_one_person_keeps_one_id_from_first_to_last_frame(one_person: list[Humans]) -> None:
    assert len(one_person) == 399
    confirmed = [
        {person.track_id for person in humans.people if person.track_state == TrackState.CONFIRMED}
        for humans in one_person[20:]
    ]
    assert all(ids == {1} for ids in confirmed)
    assert all(humans.people[0].track_id == 1 for humans in one_person)


def test_covariances_of_a_real_person_stay_positive(one_person: list[Humans]) -> None:
    for humans in one_person[::20]:
        for person in humans.people:
            assert (np.linalg.eigvalsh(person.joints.covariances_px) > 0).all()


def test_shoppers_in_view_from_the_start_keep_their_ids(assets: Path) -> None:
    results = track(assets / 'videos' / 'intel_store-aisle-detection.gif')
    for humans in results[8:]:
        ids = {p.track_id for p in humans.people if p.track_state != TrackState.TENTATIVE}
        assert {1, 2} <= ids


def test_shopper_who_walks_in_from_behind_gets_an_id_of_her_own_and_keeps_it(
    assets: Path,
) -> None:
    results = track(assets / 'videos' / 'intel_store-aisle-detection.gif')
    truth = np.loadtxt(
        assets / 'videos' / 'pseudo_gt' / 'intel_store-aisle-detection' / 'gt.txt', delimiter=','
    )
    theirs = {int(row[0]) - 1: row[2:6] for row in truth if row[1] == 3}
    ids = [p.track_id for h in results for p in h.people if p.track_state == TrackState.CONFIRMED]
    assert set(ids) == {1, 2, 3}
    born = next(i for i, h in enumerate(results) if any(p.track_id == 3 for p in h.people))
    on_her = 0
    for index in range(born, len(results)):
        x, y, width, height = theirs[index]
        box = np.array([[x, y, x + width, y + height]])
        hers = [p.box_xyxy for p in results[index].people if p.track_id == 3]
        assert len(hers) == 1
        on_her += box_iou(box, np.array(hers))[0, 0] > 0.3
    # She is in view in 43 frames; it takes about half of them until she is told from the others.
    assert on_her >= 15


def test_same_clip_gives_the_same_result_each_time(assets: Path) -> None:
    path = assets / 'videos' / 'intel_store-aisle-detection.gif'
    first, second = track(path), track(path)
    for a, b in zip(first, second, strict=True):
        assert [p.track_id for p in a.people] == [p.track_id for p in b.people]
        for person, twin in zip(a.people, b.people, strict=True):
            np.testing.assert_array_equal(person.joints.keypoints_xy, twin.joints.keypoints_xy)
            np.testing.assert_array_equal(person.joints.states, twin.joints.states)


def test_hardly_any_room_without_people_has_somebody(assets: Path) -> None:
    photos = sorted((assets / 'images' / 'nyu_rgbd_nopeople').glob('image_*.png'))
    perception = Perception(load(), None, FusionConfig(expects_masks=False))
    haunted = []
    for photo in photos:
        perception.reset()
        pixels = cv2.imread(str(photo))
        assert pixels is not None
        for index in range(30):
            frame = Frame(pixels, 'bgr8', index * 33_000_000)
            humans = perception.step(frame, None, None, no_stages).humans
        if any(person.track_state == TrackState.CONFIRMED for person in humans.people):
            haunted.append(photo.name)
    assert len(photos) == 10
    # Patterns that the network takes for a person with certainty, in every frame of a still.
    assert len(haunted) <= 2, haunted
