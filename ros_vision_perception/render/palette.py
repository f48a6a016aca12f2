"""One colour and one word per joint state, the same in pictures, tables and legends.

The colours are those of Okabe and Ito, "Color Universal Design", 2008: people with a colour
vision deficiency can tell them apart.
"""

from ros_vision_perception.core.human import JointState

# State -> (red, green, blue).
STATE_COLORS: dict[JointState, tuple[int, int, int]] = {
    JointState.VISIBLE: (0, 190, 135),
    JointState.OCCLUDED_BY_SELF: (86, 180, 233),
    JointState.OCCLUDED_BY_PERSON: (235, 120, 185),
    JointState.OCCLUDED_BY_OBJECT: (240, 150, 0),
    JointState.OUT_OF_IMAGE: (225, 225, 225),
    JointState.PREDICTED: (240, 228, 66),
    JointState.UNKNOWN: (150, 150, 150),
}

STATE_WORDS: dict[JointState, str] = {
    JointState.VISIBLE: 'seen',
    JointState.OCCLUDED_BY_SELF: 'behind self',
    JointState.OCCLUDED_BY_PERSON: 'behind person',
    JointState.OCCLUDED_BY_OBJECT: 'behind object',
    JointState.OUT_OF_IMAGE: 'out of image',
    JointState.PREDICTED: 'predicted',
    JointState.UNKNOWN: 'unknown',
}


def bgr(state: JointState) -> tuple[int, int, int]:
    """Return the colour of a state in OpenCV's order."""
    red, green, blue = STATE_COLORS[state]
    return blue, green, red
