"""Writes made-up motion in the formats of NTU RGB+D, Kinetics-skeleton and PYSKL."""

from collections.abc import Iterator, Sequence
import json
from pathlib import Path
import pickle
from typing import Any

import numpy as np

from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.tools.recordings.clip import KINECT25, OPENPOSE18, ClipError, Entry
from ros_vision_perception.tools.train import motions
from ros_vision_perception.tools.train.body import place
from ros_vision_perception.tools.train.motion import Motion, join

_ORDER = [COCO17.joint_names.index(name) for name in OPENPOSE18]


def joints_m(motion: Motion, left_m: float = 0.0, turn: float = 0.0) -> np.ndarray:
    """Return (F, 17, 3) m of a body 4 m before a Kinect: x to the sensor's left, y up, z ahead.

    Without a turn it faces the sensor.
    """
    figure = place(motion.angles, np.ones(6), motion.flights) * 1.7
    figure[..., 0] += np.cumsum(motion.speeds)[:, None] / 30 * 1.7
    ahead = figure[..., 0] * np.cos(turn) - figure[..., 1] * np.sin(turn)
    left = figure[..., 0] * np.sin(turn) + figure[..., 1] * np.cos(turn)
    # Its left is to the sensor's right.
    return np.stack((left_m - left, figure[..., 2] - 1.0, 4.0 - ahead), axis=-1)


def kinect_joints(coco_m: np.ndarray) -> np.ndarray:
    """Return (F, 25, 3) m in the order of a Kinect; those without a counterpart at the hips."""
    joints = np.repeat(coco_m[:, 11:13].mean(axis=1, keepdims=True), 25, axis=1)
    for name, place_of in KINECT25.items():
        joints[:, place_of] = coco_m[:, COCO17.joint_names.index(name)]
    return joints


def colour_px(points_m: np.ndarray) -> np.ndarray:
    """Return (..., 2) px in the mirrored colour image of a Kinect."""
    ratios = points_m[..., :2] / points_m[..., 2:]
    return np.array([959.5, 539.5]) + 1064.0 * ratios * (1.0, -1.0)


def skeleton_text(
    bodies: Sequence[np.ndarray], states: np.ndarray | None = None, absent: Sequence[int] = ()
) -> str:
    """Return a .skeleton file of bodies, (F, 25, 3) m each, none in frames that are absent."""
    frames = len(bodies[0])
    states = np.full((frames, 25), 2) if states is None else states
    lines = [str(frames)]
    for frame in range(frames):
        there = [] if frame in absent else list(enumerate(bodies))
        lines.append(str(len(there)))
        for number, body in there:
            lines += [f'{72057594037931101 + number} 0 1 1 1 1 0 0.02764709 0.05745083 2', '25']
            for joint in range(25):
                x, y, z = body[frame, joint]
                u, v = colour_px(body[frame, joint])
                depth_u, depth_v = u / 3.75, v / 2.55
                lines.append(
                    f'{x:.7g} {y:.7g} {z:.7g} {depth_u:.7g} {depth_v:.7g} {u:.7g} {v:.7g} '
                    f'-0.2059419 0.05349901 0.9692109 -0.1239193 {states[frame, joint]}'
                )
    return '\n'.join(lines) + '\n'


def write_skeleton(folder: Path, name: str, bodies: Sequence[np.ndarray], **how: Any) -> Path:
    """Write bodies, (F, 17, 3) m of COCO17 each, and return the file."""
    path = folder / f'{name}.skeleton'
    text = skeleton_text([kinect_joints(body) for body in bodies], **how)
    path.write_text(text.replace('\n', '\r\n'), newline='')
    return path


def upright_px(body_m: np.ndarray) -> np.ndarray:
    """Return (F, 17, 2) px of 1920 x 1080 as a camera sees it that mirrors nothing."""
    points = colour_px(body_m)
    points[..., 0] = 1919 - points[..., 0]
    return points


def write_kinetics(
    folder: Path, name: str, label: str, people: Sequence[np.ndarray], first_frame: int = 1
) -> Path:
    """Write people, (F, 17, 2) px of 1920 x 1080 each, in another order in every frame."""
    data = []
    for frame in range(len(people[0])):
        there = [one[frame] for one in people]
        if frame % 2:
            there.reverse()
        skeletons = []
        for points in there:
            pose, score = np.zeros((18, 2)), np.zeros(18)
            pose[list(OPENPOSE18.values())] = points[_ORDER] / (1920, 1080)
            score[list(OPENPOSE18.values())] = 0.8
            skeletons.append({'pose': pose.reshape(-1).round(4).tolist(), 'score': score.tolist()})
        data.append({'frame_index': first_frame + frame, 'skeleton': skeletons})
    path = folder / f'{name}.json'
    path.write_text(json.dumps({'data': data, 'label': label, 'label_index': 7}))
    return path


def annotation(name: str, label: int, people: np.ndarray) -> dict[str, Any]:
    """Return what PYSKL says of a clip: people (M, F, 17, 2) px, or (M, F, 25, 3) m."""
    told = {
        'frame_dir': name,
        'label': label,
        'total_frames': people.shape[1],
        'keypoint': people.astype(np.float16),
    }
    if people.shape[-1] == 3:
        return told
    size = {'img_shape': (1080, 1920), 'original_shape': (1080, 1920)}
    return {**told, **size, 'keypoint_score': np.full(people.shape[:3], 0.9, np.float16)}


def write_pickle(path: Path, annotations: list[dict[str, Any]], protocol: int = 4) -> Path:
    """Write a file of PYSKL."""
    names = [one['frame_dir'] for one in annotations]
    document = {'split': {'xsub_train': names}, 'annotations': annotations}
    path.write_bytes(pickle.dumps(document, protocol))
    return path


def only(entries: Iterator[Entry | ClipError]) -> Entry:
    """Return the one clip of a file."""
    (entry,) = list(entries)
    assert isinstance(entry, Entry)
    return entry


def ntu(performer: int, action: int, repeat: int = 1) -> str:
    """Return how a clip of NTU RGB+D is called."""
    return f'S001C001P{performer:03}R{repeat:03}A{action:03}'


def walk(seed: int, frames: int = 75) -> np.ndarray:
    """Return (F, 17, 3) m of somebody who walks from left to right."""
    rng, parts = np.random.default_rng(seed), list[Motion]()
    while sum(len(part.flights) for part in parts) < frames:
        parts += motions.walk(rng)
    return joints_m(join(parts), turn=np.pi / 2)[:frames]


NAME = 'S001C002P003R002A013'
WALK = walk(0, frames=40)
STAND = joints_m(join(motions.stand(np.random.default_rng(1)) * 3), left_m=1.5)[:40]
