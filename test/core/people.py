"""Stick people with masks, who walk through scenes in which the truth is known."""

from dataclasses import dataclass, field

import numpy as np

from ros_vision_perception.core.body_prior import Body, body_of
from ros_vision_perception.core.masks import BoxMask
from ros_vision_perception.core.scene import People, sort_out
from ros_vision_perception.core.skeleton import COCO17, Skeleton
from ros_vision_perception.core.tracking import admit, sight
from ros_vision_perception.core.tracks import Tracks, no_tracks
from ros_vision_perception.core.types import InstanceMasks, Keypoints, Observation
from ros_vision_perception.core.view import View
from ros_vision_perception.core.visibility import Belief, explain

IMAGE_SIZE = (320, 240)

# A standing figure seen from the front, in body heights: x to the figure's left (image right),
# y down from the crown. Left joints; right ones are mirrored.
_FIGURE = {
    'nose': (0.0, 0.08), 'eye': (0.02, 0.065), 'eye_inner': (0.012, 0.065),
    'eye_outer': (0.028, 0.065), 'ear': (0.045, 0.075), 'mouth': (0.015, 0.1),
    'head': (0.0, 0.0), 'neck': (0.0, 0.17), 'hip_center': (0.0, 0.52),
    'shoulder': (0.11, 0.19), 'elbow': (0.14, 0.35), 'wrist': (0.15, 0.5),
    'pinky': (0.16, 0.54), 'index': (0.15, 0.55), 'thumb': (0.14, 0.53),
    'hip': (0.06, 0.52), 'knee': (0.065, 0.74), 'ankle': (0.07, 0.95),
    'heel': (0.065, 0.98), 'foot_index': (0.09, 0.99), 'big_toe': (0.09, 0.99),
    'small_toe': (0.1, 0.98),
}  # fmt: skip
# Which parts swing while walking, by how many heights, left and right in opposition.
_SWING = {'elbow': 0.02, 'wrist': 0.05, 'knee': 0.03, 'ankle': 0.06}
# Capsules that make the silhouette: from, to, radius in heights.
_LIMBS = (
    ('left_shoulder', 'left_elbow', 0.03), ('right_shoulder', 'right_elbow', 0.03),
    ('left_elbow', 'left_wrist', 0.025), ('right_elbow', 'right_wrist', 0.025),
    ('left_hip', 'left_knee', 0.045), ('right_hip', 'right_knee', 0.045),
    ('left_knee', 'left_ankle', 0.035), ('right_knee', 'right_ankle', 0.035),
    ('left_shoulder', 'left_hip', 0.05), ('right_shoulder', 'right_hip', 0.05),
    ('left_shoulder', 'right_hip', 0.05), ('right_shoulder', 'left_hip', 0.05),
    ('left_shoulder', 'right_shoulder', 0.05), ('nose', 'nose', 0.075),
)  # fmt: skip


def figure(
    x: float,
    *,
    feet_y: float = 220.0,
    height: float = 150.0,
    phase: float = 0.0,
    skeleton: Skeleton = COCO17,
) -> np.ndarray:
    """Return the joints (K, 2) px of a figure standing at x; phase (rad) of its walk."""
    joints = []
    for name in skeleton.joint_names:
        side = -1.0 if 'right' in name else 1.0
        part = name.removeprefix('left_').removeprefix('right_').removesuffix('_left')
        part = part.removesuffix('_right')
        dx, dy = _FIGURE[part]
        swing = _SWING.get(part, 0.0) * np.sin(phase) * side
        joints.append((x + (side * dx + swing) * height, feet_y + (dy - 1.0) * height))
    return np.array(joints)


def silhouette(joints_xy: np.ndarray, *, skeleton: Skeleton = COCO17) -> np.ndarray:
    """Return the (H, W) bool mask of a figure, as if nothing were in front of it."""
    height = np.ptp(joints_xy[:, 1]) / 0.9
    mask = np.zeros(IMAGE_SIZE[::-1], bool)
    for start_name, end_name, thickness in _LIMBS:
        start = joints_xy[skeleton.index(start_name)]
        end = joints_xy[skeleton.index(end_name)]
        _fill_capsule(mask, start, end, thickness * height)
    return mask


def _fill_capsule(mask: np.ndarray, start: np.ndarray, end: np.ndarray, radius: float) -> None:
    low = np.maximum(np.floor(np.minimum(start, end) - radius), 0).astype(int)
    high = np.maximum(np.ceil(np.maximum(start, end) + radius) + 1, 0).astype(int)
    part = mask[low[1] : high[1], low[0] : high[0]]
    rows, columns = np.mgrid[: part.shape[0], : part.shape[1]]
    points = np.stack((columns, rows), axis=-1) + low - start
    along = end - start
    share = np.clip(points @ along / max(float(along @ along), 1e-9), 0.0, 1.0)
    part |= ((points - share[..., None] * along) ** 2).sum(axis=-1) < radius**2


def rectangle(
    x_min: float, x_max: float, y_min: float = 0, y_max: float = IMAGE_SIZE[1]
) -> np.ndarray:
    """Return the (H, W) bool mask of a pillar, table or the like."""
    mask = np.zeros(IMAGE_SIZE[::-1], bool)
    mask[round(y_min) : round(y_max), round(x_min) : round(x_max)] = True
    return mask


@dataclass(frozen=True)
class Scene:
    """Figures and things, from back to front.

    Attributes:
        figures: joints (K, 2) px of each figure.
        things: class name and (H, W) bool mask; all are in front of all figures.
        skeleton: of the figures.
    """

    figures: tuple[np.ndarray, ...]
    things: tuple[tuple[str, np.ndarray], ...] = ()
    skeleton: Skeleton = COCO17
    visible: tuple[np.ndarray, ...] = field(init=False)
    is_seen: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        seen_masks: list[np.ndarray] = []
        in_front = np.zeros(IMAGE_SIZE[::-1], bool)
        for _, mask in self.things:
            in_front |= mask
        is_seen = np.zeros((len(self.figures), len(self.skeleton)), bool)
        for index in reversed(range(len(self.figures))):
            joints = self.figures[index]
            whole = silhouette(joints, skeleton=self.skeleton)
            seen_masks.insert(0, whole & ~in_front)
            free = BoxMask(0, 0, ~in_front)
            is_seen[index] = free.contains(joints)
            in_front = in_front | whole
        object.__setattr__(self, 'visible', tuple(seen_masks))
        object.__setattr__(self, 'is_seen', is_seen)


def detect(
    scene: Scene,
    *,
    with_visibility: bool = True,
    with_masks: bool = False,
    min_seen: float = 0.3,
    noise_px: float = 0.0,
    seed: int = 0,
) -> Keypoints:
    """Return what a pose model would say: nothing about who shows too little of themselves."""
    noise = np.random.default_rng(seed)
    found = [index for index, seen in enumerate(scene.is_seen) if seen.mean() >= min_seen]
    figures = np.array([scene.figures[index] for index in found])
    joints: np.ndarray = figures.reshape(-1, len(scene.skeleton), 2)
    joints = joints + noise_px * noise.standard_normal(joints.shape)
    seen = scene.is_seen[found]
    nan = np.full(seen.shape, np.nan, np.float32)
    visibility = np.where(seen, 0.97, 0.1).astype(np.float32) if with_visibility else nan
    return Keypoints(
        skeleton=scene.skeleton,
        image_size=IMAGE_SIZE,
        keypoints_xy=joints.astype(np.float32),
        scores=np.where(seen, 0.9, 0.5).astype(np.float32),
        visibility=visibility,
        presence=nan,
        boxes_xyxy=np.concatenate((joints.min(axis=1), joints.max(axis=1)), -1).astype(np.float32),
        person_scores=np.full(len(found), 0.9, np.float32),
        keypoints_3d=np.full((*seen.shape, 3), np.nan, np.float32),
        masks=tuple(BoxMask.from_bitmap(scene.visible[i]) for i in found) if with_masks else (),
    )


def segment(scene: Scene, *, is_instance: bool = True) -> InstanceMasks:
    """Return what a segmentation model would say: visible people and things, or regions."""
    people = [mask for mask in scene.visible if mask.any()]
    if not is_instance:
        people = [np.any(people, axis=0)] if people else []
    names = ('person',) * len(people) + tuple(name for name, _ in scene.things)
    masks = tuple(BoxMask.from_bitmap(mask) for mask in (*people, *(m for _, m in scene.things)))
    return InstanceMasks(
        image_size=IMAGE_SIZE,
        class_ids=np.arange(len(names), dtype=np.int32),
        class_names=names,
        scores=np.full(len(names), 0.9, np.float32),
        boxes_xyxy=np.array([mask.box_xyxy for mask in masks], np.float32).reshape(-1, 4),
        masks=masks,
        is_instance=is_instance,
    )


def capture(
    scene: Scene,
    time_s: float,
    *,
    keypoints: Keypoints | None = None,
    masks: InstanceMasks | None = None,
) -> Observation:
    """Return the observation of a scene at a time; poses without masks unless given."""
    return Observation(
        stamp_ns=round(time_s * 1e9),
        image_size=IMAGE_SIZE,
        keypoints=detect(scene) if keypoints is None else keypoints,
        masks=masks,
    )


def begin_tracks(people: People, body: Body) -> tuple[Tracks, np.ndarray]:
    """Return tracks of people who are seen for the first time, at 0 s, and whose each is."""
    rows, ratios = np.empty(0, np.int64), np.empty((0, len(people)))
    return admit(no_tracks(body), people, rows, ratios, body, next_id=1, stamp_ns=0)


def believe(
    keypoints: Keypoints, masks: InstanceMasks | None = None, depths_m: tuple[float, ...] = ()
) -> Belief:
    """Explain one image of people who were never seen before; ids from 1 on in their order."""
    body = body_of(COCO17)
    observation = Observation(0, IMAGE_SIZE, keypoints, masks)
    people, surroundings = sort_out(observation, COCO17)
    tracks, rows = begin_tracks(people, body)
    sightings = sight(tracks, people.in_rows(rows), rows >= 0, body, observation)
    depths = np.array(depths_m) if depths_m else np.full(len(people), np.nan)
    return explain(sightings, surroundings, depths, COCO17)


def seen_at(
    joints_xy: np.ndarray,
    p_visible: np.ndarray,
    scale: float,
    skeleton: Skeleton = COCO17,
    *,
    variance: float = 4.0,
    positions_m: np.ndarray | None = None,
) -> View:
    """Return people whose joints (T, K, 2) px are known as well as that, one size for all."""
    unknown_m = np.full((*joints_xy.shape[:2], 3), np.nan)
    return View(
        skeleton=skeleton,
        scales=np.full(len(joints_xy), scale),
        positions_xy=joints_xy,
        variances=np.full(joints_xy.shape[:2], variance),
        p_visible=p_visible,
        p_seen=p_visible,
        is_self_hidden=np.zeros(joints_xy.shape[:2], bool),
        positions_m=unknown_m if positions_m is None else positions_m,
        depth_variances=np.full(joints_xy.shape[:2], 1e-4),
    )
