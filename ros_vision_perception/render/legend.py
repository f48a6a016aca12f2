"""The strip below the picture that tells what the colours mean."""

from functools import lru_cache

import numpy as np

from ros_vision_perception.core.human import JointState
from ros_vision_perception.render import strokes
from ros_vision_perception.render.palette import STATE_WORDS, bgr
from ros_vision_perception.render.strokes import WHITE

# Lengths at 640 x 480, px.
_HEIGHT_PX, _RADIUS_PX, _TEXT_X_PX, _GAP_PX = 20, 3.6, 13, 24


@lru_cache(maxsize=8)
def legend(width: int, unit: float) -> np.ndarray:
    """Return the (h, width, 3) uint8 BGR strip of all states, white and colours on black."""
    size = unit
    while size > 0.4 and _text_width(size) > width:
        size *= 0.95
    height = round(_HEIGHT_PX * unit)
    strip = np.zeros((height, width, 3), np.uint8)
    x = max((width - _text_width(size)) / 2, 0.0)
    for state, word in STATE_WORDS.items():
        center = np.array([[x + _RADIUS_PX * size, height / 2]])
        radius = np.array([_RADIUS_PX * size])
        if state == JointState.VISIBLE:
            strokes.draw_dots(strip, center, radius, bgr(state))
        else:
            ring = strokes.circles(center, radius)
            strokes.draw_lines(strip, ring, bgr(state), 1.2 * size, closed=True)
        text_width, text_height = strokes.text_size(word, size)
        top_left = round(x + _TEXT_X_PX * size), round((height - text_height) / 2 + size)
        strokes.draw_text(strip, word, top_left, WHITE, size)
        x += text_width + _GAP_PX * size
    strip.flags.writeable = False
    return strip


def _text_width(size: float) -> float:
    words = sum(strokes.text_size(word, size)[0] for word in STATE_WORDS.values())
    return words + _GAP_PX * size * (len(STATE_WORDS) - 1) + _TEXT_X_PX * size
