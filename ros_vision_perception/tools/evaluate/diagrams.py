"""Diagrams of `evaluate occlusion`: are probabilities and covariances right, and for how long?"""

from pathlib import Path

import matplotlib

matplotlib.use('Agg')

from matplotlib.axes import Axes
from matplotlib.figure import Figure
import numpy as np

from ros_vision_perception.core.human import JointState
from ros_vision_perception.tools.evaluate.occlusion_figures import hidden_rows, relative_errors
from ros_vision_perception.tools.evaluate.records import METHODS, Records

# Edges of the bins: probability, and time since a joint was in view, s.
_PROBABILITIES = np.linspace(0, 1, 11)
_TIMES_S = np.array([0.0, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0, 1.3, 1.7, 2.2])
# A bin with fewer joints tells nothing.
_LEAST = 20
_COLORS = {
    'ours': '#0072b2', 'raw': '#d55e00', 'last_seen': '#009e73', 'constant_velocity': '#999999',
}  # fmt: skip


def draw_diagrams(records: Records, folder: Path, prefix: str) -> None:
    """Write `reliability.png` and `error_over_time.png` into a folder, names after the prefix."""
    figure = Figure(figsize=(11, 4.6), layout='constrained')
    left, right = figure.subplots(1, 2)
    _draw_probabilities(left, records)
    _draw_covariances(right, records)
    figure.savefig(folder / f'{prefix}reliability.png', dpi=110)

    figure = Figure(figsize=(7, 4.6), layout='constrained')
    _draw_errors(figure.subplots(), records)
    figure.savefig(folder / f'{prefix}error_over_time.png', dpi=110)


def _draw_probabilities(axes: Axes, records: Records) -> None:
    in_view = records.true_states == JointState.VISIBLE
    for name, values, color in (
        ('fusion', records.p_visible, _COLORS['ours']),
        ("the model's score", records.scores, _COLORS['raw']),
    ):
        centres, shares = [], []
        bins = np.digitize(values, _PROBABILITIES[1:-1])
        for number in range(len(_PROBABILITIES) - 1):
            members = np.isfinite(values) & (bins == number)
            if members.sum() >= _LEAST:
                centres.append(values[members].mean())
                shares.append(in_view[members].mean())
        axes.plot(centres, shares, 'o-', color=color, label=name)
    _finish_square(axes, 'stated probability that a joint is in view', 'share that is in view')


def _draw_covariances(axes: Axes, records: Records) -> None:
    known = np.isfinite(records.squared)
    for state in map(JointState, np.unique(records.true_states[known]).tolist()):
        squared = np.sort(records.squared[known & (records.true_states == state)])
        if len(squared) < _LEAST:
            continue
        # The share of a normal distribution that the ellipse through each true place holds.
        stated = 1 - np.exp(-squared / 2)
        reached = np.arange(1, len(squared) + 1) / len(squared)
        axes.plot(stated, reached, label=state.name.lower().replace('_', ' '))
    _finish_square(axes, 'share that an ellipse should hold', 'share of true places that it holds')


def _finish_square(axes: Axes, x: str, y: str) -> None:
    axes.plot([0, 1], [0, 1], '--', color='#bbbbbb', zorder=0)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel=x, ylabel=y, aspect='equal')
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=8, loc='upper left')


def _draw_errors(axes: Axes, records: Records) -> None:
    hidden = records.where(hidden_rows(records))
    errors = relative_errors(hidden)
    bins = np.digitize(hidden.hidden_s, _TIMES_S) - 1
    common = np.isfinite(errors).all(axis=1)
    top = 0.0
    for column, name in enumerate(METHODS):
        times, means = [], []
        for number in range(len(_TIMES_S) - 1):
            members = common & (bins == number)
            if members.sum() >= _LEAST:
                times.append(hidden.hidden_s[members].mean())
                means.append(errors[members, column].mean())
        axes.plot(times, means, 'o-', color=_COLORS[name], label=name.replace('_', ' '))
        # Constant velocity soon leaves the diagram, and would flatten all others.
        top = max([top, *means]) if name != 'constant_velocity' else top
    axes.set(
        xlabel='time since the joint was in view, s',
        ylabel='mean error / square root of the area of the person',
        ylim=(0, 1.3 * top or None),
    )
    axes.legend()
    axes.grid(alpha=0.3)
