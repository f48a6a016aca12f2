"""Object keypoint similarity of a pose model with annotated photographs, as COCO measures it."""

import argparse
import contextlib
import io
from pathlib import Path
import sys

import cv2
import numpy as np

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.core.types import Frame, Keypoints
from ros_vision_perception.pipeline.load import DEFAULT_POSE, load_pose
from ros_vision_perception.pipeline.pose import PosePipeline
from ros_vision_perception.pipeline.stages import no_stages

# The order of COCOeval's summary for key points.
_METRICS = ('AP', 'AP50', 'AP75', 'APM', 'APL', 'AR', 'AR50', 'AR75', 'ARM', 'ARL')


def evaluate_pose(pipeline: PosePipeline, annotations: Path, images: Path) -> dict[str, float]:
    """Return COCO's key point metrics of a pipeline that gives the joints of COCO.

    Each photograph is a stream of its own. A pose is ranked by the product of the person's score
    and the mean of the joints'.

    Args:
        pipeline: in skeleton `coco17`.
        annotations: file in the form of COCO's `person_keypoints_*.json`.
        images: folder of the photographs that the file names.

    Returns:
        'AP', 'AP50', ... in [0, 1] (-1 where nothing of that size is annotated), 'images' and
        'people' (how many are annotated).

    Raises:
        ConfigurationError: when pycocotools is missing, or a file cannot be read.
    """
    try:
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval
    except ImportError:
        raise ConfigurationError('evaluate needs pycocotools: pip install pycocotools') from None
    if not annotations.is_file():
        raise ConfigurationError(f'no annotations at {annotations}')
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(annotations))
        results = [
            result
            for image_id in sorted(truth.imgs)
            for result in _results(
                pipeline, image_id, images / Path(truth.imgs[image_id]['file_name']).name
            )
        ]
        # The library cannot load an empty list.
        found = truth.loadRes(results) if results else COCO()
        evaluation = COCOeval(truth, found, 'keypoints')
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    people = sum(annotation['num_keypoints'] > 0 for annotation in truth.anns.values())
    metrics = {name: float(value) for name, value in zip(_METRICS, evaluation.stats, strict=True)}
    return {**metrics, 'images': len(truth.imgs), 'people': people}


def _results(pipeline: PosePipeline, image_id: int, path: Path) -> list[dict[str, object]]:
    pixels = cv2.imread(str(path))
    if pixels is None:
        raise ConfigurationError(f'no image that can be read at {path}')
    pipeline.reset()
    keypoints = pipeline.estimate(Frame(pixels, 'bgr8', 0), no_stages)
    return [_result(keypoints, person, image_id) for person in range(len(keypoints))]


def _result(keypoints: Keypoints, person: int, image_id: int) -> dict[str, object]:
    joints = np.ones((len(keypoints.skeleton), 3))
    joints[:, :2] = keypoints.keypoints_xy[person]
    score = keypoints.person_scores[person] * keypoints.scores[person].mean()
    return {
        'image_id': image_id,
        'category_id': 1,
        'keypoints': joints.ravel().tolist(),
        'score': float(score),
    }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the task."""
    parser.add_argument('--annotations', type=Path, required=True, metavar='JSON')
    parser.add_argument('--images', type=Path, required=True, metavar='DIR')
    parser.add_argument('--pose', default=DEFAULT_POSE, metavar='MODEL', help='name or path')


def run(arguments: argparse.Namespace) -> dict[str, str | float]:
    """Return the model's name and its figures."""
    pipeline = load_pose(
        arguments.pose,
        threads=2,
        max_people=20,
        with_masks=True,
        skeleton=COCO17.name,
        report=lambda line: print(line, file=sys.stderr),
    )
    figures = evaluate_pose(pipeline, arguments.annotations, arguments.images)
    return {'model': pipeline.model_name, **figures}
