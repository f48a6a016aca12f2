"""BlazePose landmark network: 33 joints, their visibility, metric 3D and a mask per person.

The network sees each person in a square that is turned so that the body stands upright. Two
auxiliary landmarks give the square of the next frame, so that a person who is followed needs no
detector. Sources: Bazarevsky et al., "BlazePose: On-device Real-time Body Pose tracking", 2020;
model card "MediaPipe BlazePose GHUM 3D".
"""

from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core.geometry import apply_affine, invert_affine
from ros_vision_perception.core.masks import BoxMask
from ros_vision_perception.core.skeleton import BLAZEPOSE33
from ros_vision_perception.core.types import Frame
from ros_vision_perception.models.imaging import mask_in_image, rgb_crop, to_tensor

INPUT_SIZE = 256
JOINTS = len(BLAZEPOSE33)
# The network's landmarks after the 33 joints: hip centre and body circle; the rest is not used.
_LANDMARKS, _HIP_CENTER, _BODY_CIRCLE, _USED = 39, 33, 34, 35
# The square is this much larger than the circle around the body.
_ROI_SCALE = 1.25
# Heatmap refinement: side of the window in cells, and the peak below which it is not trusted.
_WINDOW, _MIN_PEAK = 7, 0.5
_REACH = np.arange(_WINDOW) - _WINDOW // 2
# Per cell of the window, row by row: 1, x and y, whose sums over the cells give the mean.
_MOMENTS = np.array([(1.0, x, y) for y in _REACH for x in _REACH])


@dataclass(frozen=True)
class Rois:
    """N turned squares in the image.

    Attributes:
        centers_xy: (N, 2) float64 px.
        sides: (N,) float64 px.
        angles: (N,) float64 rad: how far the body is turned from upright, clockwise on screen.
    """

    centers_xy: np.ndarray
    sides: np.ndarray
    angles: np.ndarray

    def __len__(self) -> int:
        return len(self.sides)

    def __getitem__(self, index: np.ndarray | slice) -> 'Rois':
        return Rois(self.centers_xy[index], self.sides[index], self.angles[index])

    @classmethod
    def empty(cls) -> 'Rois':
        """No squares."""
        return cls(np.empty((0, 2)), np.empty(0), np.empty(0))

    @classmethod
    def concatenate(cls, parts: list['Rois']) -> 'Rois':
        """Join several sets, in order."""
        return cls(
            np.concatenate([part.centers_xy for part in parts]),
            np.concatenate([part.sides for part in parts]),
            np.concatenate([part.angles for part in parts]),
        )

    @classmethod
    def where(cls, choose: np.ndarray, chosen: 'Rois', other: 'Rois') -> 'Rois':
        """Take each square from `chosen` where `choose` (N,) is True, else from `other`."""
        return cls(
            np.where(choose[:, None], chosen.centers_xy, other.centers_xy),
            np.where(choose, chosen.sides, other.sides),
            np.where(choose, chosen.angles, other.angles),
        )

    @classmethod
    def from_alignment(cls, hip_centers_xy: np.ndarray, circle_xy: np.ndarray) -> 'Rois':
        """Make the squares from hip centres (N, 2) px and points on the body circles (N, 2) px."""
        up = np.asarray(circle_xy, np.float64) - hip_centers_xy
        return cls(
            np.asarray(hip_centers_xy, np.float64),
            2.0 * _ROI_SCALE * np.hypot(up[:, 0], up[:, 1]),
            np.arctan2(up[:, 0], -up[:, 1]),
        )

    def scaled(self, factor: float) -> 'Rois':
        """Return the squares around the same centres, larger by `factor`."""
        return Rois(self.centers_xy, self.sides * factor, self.angles)

    def boxes_xyxy(self) -> np.ndarray:
        """Return the (N, 4) upright squares, px, of the same centres and sides."""
        half = self.sides[:, None] / 2
        return np.concatenate((self.centers_xy - half, self.centers_xy + half), axis=1)

    def crop_from_image(self) -> np.ndarray:
        """Return the (N, 2, 3) matrices from image px to input px."""
        scales = INPUT_SIZE / self.sides
        cos, sin = np.cos(self.angles) * scales, np.sin(self.angles) * scales
        matrices = np.empty((len(self), 2, 3))
        matrices[:, 0, 0], matrices[:, 0, 1] = cos, sin
        matrices[:, 1, 0], matrices[:, 1, 1] = -sin, cos
        middle = (INPUT_SIZE - 1) / 2
        matrices[:, :, 2] = middle - np.einsum('nij,nj->ni', matrices[:, :, :2], self.centers_xy)
        return matrices


@dataclass(frozen=True)
class Landmarks:
    """What the network says about N people, in image coordinates.

    Attributes:
        person_scores: (N,) float32, probability that the square holds a person.
        keypoints_xy: (N, 33, 2) float32 px.
        visibility: (N, 33) float32, P(inside the image and not occluded).
        presence: (N, 33) float32, P(inside the image).
        keypoints_3d: (N, 33, 3) float32 m around the hip centre, axes of the camera.
        next_rois: the squares in which to look in the next frame.
    """

    person_scores: np.ndarray
    keypoints_xy: np.ndarray
    visibility: np.ndarray
    presence: np.ndarray
    keypoints_3d: np.ndarray
    next_rois: Rois


def preprocess(frame: Frame, crops_from_image: np.ndarray) -> np.ndarray:
    """Return the (N, 3, 256, 256) float32 tensor in [0, 1] of N people's crops."""
    size = (INPUT_SIZE, INPUT_SIZE)
    return to_tensor([rgb_crop(frame, matrix, size) for matrix in crops_from_image], 1 / 255)


def decode(outputs: dict[str, np.ndarray], rois: Rois, crops_from_image: np.ndarray) -> Landmarks:
    """Decode the outputs of N crops.

    Args:
        outputs: 'landmarks' (N, 195) x, y, z px and two logits per landmark; 'person_flag'
            (N, 1) probability; 'heatmap' (N, 39, 64, 64) logits; 'world_landmarks' (N, 117) m.
        rois: the N squares.
        crops_from_image: (N, 2, 3) matrices given to `preprocess`.
    """
    raw = outputs['landmarks'].reshape(-1, _LANDMARKS, 5)[:, :_USED]
    heatmap = outputs['heatmap'][:, :_USED]
    in_crop = refine(raw[..., :2] / INPUT_SIZE, heatmap) * INPUT_SIZE - 0.5
    in_image = apply_affine(invert_affine(crops_from_image), in_crop)
    probabilities = _sigmoid(raw[:, :JOINTS, 3:])
    return Landmarks(
        person_scores=outputs['person_flag'].reshape(-1).astype(np.float32),
        keypoints_xy=in_image[:, :JOINTS].astype(np.float32),
        visibility=probabilities[..., 0].astype(np.float32),
        presence=probabilities[..., 1].astype(np.float32),
        keypoints_3d=_turn_back(outputs['world_landmarks'], rois.angles),
        next_rois=Rois.from_alignment(in_image[:, _HIP_CENTER], in_image[:, _BODY_CIRCLE]),
    )


def refine(points: np.ndarray, heatmap: np.ndarray) -> np.ndarray:
    """Move each point to the centre of mass of the heatmap around it, where that has a clear peak.

    Args:
        points: (N, L, 2) regressed positions in units of the crop's side.
        heatmap: (N, L, h, w) logits.

    Returns:
        (N, L, 2) positions, same units.
    """
    people, landmarks, height, width = heatmap.shape
    cells = (points * (width, height)).astype(np.int64)
    columns, rows = cells[..., :1] + _REACH, cells[..., 1:] + _REACH  # (N, L, 7)
    inside_x, inside_y = (columns >= 0) & (columns < width), (rows >= 0) & (rows < height)
    person, landmark = np.ogrid[:people, :landmarks]
    window = heatmap[
        person[..., None, None],
        landmark[..., None, None],
        rows.clip(0, height - 1)[..., :, None],
        columns.clip(0, width - 1)[..., None, :],
    ]
    weights = np.where(inside_y[..., :, None] & inside_x[..., None, :], _sigmoid(window), 0.0)
    weights = weights.reshape(people, landmarks, -1)
    sums = weights @ _MOMENTS
    # The network was trained with cell i at i / width, not at its middle (i + 0.5) / width.
    mean = (cells + sums[..., 1:] / np.maximum(sums[..., :1], 1e-9)) / (width, height)
    clear = weights.max(axis=-1) >= _MIN_PEAK
    return np.where(clear[..., None], mean, points)


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    # Limited where float32 would overflow; there it is 0 or 1 already.
    return 1.0 / (1.0 + np.exp(-logits.clip(-60.0, 60.0)))


def _turn_back(world: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """Turn (N, 117) metric landmarks of the upright crops to the camera's axes: (N, 33, 3)."""
    points = world.reshape(-1, _LANDMARKS, 3)[:, :JOINTS]
    cos, sin = np.cos(angles)[:, None], np.sin(angles)[:, None]
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    return np.stack((cos * x - sin * y, sin * x + cos * y, z), axis=-1).astype(np.float32)


def decode_mask(
    logits: np.ndarray, crop_from_image: np.ndarray, image_size: tuple[int, int]
) -> BoxMask:
    """Project one crop's person mask (256, 256) logits back into the image of (width, height)."""
    return mask_in_image(logits, 0.0, crop_from_image, image_size)
