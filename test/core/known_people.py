"""People of whom everything is known, or nothing in space."""

import numpy as np

from ros_vision_perception.core.human import (
    Humans,
    HumanState,
    Joints,
    OrientationAvailability,
    PredictedPath,
    TrackState,
    unknown,
)
from ros_vision_perception.core.skeleton import BLAZEPOSE33

STAMP_NS, SIZE = 1_700_000_000_123_456_789, (64, 48)

# Rotations, one for each largest component of a quaternion.
AXES = [
    np.array(rows, np.float32)
    for rows in (
        ((0, 1, 0), (0, 0, 1), (1, 0, 0)),
        ((1, 0, 0), (0, -1, 0), (0, 0, -1)),
        ((-1, 0, 0), (0, 1, 0), (0, 0, -1)),
        ((-1, 0, 0), (0, -1, 0), (0, 0, 1)),
    )
]


def human(track_id: int, *, in_space: bool, joints: int = 33) -> HumanState:
    random = np.random.default_rng(track_id)

    def numbers(*shape: int) -> np.ndarray:
        return random.normal(size=(joints, *shape)).astype(np.float32)

    def matrices(size: int) -> np.ndarray:
        half = numbers(size, size)
        return half + half.transpose(0, 2, 1)

    has_3d = np.full(joints, in_space)
    has_3d[::2] = False
    known, vectors, tensors = has_3d[:, None], numbers(3), matrices(3)
    return HumanState(
        track_id=track_id,
        track_state=TrackState.OCCLUDED,
        age_s=12.345678901,
        time_since_update_s=0.25,
        existence_probability=0.5,
        occluded_fraction=0.25,
        identity_confidence=0.75,
        box_xyxy=np.array([1.5, -2.5, 30.25, 40.0], np.float32),
        joints=Joints(
            states=random.integers(0, 7, joints).astype(np.uint8),
            p_visible=numbers(),
            occluder_track_ids=random.integers(-1, 9, joints).astype(np.int32),
            occluder_classes=tuple(random.choice(['', 'person', 'table'], joints).tolist()),
            keypoints_xy=numbers(2),
            covariances_px=matrices(2),
            has_3d=has_3d,
            positions_m=np.where(known, vectors, np.float32(np.nan)),
            position_covariances=np.where(known[..., None], tensors, np.float32(np.nan)),
            velocities=np.where(known, -vectors, np.float32(np.nan)),
            velocity_covariances=np.where(known[..., None], -tensors, np.float32(np.nan)),
            time_since_seen_s=np.where(has_3d, numbers(), np.inf).astype(np.float32),
        ),
        position_m=np.array([1, 2, 3] if in_space else [np.nan] * 3, np.float32),
        position_covariance=np.full((3, 3), 0.5 if in_space else np.nan, np.float32),
        velocity_mps=np.array([1, 2, 3] if in_space else [np.nan] * 3, np.float32),
        velocity_covariance=np.full((3, 3), 0.25 if in_space else np.nan, np.float32),
        axes=AXES[track_id % 4] if in_space else unknown(3, 3),
        orientation_covariance=np.full((3, 3), 0.125 if in_space else np.nan, np.float32),
        orientation_availability=OrientationAvailability(2 * in_space),
        facing_probability=0.5,
        activities=('waving', 'pointing')[: track_id % 3],
        activity_confidences=(0.5, 0.75)[: track_id % 3],
        pointing_origin_m=np.array([1, 2, 3] if in_space else [np.nan] * 3, np.float32),
        pointing_direction=np.array([0, 1, 0] if in_space else [np.nan] * 3, np.float32),
        predicted_paths=tuple(
            PredictedPath(0.5, vectors[:6], tensors[:6], share)
            for share in (0.75, 0.25)[:track_id]
        )
        if in_space
        else (),
    )


def humans(*people: HumanState) -> Humans:
    return Humans(
        stamp_ns=STAMP_NS,
        image_size=SIZE,
        skeleton=BLAZEPOSE33,
        people=people,
        used_pose=True,
        used_masks=False,
        used_depth=True,
        degraded_reason='masks missing',
    )
