"""The photographs in which a model is most wrong by COCO's own matching, on one picture."""

import colorsys
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.tools.evaluate.sheet import COLUMNS, sheet

_ROWS = 4
_OPACITY = 0.5
# Hues this far apart, as a share of the circle, never come close to each other soon.
_GOLDEN = 0.618
# What is found with less is not drawn: AP asks for a long tail of weak results.
_DRAWN_SCORE = 0.3


def write_worst(evaluation: Any, images: Path, path: Path) -> None:
    """Write the worst photographs, worst first: what is there in white, what was found in colours.

    Args:
        evaluation: pycocotools' COCOeval after `evaluate`.
        images: folder of the photographs.
        path: of the PNG.
    """
    badness = _badness(evaluation)
    worst = sorted(badness, key=lambda image_id: -badness[image_id])[: COLUMNS * _ROWS]
    pictures = [_picture(evaluation, image_id, images) for image_id in worst]
    if pictures:
        cv2.imwrite(str(path), sheet(pictures))


def _badness(evaluation: Any) -> dict[int, float]:
    """Return image id -> how many were missed, at a similarity of 0.5, and made up, by score."""
    everything = evaluation.params.areaRng[0]
    badness: dict[int, float] = {}
    for entry in evaluation.evalImgs:
        if entry is None or entry['aRng'] != everything:
            continue
        missed = (entry['gtMatches'][0] == 0) & ~np.asarray(entry['gtIgnore'], bool)
        made_up = (entry['dtMatches'][0] == 0) & ~entry['dtIgnore'][0].astype(bool)
        wrong = missed.sum() + np.asarray(entry['dtScores'])[made_up].sum()
        badness[entry['image_id']] = badness.get(entry['image_id'], 0.0) + float(wrong)
    return badness


def _picture(evaluation: Any, image_id: int, images: Path) -> np.ndarray:
    truth, found = evaluation.cocoGt, evaluation.cocoDt
    # The evaluation has read it already.
    picture: np.ndarray = np.asarray(
        cv2.imread(str(images / Path(truth.imgs[image_id]['file_name']).name))
    )
    annotated = truth.imgToAnns[image_id]
    results = [item for item in found.imgToAnns[image_id] if item['score'] >= _DRAWN_SCORE]
    draw = _DRAW[evaluation.params.iouType]
    pen = max(round(max(picture.shape) / 300), 1)
    for item in annotated:
        draw(picture, item, truth, (255, 255, 255), 3 * pen)
    for number, item in enumerate(results):
        red, green, blue = colorsys.hsv_to_rgb(number * _GOLDEN % 1, 1, 1)
        draw(picture, item, found, (255 * blue, 255 * green, 255 * red), pen)
    return picture


def _draw_pose(
    picture: np.ndarray, item: dict[str, Any], _: Any, color: tuple[float, ...], pen: int
) -> None:
    joints = np.reshape(item['keypoints'], (-1, 3))
    points = np.rint(joints[:, :2]).astype(int).tolist()
    for start, end in COCO17.edges:
        if joints[start, 2] > 0 and joints[end, 2] > 0:
            cv2.line(picture, points[start], points[end], color, pen, cv2.LINE_AA)


def _draw_mask(
    picture: np.ndarray, item: dict[str, Any], data: Any, color: tuple[float, ...], pen: int
) -> None:
    mask = data.annToMask(item)
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(picture, outlines, -1, color, pen, cv2.LINE_AA)


def _draw_box(
    picture: np.ndarray, item: dict[str, Any], _: Any, color: tuple[float, ...], pen: int
) -> None:
    left, top, width, height = np.rint(item['bbox']).astype(int).tolist()
    cv2.rectangle(picture, (left, top), (left + width, top + height), color, pen)


_DRAW = {'keypoints': _draw_pose, 'segm': _draw_mask, 'bbox': _draw_box}
