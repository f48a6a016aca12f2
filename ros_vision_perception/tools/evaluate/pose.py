"""Object keypoint similarity of a pose model with annotated photographs, as COCO measures it."""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.core.types import Frame, Keypoints
from ros_vision_perception.pipeline.load import DEFAULT_POSE, load_pose
from ros_vision_perception.pipeline.pose import PosePipeline
from ros_vision_perception.pipeline.stages import no_stages
from ros_vision_perception.pipeline.top_down import TopDownConfig
from ros_vision_perception.tools.backend_options import add_backend_options, open_networks
from ros_vision_perception.tools.evaluate import coco


def evaluate_pose(
    pipeline: PosePipeline, annotations: Path, images: Path, worst: Path | None = None
) -> dict[str, float]:
    """Return COCO's key point metrics of a pipeline that gives the joints of COCO.

    Each photograph is a stream of its own. Poses are ranked by the person's score.

    Args:
        pipeline: in skeleton `coco17`.
        annotations: file in the form of COCO's `person_keypoints_*.json`.
        images: folder of the photographs that the file names.
        worst: where to draw the photographs in which most is wrong.
    """

    def find(frame: Frame, categories: dict[str, int]) -> list[dict[str, Any]]:
        pipeline.reset()
        keypoints = pipeline.estimate(frame, no_stages)
        return [
            {'category_id': categories['person'], **_result(keypoints, person)}
            for person in range(len(keypoints))
        ]

    return coco.evaluate('keypoints', annotations, images, find, worst)


def _result(keypoints: Keypoints, person: int) -> dict[str, object]:
    joints = np.ones((len(keypoints.skeleton), 3))
    joints[:, :2] = keypoints.keypoints_xy[person]
    return {
        'keypoints': joints.ravel().tolist(),
        'score': float(keypoints.person_scores[person]),
    }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the task."""
    parser.add_argument('--annotations', type=Path, required=True, metavar='JSON')
    parser.add_argument('--images', type=Path, required=True, metavar='DIR')
    parser.add_argument('--pose', default=DEFAULT_POSE, metavar='MODEL', help='name or path')
    parser.add_argument(
        '--flip-test', action='store_true', help='average each crop and its mirror image'
    )
    parser.add_argument('--output', type=Path, metavar='PNG', help='draw the worst photographs')
    add_backend_options(parser)


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the model's name, what runs it, and its figures."""
    networks = open_networks(arguments)
    pipeline = load_pose(
        arguments.pose,
        threads=2,
        max_people=20,
        with_masks=True,
        skeleton=COCO17.name,
        report=networks.report,
        min_score=coco.MIN_SCORE,
        top_down=TopDownConfig(flip_test=arguments.flip_test),
        runtime=networks,
    )
    figures = evaluate_pose(pipeline, arguments.annotations, arguments.images, arguments.output)
    return {'model': pipeline.model_name, 'networks': networks.where, **figures}
