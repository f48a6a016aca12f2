"""What every measurement with COCO's own evaluation has in common."""

from collections.abc import Callable
import contextlib
import io
from pathlib import Path
from typing import Any

import cv2
from rich.progress import track

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.core.types import Frame
from ros_vision_perception.tools.evaluate.worst_photos import write_worst

# AP asks for weak results too: they count only where the better ones leave somebody out.
MIN_SCORE = 0.01
# What is annotated, and the metrics in the order of COCOeval's summaries.
_ANNOTATED = {'keypoints': 'people', 'segm': 'instances', 'bbox': 'instances'}
_THINGS = (
    *('AP', 'AP50', 'AP75', 'APS', 'APM', 'APL'),
    *('AR1', 'AR10', 'AR100', 'ARS', 'ARM', 'ARL'),
)
_METRICS = {
    'keypoints': ('AP', 'AP50', 'AP75', 'APM', 'APL', 'AR', 'AR50', 'AR75', 'ARM', 'ARL'),
    'segm': _THINGS,
    'bbox': _THINGS,
}


def evaluate(
    kind: str,
    annotations: Path,
    images: Path,
    find: Callable[[Frame, dict[str, int]], list[dict[str, Any]]],
    worst: Path | None = None,
) -> dict[str, float]:
    """Return COCO's metrics of what is found in annotated photographs.

    Args:
        kind: 'keypoints', 'segm' or 'bbox'.
        annotations: file in the form of COCO's, such as `person_keypoints_*.json`.
        images: folder of the photographs that the file names.
        find: from a photograph and the annotated categories (name -> id) to results in COCO's
            form, without 'image_id'.
        worst: where to draw the photographs in which most is wrong.

    Returns:
        'AP', 'AP50', ... in [0, 1] (-1 where nothing of that size is annotated), 'images', and
        'people' or 'instances' (how many are annotated; crowds and people without a joint are not
        counted).

    Raises:
        ConfigurationError: when pycocotools is missing, or a file cannot be read.
    """
    truth = read_annotations(annotations)
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    categories = {category['name']: category['id'] for category in truth.cats.values()}
    results = [
        {'image_id': image_id, **result}
        for image_id in track(sorted(truth.imgs), 'measuring', transient=True)
        for result in find(
            read_frame(images / Path(truth.imgs[image_id]['file_name']).name), categories
        )
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        # The library cannot load an empty list.
        found = truth.loadRes(results) if results else COCO()
        evaluation = COCOeval(truth, found, kind)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    if worst is not None:
        write_worst(evaluation, images, worst)
    values = (float(value) for value in evaluation.stats)
    return {
        **dict(zip(_METRICS[kind], values, strict=True)),
        'images': len(truth.imgs),
        _ANNOTATED[kind]: sum(
            not annotation['iscrowd'] and annotation.get('num_keypoints', 1) > 0
            for annotation in truth.anns.values()
        ),
    }


def read_annotations(path: Path) -> Any:
    """Return the library's view of a file in COCO's form.

    Raises:
        ConfigurationError: when pycocotools is missing, or the file cannot be read.
    """
    try:
        from pycocotools.coco import COCO
    except ImportError:
        raise ConfigurationError('evaluate needs pycocotools: pip install pycocotools') from None
    if not path.is_file():
        raise ConfigurationError(f'no annotations at {path}')
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            return COCO(str(path))
    except (AssertionError, KeyError, TypeError, ValueError) as error:
        raise ConfigurationError(f'{path} does not hold annotations as COCO has them') from error


def read_frame(path: Path) -> Frame:
    """Return a photograph; raises ConfigurationError when it cannot be read."""
    pixels = cv2.imread(str(path))
    if pixels is None:
        raise ConfigurationError(f'no image that can be read at {path}')
    return Frame(pixels, 'bgr8', 0)
