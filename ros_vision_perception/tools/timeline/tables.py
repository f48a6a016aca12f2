"""What each athlete did, as CSV and as a table in the terminal."""

from collections.abc import Iterable
import csv
import math
from pathlib import Path
from typing import Any

from rich.table import Table

from ros_vision_perception.tools.timeline.recording import Recording
from ros_vision_perception.tools.timeline.totals import Total

EVENT_COLUMNS = (
    *('athlete', 'activity', 'begin_s', 'end_s', 'duration_s', 'probability', 'is_over'),
    'joints_seen',
)
_TOTAL_COLUMNS = (
    *('athlete', 'first_s', 'last_s', 'seen_s', 'hidden_s', 'lost_s'),
    *('distance_m', 'running_m'),
)


def write_events(path: Path, recording: Recording) -> None:
    """Write a row per event, by athlete; times are since the first image."""
    told = [(event, 'yes') for event in recording.events]
    told += [(event, 'no') for event in recording.going_on]
    told.sort(key=lambda row: (row[0].track_id, row[0].start_ns, row[0].activity))
    rows = []
    for event, is_over in told:
        begin, end = recording.seconds(event.start_ns), recording.seconds(event.end_ns)
        rows.append(
            (
                *(event.track_id, event.activity, f'{begin:.3f}', f'{end:.3f}'),
                *(f'{end - begin:.3f}', f'{event.confidence:.3f}', is_over),
                ' '.join(event.joints_seen),
            )
        )
    _write(path, EVENT_COLUMNS, rows)


def write_totals(path: Path, every: list[Total]) -> None:
    """Write a row per athlete: times, distances, and how often they did what."""
    names = sorted({name for total in every for name in total.counts})
    rows = [
        (
            total.track_id,
            *(_number(getattr(total, name)) for name in _TOTAL_COLUMNS[1:]),
            *(total.counts[name] for name in names),
        )
        for total in every
    ]
    _write(path, (*_TOTAL_COLUMNS, *names), rows)


def table(every: list[Total]) -> Table:
    """Return the sums of each athlete, for the terminal."""
    shown = Table(box=None, padding=(0, 2, 0, 0))
    for name in ('athlete', 'seen s', 'hidden s', 'went m', 'ran m'):
        shown.add_column(name, justify='right')
    shown.add_column('how often')
    for total in every:
        shown.add_row(
            f'#{total.track_id}',
            *(f'{value:.1f}' for value in (total.seen_s, total.hidden_s)),
            *(_number(value, 1) or '?' for value in (total.distance_m, total.running_m)),
            ', '.join(
                f'{name.replace("_", " ")} {count}' for name, count in total.counts.most_common()
            ),
        )
    return shown


def _number(value: float, digits: int = 3) -> str:
    """Return a number for people and spreadsheets: nothing where it is unknown."""
    return '' if math.isnan(value) else f'{value:.{digits}f}'


def _write(path: Path, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    with path.open('w', newline='', encoding='utf-8') as file:
        writer = csv.writer(file, lineterminator='\n')
        writer.writerow(columns)
        writer.writerows(rows)
