"""`evaluate occlusion` from end to end, with models that know where the figure is."""

from importlib.util import find_spec
import json
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.core.types import Frame, InstanceMasks, Keypoints
from ros_vision_perception.pipeline.stages import Stages
from ros_vision_perception.tools.evaluate import command, occlusion
from test.core.people import IMAGE_SIZE, Scene, detect, figure, segment

pytestmark = [
    pytest.mark.skipif(find_spec('skimage') is None, reason='needs scikit-image'),
    pytest.mark.skipif(find_spec('matplotlib') is None, reason='needs matplotlib'),
]
FPS, FRAMES = 10.0, 40


def scene_at(stamp_ns: int) -> Scene:
    return Scene((figure(60 + 40 * stamp_ns * 1e-9),))


class KnowingPose:
    """Finds the figure wherever it is, without looking."""

    skeleton, model_name = COCO17, 'knowing'

    def estimate(self, frame: Frame, stages: Stages) -> Keypoints:
        return detect(scene_at(frame.stamp_ns), with_masks=True)

    def look_ahead(self, stages: Stages) -> None:
        pass

    def reset(self) -> None:
        pass


class KnowingSegmentation:
    """Finds the mask of the figure, as if nothing were in front of it."""

    model_name = 'knowing-too'

    def segment(self, frame: Frame, stages: Stages) -> InstanceMasks:
        return segment(scene_at(frame.stamp_ns))


@pytest.fixture(autouse=True)
def knowing_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(occlusion, 'load_pose', lambda *_, **__: KnowingPose())
    monkeypatch.setattr(occlusion, 'load_segmentation', lambda *_, **__: KnowingSegmentation())
    # A part of the view that is cut off would shift the image under models that do not look.
    monkeypatch.setattr(
        'ros_vision_perception.tools.evaluate.synthetic._window',
        lambda _, __, size: np.array([0, 0, *size]),
    )


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / 'walk.avi'
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*'MJPG'), FPS, IMAGE_SIZE)
    for _ in range(FRAMES):
        writer.write(np.full((*IMAGE_SIZE[::-1], 3), 90, np.uint8))
    writer.release()
    return path


def figures_of(tmp_path: Path, *arguments: str) -> dict:
    path = tmp_path / 'figures.json'
    assert command.main(['occlusion', *arguments, '--json', str(path)]) == 0
    return json.loads(path.read_text())


def test_a_video_is_laid_over_measured_and_drawn(tmp_path: Path, video: Path) -> None:
    folder = tmp_path / 'drawn'
    got = figures_of(tmp_path, '--video', str(video), '--output', str(folder), '--seed', '3')
    assert (got['model'], got['segmentation'], got['frames']) == ('knowing', 'knowing-too', FRAMES)
    assert got['hidden_joints'] > 20
    # The model knows all places, and says that all is seen.
    assert got['joint_error']['raw'] == pytest.approx(0.0, abs=1e-6)
    assert got['joint_error']['last_seen'] > 0.05
    assert got['per_state']['VISIBLE']['recall'] > 0.9
    assert {'auc_visible', 'auc_model_score', 'occluder_accuracy'} <= got.keys()
    assert {'coverage_1sigma', 'coverage_2sigma', 'nees', 'ex_oks'} <= got.keys()
    for name in ('reliability', 'error_over_time', 'worst_frames'):
        picture = cv2.imread(str(folder / f'{name}.png'))
        assert picture is not None
        assert picture.std() > 5.0


def test_same_seed_gives_the_same_figures(tmp_path: Path, video: Path) -> None:
    first, again, other = (
        figures_of(tmp_path, '--video', str(video), '--seed', seed) for seed in ('1', '1', '2')
    )
    assert first == again
    assert first != other


def test_photographs_are_measured_as_they_are_and_laid_over(tmp_path: Path) -> None:
    pytest.importorskip('pycocotools', reason='needs the extra `tools`')
    cv2.imwrite(str(tmp_path / 'photo.png'), np.full((*IMAGE_SIZE[::-1], 3), 90, np.uint8))
    joints = figure(60)
    flags = np.array([2] * 12 + [1] * 5)
    low, high = joints.min(axis=0), joints.max(axis=0)
    person = {
        'id': 1, 'image_id': 1, 'category_id': 1, 'iscrowd': 0, 'area': 5000.0,
        'bbox': [*low.tolist(), *(high - low).tolist()], 'num_keypoints': 17,
        'keypoints': np.column_stack((joints, flags)).ravel().tolist(),
    }  # fmt: skip
    content = {
        'images': [{'id': 1, 'file_name': 'photo.png', 'width': 320, 'height': 240}],
        'categories': [{'id': 1, 'name': 'person', 'keypoints': list(COCO17.joint_names)}],
        'annotations': [person],
    }
    annotations = tmp_path / 'annotations.json'
    annotations.write_text(json.dumps(content))
    got = figures_of(tmp_path, '--annotations', str(annotations), '--images', str(tmp_path))
    assert (got['frames'], got['joints_visible'], got['joints_not_visible']) == (1, 12, 5)
    assert got['staged']['frames'] == 4
    assert got['staged']['joints_not_visible'] > 5


@pytest.mark.parametrize(
    ('arguments', 'line'),
    [
        (['--annotations', 'a.json'], '--images needs one folder'),
        (['--annotations', 'none.json', '--images', '.'], 'no annotations at none.json'),
        (['--video', 'none.mp4'], 'no video file none.mp4'),
    ],
)
def test_bad_input_is_one_clear_line(arguments: list[str], line: str) -> None:
    with pytest.raises(ConfigurationError, match=line):
        command.main(['occlusion', *arguments])


def test_a_video_of_nobody_says_so(video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blind = SimpleNamespace(
        skeleton=COCO17,
        model_name='blind',
        reset=lambda: None,
        estimate=lambda frame, _: Keypoints.empty(COCO17, frame.size),
    )
    monkeypatch.setattr(occlusion, 'load_pose', lambda *_, **__: blind)
    with pytest.raises(ConfigurationError, match='blind finds nobody'):
        command.main(['occlusion', '--video', str(video)])
