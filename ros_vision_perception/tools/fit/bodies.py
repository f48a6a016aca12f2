"""People made of capsules who walk, turn and wave through a room, and what a camera shows of them.

Everything about them is known: the joints in metres, whose body covers which pixel, and whether a
joint is behind the person's own body.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from ros_vision_perception.core.skeleton import COCO17

# Radii of the parts of a body 1.7 m tall, m; they end at joints, or in the middle between two.
_CAPSULES = (
    ('head', 'head', 0.105), ('neck', 'pelvis', 0.14),
    ('left_shoulder', 'left_hip', 0.1), ('right_shoulder', 'right_hip', 0.1),
    *(
        (f'{side}_{start}', f'{side}_{end}', radius)
        for side in ('left', 'right')
        for start, end, radius in (
            ('shoulder', 'elbow', 0.06), ('elbow', 'wrist', 0.05), ('hip', 'knee', 0.09),
            ('knee', 'ankle', 0.065),
        )
    ),
)  # fmt: skip
# A joint is hidden when this much flesh, more than its own, is in front of it, m.
_FLESH = {'shoulder': 0.07, 'hip': 0.13, 'elbow': 0.05, 'knee': 0.08, 'ankle': 0.05, 'wrist': 0.04}
_BURIED = 0.06


@dataclass(frozen=True)
class Camera:
    """A pinhole camera above the floor, that looks along z; y is down.

    Attributes:
        focal: px.
        height_m: above the floor.
        pitch: angle by which it looks down, rad.
        size: (width, height) px of the image.
    """

    focal: float
    height_m: float
    pitch: float
    size: tuple[int, int]

    def see(self, points: np.ndarray) -> np.ndarray:
        """Return points (..., 3) m of the room, floor at y = 0, as the camera sees them, m."""
        x, y, z = np.moveaxis(points + np.array([0.0, self.height_m, 0.0]), -1, 0)
        cos, sin = np.cos(self.pitch), np.sin(self.pitch)
        return np.stack((x, cos * y - sin * z, sin * y + cos * z), axis=-1)

    def project(self, seen: np.ndarray) -> np.ndarray:
        """Return (..., 2) px of points (..., 3) m in the camera's frame."""
        middle = np.array(self.size) / 2 - 0.5
        return middle + self.focal * seen[..., :2] / np.maximum(seen[..., 2:], 0.1)


@dataclass(frozen=True)
class Somebody:
    """A person: how tall, how they walk and wave.

    Attributes:
        height_m: of the body.
        start: (2,) m, where in the room at time 0: to the right, away from the camera.
        heading: direction of the walk, rad, 0 to the right, pi / 2 away; and `turning`, rad/s.
        speed: m/s.
        turned: by how much the body is turned against the heading, rad.
        swing: (4, 3) amplitude, frequency (rad/s) and phase of the arms and legs.
        arms: (2, 3) rad: how far each arm is lifted forward and sideways, and the elbow bent.
        sits: whether the thighs are level.
    """

    height_m: float
    start: np.ndarray
    heading: float
    turning: float
    speed: float
    turned: float
    swing: np.ndarray
    arms: np.ndarray
    sits: bool

    def joints(self, time_s: float) -> dict[str, np.ndarray]:
        """Return the joints, (3,) m in the room, by name; with head, neck and pelvis."""
        heading = self.heading + self.turning * time_s
        body = self._body(time_s)
        # From right, up, forward of the body to the room.
        yaw = heading + self.turned
        forward = np.array([np.cos(yaw), 0.0, np.sin(yaw)])
        right = np.array([np.sin(yaw), 0.0, -np.cos(yaw)])
        # Distance walked along an arc, straight when it does not turn.
        middle = self.heading + self.turning * time_s / 2
        walked = self.speed * time_s * np.array([np.cos(middle), 0.0, np.sin(middle)])
        place = np.array([self.start[0], 0.0, self.start[1]]) + walked
        return {
            name: place + self.height_m * (x * right - y * np.array([0.0, 1.0, 0.0]) + z * forward)
            for name, (x, y, z) in body.items()
        }

    def _body(self, time_s: float) -> dict[str, np.ndarray]:
        """Return the joints in heights: to the right, up, forward."""
        angles = self.swing[:, 0] * np.sin(self.swing[:, 1] * time_s + self.swing[:, 2])
        hip = 0.3 if self.sits else 0.53
        head = np.array([0.0, hip + 0.4, 0.02])
        body = {
            'head': head,
            'nose': head + np.array([0.0, 0.0, 0.06]),
            'neck': np.array([0.0, hip + 0.3, 0.0]),
            'pelvis': np.array([0.0, hip, 0.0]),
        }
        for index, (side, sign) in enumerate((('left', -1.0), ('right', 1.0))):
            body[f'{side}_eye'] = head + np.array([sign * 0.018, 0.02, 0.05])
            body[f'{side}_ear'] = head + np.array([sign * 0.045, 0.005, 0.0])
            shoulder = np.array([sign * 0.115, hip + 0.288, 0.0])
            lift, spread, bend = self.arms[index]
            elbow = shoulder + 0.186 * _down(lift + angles[index], sign * spread)
            wrist = elbow + 0.146 * _down(lift + angles[index] + bend, sign * spread)
            joint = np.array([sign * 0.055, hip, 0.0])
            thigh = np.pi / 2 - 0.1 if self.sits else angles[2 + index]
            knee = joint + 0.245 * _down(thigh, sign * 0.05)
            ankle = knee + 0.246 * _down(
                min(thigh - np.pi / 2, 0.0)
                if self.sits
                else angles[2 + index] - abs(angles[2 + index]),
                0.0,
            )
            names = ('shoulder', 'elbow', 'wrist', 'hip', 'knee', 'ankle')
            points = (shoulder, elbow, wrist, joint, knee, ankle)
            body.update({f'{side}_{name}': p for name, p in zip(names, points, strict=True)})
        return body


def _down(forward: float, sideways: float) -> np.ndarray:
    """Return the unit vector that points down, then is lifted forward and sideways, rad."""
    return np.array(
        [
            np.sin(sideways) * np.cos(forward),
            -np.cos(forward) * np.cos(sideways),
            np.sin(forward),
        ]
    )


def somebody(rng: np.random.Generator, distance_m: tuple[float, float]) -> Somebody:
    """Draw a person at a distance from the camera."""
    away = rng.uniform(*distance_m)
    walks = rng.random() < 0.6
    swing = np.stack(
        (
            rng.uniform(0.05, 0.5, 4) * (1.0 if walks else 0.3),
            np.full(4, rng.uniform(4.0, 8.0)),
            rng.uniform(0, 2 * np.pi) + np.pi * np.array([0, 1, 1, 0]),
        ),
        axis=1,
    )
    arms = np.stack(
        (
            np.where(rng.random(2) < 0.5, 0.0, rng.uniform(-0.5, 2.5, 2)),
            rng.uniform(0.05, 0.8, 2),
            rng.uniform(0.0, 2.0, 2),
        ),
        axis=1,
    )
    return Somebody(
        height_m=rng.uniform(1.5, 1.95),
        start=np.array([rng.uniform(-0.5, 0.5) * away, away]),
        heading=rng.uniform(0, 2 * np.pi),
        turning=rng.uniform(-0.8, 0.8) * (rng.random() < 0.4),
        speed=rng.uniform(0.5, 1.6) if walks else 0.0,
        turned=0.0 if walks else rng.uniform(0, 2 * np.pi),
        swing=swing,
        arms=arms,
        sits=bool(not walks and rng.random() < 0.35),
    )


@dataclass(frozen=True)
class Appearance:
    """How a camera sees one person.

    Attributes:
        joints_xy: (17, 2) px in the order of COCO.
        depths_m: (17,) m along the optical axis.
        behind_self: (17,) bool.
        silhouette: (H, W) bool, the whole body, as if nothing were in front of it.
    """

    joints_xy: np.ndarray
    depths_m: np.ndarray
    behind_self: np.ndarray
    silhouette: np.ndarray


def appearance(person: Somebody, camera: Camera, time_s: float) -> Appearance | None:
    """Return how a camera sees a person; None when they are at or behind it."""
    room = person.joints(time_s)
    seen = {name: camera.see(point) for name, point in room.items()}
    joints = np.array([seen[name] for name in COCO17.joint_names])
    if joints[:, 2].min() < 0.5:
        return None
    size = person.height_m / 1.7
    image = np.zeros(camera.size[::-1], np.uint8)
    for start, end, radius in _CAPSULES:
        _draw(image, seen[start], seen[end], radius * size, camera)
    return Appearance(
        camera.project(joints), joints[:, 2], _behind_self(seen, joints, size), image > 0
    )


def _draw(
    image: np.ndarray, start: np.ndarray, end: np.ndarray, radius: float, camera: Camera
) -> None:
    ends = np.rint(camera.project(np.stack((start, end))).clip(-5000, 5000)).astype(int)
    width = 2 * radius * camera.focal / (start[2] + end[2]) * 2
    cv2.line(image, ends[0].tolist(), ends[1].tolist(), 255, max(round(width), 1))


def _behind_self(seen: dict[str, np.ndarray], joints: np.ndarray, size: float) -> np.ndarray:
    """Return (17,) bool: the line of sight enters a part of the body well before the joint."""
    hidden = np.zeros(len(joints), bool)
    for index, (name, joint) in enumerate(zip(COCO17.joint_names, joints, strict=True)):
        flesh = _FLESH.get(name.partition('_')[2], 0.02) * size
        sight = joint / np.linalg.norm(joint)
        # Points of the line of sight, from in front of the body to the joint's own flesh.
        steps = np.arange(0.0, 0.9, 0.02)
        points = joint - sight * (flesh + _BURIED * size + steps)[:, None]
        for start, end, radius in _CAPSULES:
            if name in (start, end):
                continue
            along = seen[end] - seen[start]
            share = (points - seen[start]) @ along / max(float(along @ along), 1e-9)
            nearest = seen[start] + share.clip(0, 1)[:, None] * along
            inside = np.linalg.norm(points - nearest, axis=1) < radius * size
            hidden[index] |= bool(inside.any())
    return hidden
