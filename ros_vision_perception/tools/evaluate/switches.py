"""Pictures of who had which id, and of the moments at which it changed."""

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

from ros_vision_perception.tools.demo.video import fit
from ros_vision_perception.tools.evaluate.followed import Run, matches, switches
from ros_vision_perception.tools.sources import FrameSource

# A sheet shows the first so many switches, each as the image before and the image after.
_MAX_SWITCHES, _TILE_WIDTH = 12, 480
_COLORS = 'tab20'


def draw_time_lines(runs: Mapping[str, Run], path: Path, min_iou: float) -> None:
    """Write `<path>_ids.png`: per tracker and person a line in the colours of the ids over time.

    Args:
        runs: name of each tracker -> what it said; of one sequence.
        path: beginning of the file's name.
        min_iou: overlap from which on a track is on a person.
    """
    # Only pictures need this library, and importing it takes long.
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    colors = [colormaps[_COLORS](number) for number in range(20)]
    figure = Figure(figsize=(10, 1.2 + 0.35 * _people(runs) * len(runs)), layout='constrained')
    for axes, (name, run) in zip(
        figure.subplots(len(runs), 1, sharex=True, squeeze=False)[:, 0], runs.items(), strict=True
    ):
        numbers: dict[int, int] = {}
        for index, (truth, tracked) in enumerate(zip(run.truth, run.tracked, strict=True)):
            ids = matches(truth, tracked, min_iou)
            for person, track, counts in zip(
                truth.ids.tolist(), ids.tolist(), truth.counts.tolist(), strict=True
            ):
                if counts:
                    number = numbers.setdefault(track, len(numbers)) if track >= 0 else None
                    color = '0.85' if number is None else colors[number % len(colors)]
                    axes.barh(str(person), 1 / run.fps, left=index / run.fps, color=color)
        axes.set_title(f'{name}: one colour per id, grey where there is none', fontsize=9)
        axes.set_ylabel('person')
    axes.set_xlabel('time, s')
    figure.savefig(f'{path}_ids.png', dpi=110)


def _people(runs: Mapping[str, Run]) -> int:
    run = next(iter(runs.values()))
    return len({person for truth in run.truth for person in truth.ids[truth.counts].tolist()})


def draw_switches(source: FrameSource, run: Run, path: Path, min_iou: float) -> None:
    """Write `<path>_switches.jpg` with the images before and after each switch, if any.

    Args:
        source: of the images.
        run: what the tracker said about them.
        path: beginning of the file's name.
        min_iou: overlap from which on a track is on a person.
    """
    chosen = list(switches(run, min_iou))[:_MAX_SWITCHES]
    if not chosen:
        return
    before = [_last_image(run, index, person, old, min_iou) for index, person, old, _ in chosen]
    wanted = {*before, *(index for index, *_ in chosen)}
    images = {n: image for n, image in enumerate(source.frames()) if n in wanted}
    rows = []
    for earlier, (index, person, old, new) in zip(before, chosen, strict=True):
        tiles = [
            _tile(
                images[number], run, number, person, f'image {number}: person {person} is {track}'
            )
            for number, track in ((earlier, old), (index, new))
        ]
        rows.append(np.hstack(tiles))
    cv2.imwrite(f'{path}_switches.jpg', np.vstack(rows))


def _last_image(run: Run, index: int, person: int, track: int, min_iou: float) -> int:
    """Return the last image before `index` in which a person had a track."""
    for number in reversed(range(index)):
        ids = matches(run.truth[number], run.tracked[number], min_iou)
        if track in ids[run.truth[number].ids == person]:
            return number
    return index


def _tile(image: np.ndarray, run: Run, number: int, person: int, text: str) -> np.ndarray:
    """Return an image with all tracks, in white, and the person, in yellow."""
    scale = _TILE_WIDTH / image.shape[1]
    tile = fit(image, (_TILE_WIDTH, round(image.shape[0] * scale)))
    truth, tracked = run.truth[number], run.tracked[number]
    for box_xyxy, track in zip(tracked.boxes_xyxy, tracked.ids.tolist(), strict=True):
        _box(tile, box_xyxy * scale, (255, 255, 255), str(track))
    for box_xyxy in truth.boxes_xyxy[truth.ids == person]:
        _box(tile, box_xyxy * scale, (0, 220, 255), '')
    cv2.putText(tile, text, (6, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 220, 255), 1, cv2.LINE_AA)
    return tile


def _box(tile: np.ndarray, box_xyxy: np.ndarray, color: tuple[int, int, int], text: str) -> None:
    left, top, right, bottom = np.rint(box_xyxy).astype(int).tolist()
    cv2.rectangle(tile, (left, top), (right, bottom), color, 1)
    place = left + 3, min(max(bottom - 4, 12), tile.shape[0] - 4)
    cv2.putText(tile, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.5, color, 1, cv2.LINE_AA)
