"""The people of the demo's scene, cut out of two photographs that come with scikit-image.

Outlines and joints were measured by hand on the photographs and are the scene's ground truth.
All coordinates are pixels of the photographs, 512 x 512.
"""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.core.human import JointState
from ros_vision_perception.core.skeleton import BLAZEPOSE33

_SELF = JointState.OCCLUDED_BY_SELF

# The astronaut's suit is below this row.
_CHIN_ROW = 200
_ASTRONAUT_OUTLINE = """
201,23 185,38 174,43 163,51 156,58 153,68 154,92 157,104 170,117 170,121 174,128 182,133 183,146
181,148 153,151 140,158 131,167 121,183 120,192 123,203 119,205 116,201 114,201 107,211 90,227
76,235 62,250 55,262 54,267 44,282 40,294 39,306 34,315 26,342 26,366 19,390 19,417 24,432 23,460
26,484 28,488 28,493 21,502 25,513 513,513 513,502 507,500 506,487 496,471 496,466 501,462 502,456
496,452 494,426 491,414 483,395 473,379 455,361 436,351 418,345 393,344 381,345 366,349 360,343
360,334 362,331 357,323 356,302 352,287 347,281 345,272 340,262 319,243 304,234 299,219 289,203
276,189 255,172 256,163 264,149 266,138 275,134 290,117 296,107 299,96 299,72 296,66 296,58 288,43
276,31 248,18 227,16 214,21 205,21
"""

_CAMERAMAN_OUTLINE = """
229,72 223,71 219,68 192,69 167,91 164,101 160,106 150,107 129,125 116,125 109,127 77,142 68,151
59,164 52,180 38,198 26,222 18,232 8,246 3,262 1,300 1,513 151,513 148,423 140,385 141,380 173,342
206,295 210,295 233,308 247,312 272,299 277,298 284,290 291,288 291,282 294,279 299,278 303,274
304,271 298,249 301,245 303,236 306,231 317,221 323,212 325,201 331,194 329,187 330,176 327,170
321,166 324,142 322,140 296,142 260,140 258,138 259,133 269,128 269,112 256,93 243,80 237,78
"""

# Column, head, handle, left and right legs.
_TRIPOD_OUTLINES = (
    '288,216 299,216 300,488 288,488',
    '279,315 284,312 303,312 309,317 313,330 308,334 300,346 287,346 287,332 277,330',
    '307,316 310,311 325,302 328,299 338,300 337,307 326,307 313,316',
    '279,330 289,332 249,513 232,513',
    '306,331 313,329 386,468 393,480 407,513 398,513 386,490 378,470',
)
# Where the street shows between the face, the hands and the camera.
_CAMERAMAN_HOLES = (
    '254,152 260,153 260,177 266,180 272,186 273,200 243,207 240,200 242,181 247,174 254,167',
    '243,209 268,208 262,217 263,227 249,246 242,218',
)

# Joint -> x, y, and its state where the photographed body itself hides it.
_ASTRONAUT_JOINTS: dict[str, tuple[float, ...]] = {
    'nose': (224, 124), 'left_eye_inner': (237, 104), 'left_eye': (246, 104),
    'left_eye_outer': (257, 104), 'right_eye_inner': (212, 102), 'right_eye': (203, 102),
    'right_eye_outer': (193, 102), 'left_ear': (272, 126), 'right_ear': (178, 121),
    'mouth_left': (244, 144), 'mouth_right': (206, 143), 'left_shoulder': (316, 258),
    'right_shoulder': (96, 246), 'right_elbow': (52, 420), 'right_wrist': (132, 490),
}  # fmt: skip

_CAMERAMAN_JOINTS: dict[str, tuple[float, ...]] = {
    'nose': (249, 162), 'right_eye_inner': (244, 145), 'right_eye': (235, 146),
    'right_eye_outer': (226, 145), 'right_ear': (188, 141), 'mouth_right': (236, 182),
    'right_shoulder': (92, 180), 'right_elbow': (84, 318), 'right_wrist': (184, 240),
    'left_elbow': (246, 298), 'left_wrist': (284, 232), 'left_shoulder': (160, 176, _SELF),
    'left_ear': (200, 140, _SELF),
}  # fmt: skip


@dataclass(frozen=True)
class Cutout:
    """A picture with a transparent background, and the joints on it.

    Attributes:
        colors: (h, w, 3) uint8 BGR, black where transparent (premultiplied).
        alpha: (h, w) uint8, 255 where opaque.
        joints_xy: (33, 2) float64 px, NaN where not known.
        states: (33,) uint8, a JointState: what the picture itself tells about each joint.
    """

    colors: np.ndarray
    alpha: np.ndarray
    joints_xy: np.ndarray
    states: np.ndarray

    @property
    def area(self) -> float:
        """Area of what is opaque, px^2."""
        return float(self.alpha.sum() / 255)

    def resized(self, scale: float) -> 'Cutout':
        """Return it at another size."""
        height, width = self.alpha.shape
        size = round(width * scale), round(height * scale)
        ratio = np.array(size) / (width, height)
        return Cutout(
            cv2.resize(self.colors, size, interpolation=cv2.INTER_AREA),
            cv2.resize(self.alpha, size, interpolation=cv2.INTER_AREA),
            (self.joints_xy + 0.5) * ratio - 0.5,  # the outer edges of the pixels stay together
            self.states,
        )

    def mirrored(self) -> 'Cutout':
        """Return the mirror image: left joints become right ones."""
        flip = BLAZEPOSE33.flip_indices
        joints = self.joints_xy[flip].copy()
        joints[:, 0] = self.alpha.shape[1] - 1 - joints[:, 0]
        return Cutout(
            np.ascontiguousarray(self.colors[:, ::-1]),
            np.ascontiguousarray(self.alpha[:, ::-1]),
            joints,
            self.states[flip],
        )


def astronaut() -> Cutout:
    """Return the astronaut with her helmet: head and upper body, facing the camera."""
    return _cut(read_photo('astronaut.png'), (_ASTRONAUT_OUTLINE,), (), _ASTRONAUT_JOINTS)


def astronaut_in_blue() -> Cutout:
    """Return the astronaut in a suit of another colour."""
    photo = read_photo('astronaut.png')
    hue, saturation, value = cv2.split(cv2.cvtColor(photo, cv2.COLOR_BGR2HSV))
    # Orange as strong as the suit's is nowhere in her face.
    suit = ((hue < 14) | (hue > 172)) & (saturation > 150)
    suit[:_CHIN_ROW] = False
    hue[suit], saturation[suit] = (hue[suit].astype(int) + 104) % 180, saturation[suit] * 0.7
    photo = cv2.cvtColor(cv2.merge((hue, saturation, value)), cv2.COLOR_HSV2BGR)
    return _cut(photo, (_ASTRONAUT_OUTLINE,), (), _ASTRONAUT_JOINTS)


def cameraman() -> Cutout:
    """Return the cameraman with his tripod, in profile; the grey photograph gets warm tones."""
    outlines = (_CAMERAMAN_OUTLINE, *_TRIPOD_OUTLINES)
    photo = _toned(read_photo('camera.png'))
    return _cut(photo, outlines, _CAMERAMAN_HOLES, _CAMERAMAN_JOINTS)


def read_photo(name: str) -> np.ndarray:
    """Return a (512, 512, 3) uint8 BGR picture of scikit-image's wheel; nothing is downloaded.

    Raises:
        ConfigurationError: scikit-image is not installed, or has no such picture.
    """
    # Found, not imported: the import takes a second.
    spec = find_spec('skimage')
    folders = spec.submodule_search_locations if spec else None
    path = Path(folders[0]) / 'data' / name if folders else None
    photo = cv2.imread(str(path)) if path and path.is_file() else None
    if photo is None:
        raise ConfigurationError(
            f'the demo scene needs {name} of scikit-image: install scikit-image, '
            'or give --video, --images, --camera or --bag'
        )
    return photo


def _toned(photo: np.ndarray) -> np.ndarray:
    """Map grey values to colours: dark to blue cloth, middle to skin, bright to white."""
    greys = (0, 45, 90, 170, 255)
    tones = ((22, 14, 10), (62, 46, 38), (62, 82, 120), (140, 172, 214), (250, 252, 255))
    table = [np.interp(np.arange(256), greys, channel) for channel in zip(*tones, strict=True)]
    return cv2.LUT(photo, np.stack(table, axis=1).astype(np.uint8)[None])


def _points(text: str) -> np.ndarray:
    return np.array([pair.split(',') for pair in text.split()], np.float64)


def _cut(
    photo: np.ndarray,
    outlines: tuple[str, ...],
    holes: tuple[str, ...],
    joints: dict[str, tuple[float, ...]],
) -> Cutout:
    alpha: np.ndarray = np.zeros(photo.shape[:2], np.uint8)
    for polygons, value in ((outlines, 255), (holes, 0)):
        for polygon in polygons:
            points = np.rint(_points(polygon) * 16).astype(np.int32)
            cv2.fillPoly(alpha, [points], value, cv2.LINE_AA, 4)
    # A little within the outline: on it the photograph's own background shines through.
    alpha = cv2.convertScaleAbs(
        np.maximum(cv2.GaussianBlur(alpha, (0, 0), 1.0), 100) - 100, alpha=255 / 155
    )
    joints_xy = np.full((len(BLAZEPOSE33), 2), np.nan)
    states = np.full(len(BLAZEPOSE33), JointState.UNKNOWN, np.uint8)
    for name, (x, y, *hidden) in joints.items():
        joint = BLAZEPOSE33.index(name)
        joints_xy[joint] = x, y
        states[joint] = hidden[0] if hidden else JointState.VISIBLE
    colors = cv2.multiply(photo, cv2.merge((alpha,) * 3), scale=1 / 255)
    return Cutout(colors, alpha, joints_xy, states)
