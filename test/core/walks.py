"""People who walk through space, seen by a camera with a lens and a depth camera."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np

from ros_vision_perception.core.camera import CameraModel
from ros_vision_perception.core.fusion import FusionConfig, FusionState, step
from ros_vision_perception.core.human import Humans
from ros_vision_perception.core.lens import PolynomialLens
from ros_vision_perception.core.masks import BoxMask
from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.core.types import InstanceMasks, Keypoints, Observation

SIZE = (320, 240)
LENS = (-0.25, 0.07, 0.001, -0.0008, 0.0)
CAMERA = CameraModel(230.0, 231.0, 163.0, 118.0, SIZE, PolynomialLens((*LENS, *(0.0,) * 9)))
PINHOLE = replace(CAMERA, lens=None)
# Left half of a body of 1.7 m, m: to its left, forward, up from the floor; radius of the flesh.
_BODY = {
    'nose': (0.0, 0.1, 1.57, 0.01), 'eye': (0.03, 0.085, 1.6, 0.01),
    'ear': (0.075, 0.0, 1.58, 0.02), 'shoulder': (0.17, 0.0, 1.4, 0.06),
    'elbow': (0.2, 0.0, 1.1, 0.04), 'wrist': (0.2, 0.06, 0.86, 0.027),
    'hip': (0.11, 0.0, 0.91, 0.1),
    'knee': (0.11, 0.03, 0.49, 0.055), 'ankle': (0.11, 0.0, 0.08, 0.04),
}  # fmt: skip
# How far parts swing forward and back while walking, m; arms against legs.
_SWING = {'elbow': -0.08, 'wrist': -0.2, 'knee': 0.12, 'ankle': 0.22}
_FLESH = (
    ('left_shoulder', 'right_hip'), ('right_shoulder', 'left_hip'), ('left_shoulder', 'left_hip'),
    ('right_shoulder', 'right_hip'), ('left_shoulder', 'right_shoulder'),
    ('left_shoulder', 'left_elbow'), ('right_shoulder', 'right_elbow'),
    ('left_elbow', 'left_wrist'), ('right_elbow', 'right_wrist'), ('left_hip', 'left_knee'),
    ('right_hip', 'right_knee'), ('left_knee', 'left_ankle'), ('right_knee', 'right_ankle'),
)  # fmt: skip
_FLESH_IDS = np.array([[COCO17.index(name) for name in limb] for limb in _FLESH])
_RADII = np.array(
    [_BODY[n.removeprefix('left_').removeprefix('right_')][3] for n in COCO17.joint_names]
)
_HIPS = [COCO17.index('left_hip'), COCO17.index('right_hip')]
_FACE = [COCO17.index(name) for name in ('left_ear', 'right_ear')]


@dataclass(frozen=True)
class Walk:
    """Somebody who walks in a straight line.

    Attributes:
        start_m: (x, z) in the camera frame at time 0.
        velocity: (x, z) m/s.
        size: of the body, 1 for 1.7 m.
        camera_height_m: above the floor.
    """

    start_m: tuple[float, float] = (-0.5, 3.5)
    velocity: tuple[float, float] = (0.3, 0.0)
    size: float = 1.0
    camera_height_m: float = 1.1

    def joints_m(self, time_s: float) -> np.ndarray:
        """Return the (17, 3) joints in the camera frame at a time."""
        x, z = np.add(self.start_m, np.multiply(self.velocity, time_s))
        speed = np.hypot(*self.velocity)
        forward = np.array((0.0, -1.0) if speed == 0 else self.velocity) / max(speed, 1e-9)
        forward = np.array((0.0, -1.0)) if speed == 0 else forward
        phase = np.sin(2 * np.pi * 0.9 * time_s) * min(speed, 1.0)
        joints = []
        for name in COCO17.joint_names:
            side = -1.0 if name.startswith('right') else 1.0
            part = name.removeprefix('left_').removeprefix('right_')
            left, ahead, up, _ = np.multiply(self.size, _BODY[part])
            ahead += side * _SWING.get(part, 0.0) * phase * self.size
            # The left of somebody who faces the camera is to the right of the image.
            sideways = side * left * np.array((-forward[1], forward[0]))
            ground = np.array((x, z)) + sideways + ahead * forward
            joints.append((ground[0], self.camera_height_m - up, ground[1]))
        return np.array(joints)

    def velocity_m(self) -> np.ndarray:
        return np.array((self.velocity[0], 0.0, self.velocity[1]))


@dataclass(frozen=True)
class Take:
    """What was there at one instant, and what the camera and its models saw of it.

    Attributes:
        observation: with everything.
        joints_m: (17, 3) the truth, and `hips_m` (3,) its hip centre.
        hidden: (17,) bool, behind the table.
    """

    observation: Observation
    joints_m: np.ndarray
    hips_m: np.ndarray
    hidden: np.ndarray


def project(points_m: np.ndarray, camera: CameraModel) -> np.ndarray:
    """Return pixels (N, 2) of points (N, 3) m, by OpenCV."""
    matrix = np.array([[camera.fx, 0, camera.cx], [0, camera.fy, camera.cy], [0, 0, 1]])
    lens = np.array(LENS if camera.lens is not None else (0.0,) * 5)
    return cv2.projectPoints(points_m, np.zeros(3), np.zeros(3), matrix, lens)[0][:, 0]


def film(
    walk: Walk,
    *,
    seconds: float = 6.0,
    fps: float = 15.0,
    seed: int = 0,
    camera: CameraModel = CAMERA,
    table: tuple[float, float] | None = None,
    table_m: float = 1.5,
) -> Iterator[Take]:
    """Yield what is seen of somebody.

    Args:
        walk: of the person.
        seconds, fps: when there are frames.
        seed: of all noise.
        camera: with or without lens.
        table: first and last column, px, of something that hides the lower half of the image.
        table_m: how far away that is.
    """
    noise = np.random.default_rng(seed)
    error = noise.standard_normal((17, 2))
    guess = noise.standard_normal((17, 3))
    for index in range(round(seconds * fps) + 1):
        time_s = index / fps
        # Successive errors of a pose model are alike.
        for values, memory_s in ((error, 0.2), (guess, 1.0)):
            kept = np.exp(-1 / (fps * memory_s))
            values *= kept
            values += np.sqrt(1 - kept**2) * noise.standard_normal(values.shape)
        joints = walk.joints_m(time_s)
        yield _take(walk, joints, time_s, camera, table, table_m, error, guess, noise)


def _take(
    walk: Walk,
    joints: np.ndarray,
    time_s: float,
    camera: CameraModel,
    table: tuple[float, float] | None,
    table_m: float,
    error: np.ndarray,
    guess: np.ndarray,
    noise: np.random.Generator,
) -> Take:
    depth = np.full(SIZE[::-1], 6.0)
    _paint(depth, joints, walk.size, camera)
    person = depth < 6.0
    things: tuple[BoxMask, ...] = ()
    if table is not None:
        wood = np.zeros(SIZE[::-1], bool)
        wood[130:, int(table[0]) : int(table[1])] = True
        depth[wood], person = table_m, person & ~wood
        things = (BoxMask.from_bitmap(wood),)
    pixels = project(joints, camera)
    inside = np.all((pixels > 0) & (pixels < np.array(SIZE) - 1), axis=1)
    columns, rows = pixels.round().astype(int).clip(0, np.array(SIZE) - 1).T
    hidden = inside & (depth[rows, columns] == table_m)
    seen = inside & ~hidden
    scale = np.sqrt(np.prod(np.ptp(pixels, axis=0)))
    spread = np.where(seen, 1.0, 4.0) * 0.6 * COCO17.sigmas * scale + 0.4
    found = pixels + spread[:, None] * error
    hips = joints[_HIPS].mean(axis=0)
    landmarks = (joints - hips) / walk.size + 0.03 * guess * (1.0, 1.0, 2.0)
    measured = depth + (0.004 + 0.0016 * depth**2) * noise.standard_normal(depth.shape)
    measured[noise.random(depth.shape) < 0.1] = 0.0
    box = np.array([[*found.min(axis=0), *found.max(axis=0)]], np.float32)
    keypoints = Keypoints(
        skeleton=COCO17,
        image_size=SIZE,
        keypoints_xy=found[None].astype(np.float32),
        scores=np.where(seen, 0.9, 0.4)[None].astype(np.float32),
        visibility=np.where(seen, 0.97, 0.1)[None].astype(np.float32),
        presence=np.where(inside, 0.97, 0.1)[None].astype(np.float32),
        boxes_xyxy=box,
        person_scores=np.full(1, 0.9, np.float32),
        keypoints_3d=landmarks[None].astype(np.float32),
    )
    masks = (BoxMask.from_bitmap(person), *things)
    instances = InstanceMasks(
        image_size=SIZE,
        class_ids=np.arange(len(masks), dtype=np.int32),
        class_names=('person', 'table')[: len(masks)],
        scores=np.full(len(masks), 0.9, np.float32),
        boxes_xyxy=np.array([mask.box_xyxy for mask in masks], np.float32),
        masks=masks,
        is_instance=True,
    )
    stamp_ns = 10**9 + round(time_s * 1e9)
    depth_m = measured.astype(np.float32)
    observation = Observation(stamp_ns, SIZE, keypoints, instances, depth_m, camera)
    return Take(observation, joints, hips, hidden)


def _paint(depth: np.ndarray, joints: np.ndarray, size: float, camera: CameraModel) -> None:
    """Put the person's skin into a depth image: spheres along the limbs."""
    shares = np.linspace(0, 1, 12)[:, None]
    starts, ends = _FLESH_IDS.T
    centers = joints[starts][:, None] * (1 - shares) + joints[ends][:, None] * shares
    radii = _RADII[starts][:, None] * (1 - shares[:, 0]) + _RADII[ends][:, None] * shares[:, 0]
    head = joints[_FACE].mean(axis=0)[None]
    centers = np.concatenate((centers.reshape(-1, 3), head))
    radii = np.append(radii.ravel(), 0.1) * size
    pixels, focal = project(centers, camera), camera.fx
    for (x, y), radius, center in zip(pixels, radii, centers, strict=True):
        reach = radius * focal / center[2]
        left, top = np.maximum(np.floor((x - reach, y - reach)), 0).astype(int)
        part = depth[top : max(int(y + reach) + 2, 0), left : max(int(x + reach) + 2, 0)]
        rows, columns = np.mgrid[: part.shape[0], : part.shape[1]]
        off = ((columns + left - x) ** 2 + (rows + top - y) ** 2) / reach**2
        bulge = center[2] - radius * np.sqrt(np.maximum(1 - off, 0))
        np.minimum(part, np.where(off <= 1, bulge, np.inf), out=part)


def follow(
    takes: Iterator[Take], see: Callable[[Observation], Observation]
) -> list[tuple[Take, Humans]]:
    """Return every take with the result of what `see` leaves of its observation."""
    state, results = FusionState(), []
    for take in takes:
        state, humans = step(state, see(take.observation), FusionConfig(), COCO17)
        results.append((take, humans))
    return results


def random_walk(seed: int, size_deviation: float = 0.06) -> Walk:
    noise = np.random.default_rng(1000 + seed)
    start = noise.uniform(-0.8, 0.8), noise.uniform(2.5, 4.5)
    velocity = noise.uniform(-0.3, 0.3), noise.uniform(-0.5, 0.5)
    return Walk(start, velocity, float(np.exp(size_deviation * noise.standard_normal())))


Blindness = Callable[[Observation], Observation]


def with_depth(observation: Observation) -> Observation:
    return observation


def without_depth(observation: Observation) -> Observation:
    return replace(observation, depth_m=None)


def without_metres(observation: Observation) -> Observation:
    """Neither depth nor a model that knows metres."""
    assert observation.keypoints is not None
    flat = np.full_like(observation.keypoints.keypoints_3d, np.nan)
    keypoints = replace(observation.keypoints, keypoints_3d=flat)
    return replace(observation, depth_m=None, keypoints=keypoints)
