"""The label of each person: who it is, how sure that is, what they do, and what hides them."""

from collections import Counter

import numpy as np

from ros_vision_perception.core.human import HumanState, Joints, JointState, Posture, TrackState
from ros_vision_perception.render import strokes
from ros_vision_perception.render.palette import bgr
from ros_vision_perception.render.strokes import WHITE, BgrColor

_TRACK_COLORS: dict[TrackState, BgrColor] = {
    TrackState.TENTATIVE: (190, 190, 190),
    TrackState.CONFIRMED: WHITE,
    TrackState.OCCLUDED: bgr(JointState.PREDICTED),
    TrackState.LOST: (150, 150, 150),
}
# What says the same as other activities, which then need not be named; and how many are.
_INCLUDES = {
    'both_arms_raised': ('left_arm_raised', 'right_arm_raised'),
    'hands_on_head': ('left_arm_raised', 'right_arm_raised'),
}
_MOST_ACTIVITIES = 2
_DOING_COLOR: BgrColor = (160, 235, 255)


def draw_labels(canvas: np.ndarray, people: list[HumanState], unit: float) -> None:
    """Draw box corners and a label per person in place; labels do not cover each other."""
    taken: list[tuple[int, int, int, int]] = []
    for human in people:
        if not np.isfinite(human.box_xyxy).all():
            continue
        _draw_corners(canvas, human.box_xyxy, _TRACK_COLORS[human.track_state], unit)
        _draw_label(canvas, human, taken, unit)


def occluder_counts(joints: Joints) -> list[tuple[JointState, str, int]]:
    """Return (state, who or what, number of joints) of all that hides joints, most first."""
    counts: Counter[tuple[JointState, str]] = Counter()
    for state, track_id, name in zip(
        joints.states.tolist(),
        joints.occluder_track_ids.tolist(),
        joints.occluder_classes,
        strict=True,
    ):
        if state == JointState.OCCLUDED_BY_PERSON:
            counts[JointState(state), f'#{track_id}' if track_id >= 0 else 'person'] += 1
        elif state == JointState.OCCLUDED_BY_OBJECT:
            counts[JointState(state), name or 'object'] += 1
    return [(state, name, count) for (state, name), count in counts.most_common()]


def title(human: HumanState) -> str:
    """Return who somebody is and how sure it is that they are there."""
    return f'#{human.track_id} {human.track_state.name.lower()} {human.existence_probability:.2f}'


def doing(human: HumanState) -> list[str]:
    """Return lines: the posture, and below it what they are likeliest to do, as far as known."""
    lines = []
    if human.posture != Posture.UNKNOWN:
        lines.append(f'{human.posture.name.lower()} {human.posture_confidence:.2f}')
    named = dict(zip(human.activities, human.activity_confidences, strict=True))
    for whole, parts in _INCLUDES.items():
        if whole in named:
            named = {name: value for name, value in named.items() if name not in parts}
    likeliest = sorted(named, key=lambda name: -named[name])[:_MOST_ACTIVITIES]
    return lines + [f'{name.replace("_", " ")} {named[name]:.2f}' for name in likeliest]


def _draw_corners(canvas: np.ndarray, box_xyxy: np.ndarray, color: BgrColor, unit: float) -> None:
    height, width = canvas.shape[:2]
    margin = 2 * unit
    low = np.maximum(box_xyxy[:2], margin)
    high = np.minimum(box_xyxy[2:], (width - margin, height - margin))
    if (high <= low).any():
        return
    arm = min(14 * unit, *((high - low) / 3))
    corners = [
        [(x, y + dy), (x, y), (x + dx, y)]
        for x, dx in ((low[0], arm), (high[0], -arm))
        for y, dy in ((low[1], arm), (high[1], -arm))
    ]
    strokes.draw_lines(canvas, np.array(corners), color, unit)


def _draw_label(
    canvas: np.ndarray, human: HumanState, taken: list[tuple[int, int, int, int]], unit: float
) -> None:
    lines = [(title(human), _TRACK_COLORS[human.track_state])]
    lines += [(text, _DOING_COLOR) for text in doing(human)]
    lines += [
        (f'{count} behind {name}', bgr(state))
        for state, name, count in occluder_counts(human.joints)[:2]
    ]
    sizes = [strokes.text_size(text, unit) for text, _ in lines]
    pad, line_height = round(3 * unit), max(height for _, height in sizes) + round(unit)
    size = max(width for width, _ in sizes) + 2 * pad, line_height * len(lines) + 2 * pad
    x, y = _free_place(human.box_xyxy, size, canvas.shape, taken)
    taken.append((x, y, *size))
    strokes.darken(canvas, x, y, *size)
    for row, (text, color) in enumerate(lines):
        top_left = x + pad, y + pad + row * line_height
        strokes.draw_text(canvas, text, top_left, color, unit)


def _free_place(
    box_xyxy: np.ndarray,
    size: tuple[int, int],
    shape: tuple[int, ...],
    taken: list[tuple[int, int, int, int]],
) -> tuple[int, int]:
    """Return the top-left corner: above the box, inside the image, below labels in the way."""
    width, height = size
    # The box may begin at the eyes: the head is above.
    head = min(0.1 * (box_xyxy[3] - box_xyxy[1]), 1.6 * height)
    x = int(np.clip(box_xyxy[0], 0, max(shape[1] - width, 0)))
    y = int(np.clip(box_xyxy[1] - head - height, 0, max(shape[0] - height, 0)))
    for left, top, other_width, other_height in sorted(taken, key=lambda label: label[1]):
        apart = x >= left + other_width or x + width <= left
        if not apart and y < top + other_height and top < y + height:
            y = top + other_height + 1
    return x, y
