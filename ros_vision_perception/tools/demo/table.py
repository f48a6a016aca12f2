"""The people of one frame as a table, and as a line where there is no terminal."""

import numpy as np
from rich.table import Table
from rich.text import Text

from ros_vision_perception.core.human import Humans, HumanState, JointState
from ros_vision_perception.render.labels import occluder_counts
from ros_vision_perception.render.palette import STATE_COLORS, STATE_WORDS

# A joint of which nothing is known tells nothing.
_COLUMNS = tuple(state for state in JointState if state != JointState.UNKNOWN)


def people_table(humans: Humans | None, caption: str) -> Table:
    """Return a table with a row per person; it fits into 80 columns."""
    table = Table(caption=caption, caption_justify='left', box=None, padding=(0, 1, 0, 0))
    table.add_column('id', justify='right')
    table.add_column('track', min_width=9)
    for state in _COLUMNS:
        header = '\n'.join(STATE_WORDS[state].rsplit(' ', 1))
        table.add_column(Text(header, style=_style(state), justify='right'), justify='right')
    table.add_column('hidden by', min_width=10)
    table.add_column('exists', justify='right', min_width=6)
    for human in humans.people if humans else ():
        counts = [np.count_nonzero(human.joints.states == state) for state in _COLUMNS]
        table.add_row(
            f'#{human.track_id}',
            human.track_state.name.lower(),
            *(
                Text(str(count) if count else '', style=_style(state))
                for state, count in zip(_COLUMNS, counts, strict=True)
            ),
            _hidden_by(human),
            f'{human.existence_probability:.2f}',
        )
    return table


def people_line(humans: Humans | None) -> str:
    """Return everyone in one line."""
    if humans is None:
        return 'no result yet'
    if not humans.people:
        return 'nobody'
    return '; '.join(_person(human) for human in humans.people)


def _person(human: HumanState) -> str:
    counts = [
        f'{np.count_nonzero(human.joints.states == state)} {STATE_WORDS[state]}'
        for state in JointState
        if (human.joints.states == state).any()
    ]
    hidden_by = _hidden_by(human)
    return f'#{human.track_id} {human.track_state.name.lower()}: {", ".join(counts)}' + (
        f' ({hidden_by})' if hidden_by else ''
    )


def _hidden_by(human: HumanState) -> str:
    return ', '.join(f'{name} ({count})' for _, name, count in occluder_counts(human.joints)[:3])


def _style(state: JointState) -> str:
    red, green, blue = STATE_COLORS[state]
    return f'rgb({red},{green},{blue})'
