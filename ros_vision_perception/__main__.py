"""`ros-vision-perception COMMAND ...` and `python -m ros_vision_perception COMMAND ...`."""

import sys

from ros_vision_perception.commands import COMMANDS, run, summary


def main() -> int:
    """Run the command that the command line names and return its exit status."""
    arguments = sys.argv[1:]
    if not arguments or arguments[0] in ('-h', '--help'):
        print(_usage())
        return 0 if arguments else 2
    name, *rest = arguments
    if name not in COMMANDS:
        print(
            f'unknown command {name!r}; available: {", ".join(COMMANDS)}',
            file=sys.stderr,
        )
        return 2
    return run(name, rest)


def _usage() -> str:
    width = max(map(len, COMMANDS))
    lines = [f'  {name:{width}}  {summary(name)}' for name in COMMANDS]
    return '\n'.join(
        (
            'usage: ros-vision-perception COMMAND [options]',
            '',
            *lines,
            '',
            'ros-vision-perception COMMAND --help describes one of them.',
        )
    )


if __name__ == '__main__':
    sys.exit(main())
