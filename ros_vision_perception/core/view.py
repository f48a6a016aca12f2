"""People as arrays over all of them: what the fusion knows of where their joints are."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ros_vision_perception.core.anatomy import anatomy_of
from ros_vision_perception.core.association import box_scales
from ros_vision_perception.core.bodies import bone_lengths, heights_px
from ros_vision_perception.core.human import Humans, JointState
from ros_vision_perception.core.skeleton import Skeleton

# How far joints are believed that the own body hides, and what bones need to be measured.
_SELF, _KNOWN = 0.5, 0.3
# Heights per scale, see body_prior.
_HEIGHT = 2.3
# Joints this near to the border of the image, scales, are believed less.
_RIM = 0.2


@dataclass(frozen=True)
class View:
    """The K joints of T people.

    Attributes:
        skeleton: of the joints.
        scales: (T,) px, square root of the person's area.
        positions_xy: (T, K, 2) px, estimated.
        variances: (T, K) px^2 of x and of y.
        p_visible: (T, K) probability that the joint is seen, and not squeezed into the image.
        p_seen: (T, K) the same, also of what may be squeezed into the image.
        is_self_hidden: (T, K) bool, behind the own body.
        positions_m: (T, K, 3) m, camera frame, NaN where unknown.
        depth_variances: (T, K) m^2, of how far joints are behind the middle of the hips.
    """

    skeleton: Skeleton
    scales: np.ndarray
    positions_xy: np.ndarray
    variances: np.ndarray
    p_visible: np.ndarray
    p_seen: np.ndarray
    is_self_hidden: np.ndarray
    positions_m: np.ndarray
    depth_variances: np.ndarray

    @cached_property
    def trust(self) -> np.ndarray:
        """(T, K) how far joints are to be believed: what the own body hides is near by."""
        return np.maximum(self.p_visible, _SELF * self.is_self_hidden)

    @cached_property
    def heights_px(self) -> np.ndarray:
        """(T,) how tall people would be in the image if they stood upright."""
        anatomy = anatomy_of(self.skeleton)
        lengths = bone_lengths(self.positions_xy, anatomy)
        known = np.minimum(self.trust[:, anatomy.bones], self.trust[:, anatomy.parents]) > _KNOWN
        heights = heights_px(np.where(known, lengths, np.nan), anatomy)
        return np.where(np.isfinite(heights), heights, _HEIGHT * self.scales)

    @property
    def depths_m(self) -> np.ndarray:
        """(T, K) m, along the camera's axis."""
        return self.positions_m[..., 2]


def view_of(humans: Humans) -> View:
    """Return everyone in a result."""
    joints = [human.joints for human in humans.people]
    scales = box_scales(np.array([human.box_xyxy for human in humans.people], np.float64))
    positions_xy = np.array([one.keypoints_xy for one in joints], np.float64)
    p_seen = np.array([one.p_visible for one in joints])
    whole = np.array([human.position_covariance[2, 2] for human in humans.people])
    depth_variances = np.array([one.position_covariances[:, 2, 2] for one in joints])
    return View(
        skeleton=humans.skeleton,
        scales=scales,
        positions_xy=positions_xy,
        variances=np.array([one.covariances_px[:, 0, 0] for one in joints]),
        p_visible=p_seen * _within(positions_xy, scales, humans.image_size),
        p_seen=p_seen,
        is_self_hidden=np.array([one.states for one in joints])
        == int(JointState.OCCLUDED_BY_SELF),
        positions_m=np.array([one.positions_m for one in joints], np.float64),
        # All joints share what is unsure about the depth of the person.
        depth_variances=np.maximum(depth_variances - whole[:, None], 0.0),
    )


def _within(
    positions_xy: np.ndarray, scales: np.ndarray, image_size: tuple[int, int]
) -> np.ndarray:
    """Return (T, K) in [0, 1], how far joints are to be believed by their distance to the border.

    Pose models squeeze what is beyond the border of the image into it.
    """
    inside = np.minimum(positions_xy, np.array(image_size) - 1.0 - positions_xy).min(axis=-1)
    return (inside / (_RIM * scales[:, None])).clip(0.0, 1.0)
