"""The timeline as a picture: a lane per athlete, bars for what they do."""

from pathlib import Path

import matplotlib

matplotlib.use('Agg')

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from ros_vision_perception.core.activity import ACTIVITIES
from ros_vision_perception.core.gestures import GESTURES
from ros_vision_perception.core.human import Event
from ros_vision_perception.tools.timeline.recording import Athlete, Recording
from ros_vision_perception.tools.timeline.totals import HIDDEN, LOST, SEEN, Total, presence

# Which of the rows of a lane, from above, and the colour.
_BARS = {
    'standing_still': (0, '#9ecae1'), 'walking': (0, '#3182bd'), 'running': (0, '#08306b'),
    'sitting_down': (0, '#bcbddc'), 'standing_up': (0, '#756bb1'), 'falling': (0, '#fb6a4a'),
    'fallen': (0, '#a50f15'), 'jumping': (1, '#e6550d'), 'kicking': (1, '#d62789'),
    'throwing': (1, '#8c564b'), 'reaching': (1, '#f7b6d2'),
    'left_arm_raised': (2, '#a1d99b'), 'right_arm_raised': (2, '#41ab5d'),
    'both_arms_raised': (2, '#006d2c'), 'hands_on_head': (2, '#bcbd22'),
    't_pose': (2, '#17becf'), 'pointing': (2, '#dadaeb'), 'stop': (2, '#7f7f7f'),
    'waving': (2, '#ffd92f'),
}  # fmt: skip
_ROWS = 3
_ORDER = tuple(dict.fromkeys((*ACTIVITIES, *GESTURES)))
_PRESENCE = {SEEN: ('#f0f0f0', ''), HIDDEN: ('#fdd0a2', '////'), LOST: ('#ffffff', '....')}
_WIDTH_IN, _LANE_IN, _AROUND_IN = 11.0, 0.62, 1.5
# A lane is this high of 1, the rest is between lanes.
_LANE = 0.84


def draw(path: Path, recording: Recording, every: list[Total], title: str) -> None:
    """Write the picture of those of whom there are sums (PNG, or what the name's end says)."""
    shown = {total.track_id: lane for lane, total in enumerate(every)}
    height = _AROUND_IN + _LANE_IN * max(len(shown), 1)
    figure = Figure(figsize=(_WIDTH_IN, height), layout='constrained')
    axes = figure.subplots()
    for athlete in recording.athletes:
        if athlete.track_id in shown:
            _draw_presence(axes, athlete, shown[athlete.track_id])
    bars = [
        event
        for event in (*recording.events, *recording.going_on)
        if event.track_id in shown and event.activity in _BARS
    ]
    # Both arms over one.
    for event in sorted(bars, key=lambda event: _ORDER.index(event.activity)):
        _draw_event(axes, recording, event, shown[event.track_id])
    axes.set(
        xlim=(0, max(recording.duration_s, 0.1)),
        ylim=(max(len(shown), 1), 0),
        xlabel='time since the first image, s',
        title=title,
    )
    axes.set_yticks([lane + 0.5 for lane in shown.values()], [f'#{one}' for one in shown])
    axes.tick_params(axis='y', length=0)
    for side in ('left', 'right', 'top'):
        axes.spines[side].set_visible(False)
    _draw_legend(figure, {event.activity for event in bars})
    figure.savefig(path, dpi=100)


def _draw_presence(axes: Axes, athlete: Athlete, lane: int) -> None:
    for kind, begin, end in presence(athlete):
        color, hatch = _PRESENCE[kind]
        axes.broken_barh(
            [(begin, end - begin)], (lane + (1 - _LANE) / 2, _LANE),
            facecolor=color, edgecolor='#b0b0b0' if hatch else 'none', hatch=hatch, linewidth=0,
        )  # fmt: skip


def _draw_event(axes: Axes, recording: Recording, event: Event, lane: int) -> None:
    row, color = _BARS[event.activity]
    begin, end = recording.seconds(event.start_ns), recording.seconds(event.end_ns)
    height = _LANE / _ROWS
    axes.broken_barh(
        [(begin, end - begin)],
        (lane + (1 - _LANE) / 2 + row * height, 0.9 * height),
        facecolor=color,
    )


def _draw_legend(figure: Figure, drawn: set[str]) -> None:
    handles = [
        Patch(facecolor=color, edgecolor='#b0b0b0', hatch=hatch, label=kind, linewidth=0.5)
        for kind, (color, hatch) in _PRESENCE.items()
    ]
    handles += [
        Patch(facecolor=_BARS[name][1], label=name.replace('_', ' '))
        for name in _ORDER
        if name in drawn
    ]
    figure.legend(handles=handles, loc='outside lower center', ncols=7, frameon=False, fontsize=8)
