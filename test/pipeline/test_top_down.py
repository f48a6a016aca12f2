"""A detector and a network for crops as one pose model."""

from collections.abc import Callable
from pathlib import Path

from coloured_joints import draw, write_heatmap_network, write_simcc_network
import cv2
import numpy as np
import pytest
from small_networks import Shape, write_network

from ros_vision_perception.core.errors import ConfigurationError, ModelError
from ros_vision_perception.core.skeleton import COCO17, HALPE26, Skeleton
from ros_vision_perception.core.types import Frame
from ros_vision_perception.pipeline.load import DEFAULT_TOP_DOWN, load_pose
from ros_vision_perception.pipeline.pose import PosePipeline
from ros_vision_perception.pipeline.stages import StageTimes, no_stages
from ros_vision_perception.pipeline.top_down import TopDownConfig
from ros_vision_perception.tools.evaluate import coco
from ros_vision_perception.tools.evaluate.pose import evaluate_pose

FRAME = Frame(np.zeros((320, 320, 3), np.uint8), 'bgr8', 0)
# Two people, a weak one, and something else.
DETS = np.array(
    [
        [40, 40, 120, 280, 0.8],
        [200, 100, 280, 180, 0.5],
        [0, 0, 100, 100, 0.05],
        [0, 0, 100, 100, 0.9],
    ],
    np.float32,
)
LABELS = np.array([0, 0, 0, 7], np.int64)
DETECTOR: dict[str, Shape] = {'input': (1, 3, 320, 320)}
# All joints in the middle of the crop, half sure.
MIDDLE = np.full((1, 1, 17, 3), 0.5, np.float32)


def load(
    model: Path | str,
    min_score: float = 0.1,
    top_down: TopDownConfig = DEFAULT_TOP_DOWN,
    max_people: int = 20,
) -> PosePipeline:
    return load_pose(
        str(model),
        threads=2,
        max_people=max_people,
        with_masks=True,
        skeleton='',
        report=print,
        min_score=min_score,
        top_down=top_down,
    )


def write(
    folder: Path, dets: np.ndarray = DETS, joints: np.ndarray = MIDDLE, crops: Shape | None = None
) -> Path:
    labels = LABELS[: len(dets)].astype(np.float32)
    write_network(folder / 'a.onnx', DETECTOR, {'dets': dets[None], 'labels': labels[None]})
    crop = {'x': crops or (len(joints), 192, 192, 3)}
    write_network(folder / 'b.onnx', crop, {'y': joints})
    return folder


@pytest.mark.parametrize('batch', [1, 2, 5])
def test_each_person_gets_the_joints_of_their_crop(tmp_path: Path, batch: int) -> None:
    pipeline = load(write(tmp_path, joints=np.repeat(MIDDLE, batch, axis=0)))
    times = StageTimes(lambda: 0)
    found = pipeline.estimate(FRAME, times)
    pipeline.reset()
    assert pipeline.skeleton == COCO17 and pipeline.model_name == tmp_path.name
    np.testing.assert_allclose(found.boxes_xyxy, DETS[:2, :4], atol=1e-3)
    centers = (DETS[:2, :2] + DETS[:2, 2:4]) / 2 - 0.5
    np.testing.assert_allclose(
        found.keypoints_xy, np.repeat(centers[:, None], 17, axis=1), atol=1e-3
    )
    np.testing.assert_allclose(found.scores, np.full((2, 17), 0.5))
    np.testing.assert_allclose(found.person_scores, np.sqrt([0.4, 0.25]), atol=1e-6)
    assert np.isnan(found.visibility).all() and np.isnan(found.presence).all()
    assert times.elapsed_ns.keys() == {'preprocess', 'infer', 'decode'}


def test_nobody_gives_nobody(tmp_path: Path) -> None:
    assert len(load(write(tmp_path, dets=DETS[2:3])).estimate(FRAME, no_stages)) == 0


def test_a_person_with_a_joint_that_cannot_be_is_dropped(tmp_path: Path) -> None:
    joints = np.repeat(MIDDLE, 2, axis=0)
    joints[0, 0, 3, 1] = np.nan
    found = load(write(tmp_path, joints=joints)).estimate(FRAME, no_stages)
    np.testing.assert_allclose(found.person_scores, [0.5])


def test_two_files_of_one_name_are_a_model_too(tmp_path: Path) -> None:
    """Exporters call every file end2end.onnx."""
    write(tmp_path)
    for name in ('a', 'b'):
        (tmp_path / name).mkdir()
        (tmp_path / f'{name}.onnx').rename(tmp_path / name / 'end2end.onnx')
    pair = [str(tmp_path / name / 'end2end.onnx') for name in ('a', 'b')]
    for model in ('+'.join(pair), '+'.join(pair[::-1])):
        pipeline = load(model)
        assert pipeline.model_name == 'end2end+end2end'
        assert len(pipeline.estimate(FRAME, no_stages)) == 2
    for alone, kind in zip(pair, ('person detector', 'pose network for crops'), strict=True):
        with pytest.raises(
            ModelError, match=rf'family \w+, a {kind}.* or DETECTOR\+POSE or a folder'
        ):
            load(alone)
    with pytest.raises(ModelError, match=r"no model and no file 'nowhere\.onnx'"):
        load(f'{pair[0]}+nowhere.onnx')


def test_what_only_two_networks_can_do_is_refused_for_one(tmp_path: Path) -> None:
    image: dict[str, Shape] = {'images': (1, 3, 640, 640)}
    output = np.zeros((1, 56, 8400), np.float32)
    path = write_network(tmp_path / 'yolo.onnx', image, {'output0': output})
    for config in (TopDownConfig(detect_every=2), TopDownConfig(flip_test=True)):
        with pytest.raises(
            ConfigurationError, match="model 'yolo' finds people and joints in one"
        ):
            load(path, top_down=config)
    with pytest.raises(ConfigurationError, match='every 0 frames, expected 1 or more'):
        TopDownConfig(detect_every=0)


def test_a_folder_that_is_no_pair_is_refused(tmp_path: Path) -> None:
    write(tmp_path, crops=(1, 100, 100, 3))
    with pytest.raises(ModelError) as caught:
        load(tmp_path)
    message = str(caught.value)
    assert 'expected DETECTOR+POSE or a folder with both: a person detector (rtm' in message
    assert 'a.onnx: one of family rtmdet, a person detector; b.onnx: input x 1x100x' in message
    assert '\n' not in message


@pytest.fixture
def real(assets: Path, tmp_path: Path) -> PosePipeline:
    for name in ('rtmdet_nano_person_end2end.onnx', 'movenet_singlepose_lightning.onnx'):
        (tmp_path / name).symlink_to(assets / 'models' / name)
    return load(tmp_path, coco.MIN_SCORE)


def test_accuracy_is_that_of_the_networks(real: PosePipeline, assets: Path) -> None:
    # A reference decoder reaches AP .630 and .381; this little data moves by as much by chance.
    folder = assets / 'images' / 'mmpose' / 'coco'
    assert evaluate_pose(real, folder / 'test_coco.json', folder)['AP'] > 0.63 - 0.02
    folder = assets / 'images' / 'coco_keypoints_mini'
    annotations = folder / 'annotations' / 'person_keypoints_val2017.json'
    figures = evaluate_pose(real, annotations, folder / 'images' / 'val2017')
    assert figures['AP'] > 0.381 - 0.02


@pytest.mark.parametrize('detector', ['yolox_nano_416', 'nanodet_m_416', 'light_person_detector'])
def test_any_detector_goes_with_any_network_for_crops(assets: Path, detector: str) -> None:
    models, folder = assets / 'models', assets / 'images' / 'mmpose' / 'coco'
    pair = f'{models}/{detector}.onnx+{models}/movenet_singlepose_lightning.onnx'
    figures = evaluate_pose(load(pair, coco.MIN_SCORE), folder / 'test_coco.json', folder)
    # Measured .592, .620 and .638; with RTMDet .643.
    assert figures['AP'] > 0.56


def test_people_seen_well_are_more_likely_there_than_not(real: PosePipeline, assets: Path) -> None:
    """Only such people begin a track."""
    likely = 0
    for photo in sorted((assets / 'images' / 'mmpose' / 'coco').glob('*.jpg')):
        pixels = cv2.imread(str(photo))
        assert pixels is not None
        found = real.estimate(Frame(pixels, 'bgr8', 0), no_stages)
        likely += int((found.person_scores >= 0.5).sum())
    # 12 people are annotated.
    assert 9 <= likely <= 14


@pytest.mark.parametrize('skeleton', [COCO17, HALPE26])
@pytest.mark.parametrize(
    ('write_pose', 'mean_px', 'most_px'),
    # Of the crop: a cell of the heatmaps is 4 px, a bin half a pixel, read without refinement.
    [(write_heatmap_network, 0.2, 0.5), (write_simcc_network, 0.4, 0.8)],
)
def test_what_convolutions_find_comes_back_in_the_image(
    tmp_path: Path,
    skeleton: Skeleton,
    write_pose: Callable[[Path, int], Path],
    mean_px: float,
    most_px: float,
) -> None:
    """From the pixels of an image, through a real network, back into the image."""
    boxes = np.array([[20.0, 20, 110, 300], [210, 60, 300, 290]], np.float32)
    random = np.random.default_rng(1)
    # Apart from each other, each person's in an order of their own.
    x, y = np.meshgrid(np.linspace(0.1, 0.9, 4), np.linspace(0.05, 0.95, 7))
    grid = np.stack((x.ravel(), y.ravel()), axis=-1)
    places = np.stack([random.permutation(grid)[: len(skeleton)] for _ in boxes])
    places += random.uniform(-0.02, 0.02, places.shape)
    want = boxes[:, None, :2] + places * (boxes[:, None, 2:] - boxes[:, None, :2]) - 0.5
    dets = np.concatenate((boxes, [[0.9], [0.8]]), axis=1)
    write(tmp_path, dets=dets.astype(np.float32))
    write_pose(tmp_path / 'b.onnx', len(skeleton))
    found = load(tmp_path, max_people=2).estimate(draw((320, 320), want, 5.0), no_stages)
    px_of_crop = 256 / (1.25 * (boxes[:, 3] - boxes[:, 1]))
    errors = np.abs(found.keypoints_xy - want) * px_of_crop[:, None, None]
    assert found.skeleton == skeleton
    assert errors.mean() < mean_px and errors.max() < most_px
