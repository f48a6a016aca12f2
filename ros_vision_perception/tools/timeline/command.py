"""Who did what when: a picture and tables (CSV) from a bag of `humans` and `events`."""

import argparse
from pathlib import Path

from rich.console import Console

from ros_vision_perception.core.errors import ConfigurationError

_PICTURE, _EVENTS, _TOTALS = 'timeline.png', 'events.csv', 'athletes.csv'


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit status.

    Raises:
        PerceptionError: when it cannot do what is asked.
    """
    arguments = _parser().parse_args(argv)
    # Only now: --help needs no libraries.
    from ros_vision_perception.tools.replay.progress import Bar
    from ros_vision_perception.tools.timeline import recording, tables, totals

    with Bar() as bar:
        read = recording.read(arguments.bag, arguments.topic, bar.task(arguments.bag.name))
    every = totals.totals(read, arguments.least)
    folder = arguments.output or Path('out') / f'timeline-{arguments.bag.stem}'
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tables.write_events(folder / _EVENTS, read)
        tables.write_totals(folder / _TOTALS, every)
    except OSError as error:
        raise ConfigurationError(f'{folder} cannot be written: {error.strerror}') from error
    console = Console(highlight=False)
    console.print(tables.table(every))
    others = len(read.athletes) - len(every)
    console.print(
        f'{len(every)} athletes, {others} more were seen too briefly (--least); '
        f'{len(read.events)} events, {len(read.going_on)} more not over at the end'
    )
    try:
        from ros_vision_perception.tools.timeline import picture
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f'the tables are in {folder}, for the picture there is no module {error.name}; '
            'cure: pip install matplotlib'
        ) from error
    picture.draw(folder / _PICTURE, read, every, arguments.bag.stem)
    console.print(f'{folder.resolve()}: {_PICTURE}, {_EVENTS}, {_TOTALS}', soft_wrap=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog='timeline', description=__doc__)
    parser.add_argument(
        'bag', type=Path, help='of `replay --topics humans events`, or `ros2 bag record`'
    )
    parser.add_argument('--topic', help='of the people; default: the only one')
    parser.add_argument(
        '--least', type=float, default=1.0, metavar='SECONDS',
        help='leave out of picture and sums who was seen for less; default: 1',
    )  # fmt: skip
    parser.add_argument(
        '--output', type=Path, metavar='PATH', help='folder for the files; default: out/...'
    )
    return parser
