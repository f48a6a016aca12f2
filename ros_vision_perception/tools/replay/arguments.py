"""The command line of `replay`."""

import argparse
import math
from pathlib import Path


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Return what is asked for; ends the process where that is nothing that can be done."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    of_files = ('output', 'jobs', 'inputs', 'check', 'rerun', 'ray')
    of_live = ('rate', 'loop', 'ros_args')
    for name in of_files if arguments.live else of_live:
        if getattr(arguments, name) not in (None, False):
            option = '-j' if name == 'jobs' else f'--{name.replace("_", "-")}'
            parser.error(f'{option} and {"" if arguments.live else "no "}--live')
    if not arguments.live and arguments.output is None:
        parser.error('expected --output PATH or --live')
    if arguments.ray is not None and arguments.jobs is not None:
        parser.error('-j and --ray: the cluster knows how many it does at once')
    begin_s, end_s = arguments.begin_s, arguments.end_s
    if not 0 <= (begin_s or 0.0) < (math.inf if end_s is None else end_s):
        parser.error(f'--from and --to: got {begin_s} and {end_s}, expected 0 <= from < to')
    if arguments.rate is not None and not arguments.rate > 0:
        parser.error(f'--rate: got {arguments.rate}, expected more than 0')
    return arguments


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='replay',
        description='Runs the perception on recorded bags, without a middleware, and writes '
        'bags of results; or publishes them, with --live.',
    )
    parser.add_argument(
        '--bag', type=Path, nargs='+', required=True, metavar='PATH',
        help='bags of ROS 1 or ROS 2, or folders of bags',
    )  # fmt: skip
    _add_topics(parser)
    _add_perception(parser)
    _add_files(parser.add_argument_group('to bags'))
    _add_live(parser.add_argument_group('to whoever listens'))
    parser.add_argument('--json', type=Path, metavar='FILE', help='write the figures here')
    return parser


def _add_topics(parser: argparse.ArgumentParser) -> None:
    topics = parser.add_argument_group('topics of the bag')
    topics.add_argument('--image', default='', help='default: the only one')
    topics.add_argument('--camera-info', default='', help='default: beside the image')
    topics.add_argument('--depth', default='', help='default: depth is not used')
    parser.add_argument('--from', dest='begin_s', type=float, metavar='SECONDS', help='begin here')
    parser.add_argument('--to', dest='end_s', type=float, metavar='SECONDS', help='end here')


def _add_perception(parser: argparse.ArgumentParser) -> None:
    from ros_vision_perception.pipeline.load import DEFAULT_POSE, DEFAULT_SEGMENTATION

    parser.add_argument(
        '--topics', nargs='+', default=['humans'], metavar='TOPIC',
        choices=('humans', 'events', 'keypoints', 'masks', 'overlay/compressed'),
        help='results: humans events keypoints masks overlay/compressed; default: humans',
    )  # fmt: skip
    parser.add_argument('--pose', metavar='MODEL', help=f'default: {DEFAULT_POSE}')
    parser.add_argument(
        '--segmentation', metavar='MODEL', help=f"'' for none; default: {DEFAULT_SEGMENTATION}"
    )
    parser.add_argument(
        '--params-file', type=Path, metavar='YAML', help='parameters of perception_node'
    )


def _add_files(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        '--output', type=Path, metavar='PATH',
        help='folder for the results: a bag per bag; what is there already is not made again',
    )  # fmt: skip
    group.add_argument(
        '--inputs', action='store_true', help='copy the messages that were read, too'
    )
    group.add_argument('-j', '--jobs', type=int, metavar='N', help='bags side by side; default: 1')
    group.add_argument(
        '--ray',
        metavar='ADDRESS',
        help='bags side by side on a Ray cluster: HOST:PORT, auto, local',
    )
    group.add_argument(
        '--check', type=Path, metavar='GOLDEN',
        help='make the results anew and compare them with those of an earlier replay',
    )  # fmt: skip
    group.add_argument(
        '--rerun', type=Path, metavar='FILE', help='record for the viewer of Rerun (.rrd), too'
    )


def _add_live(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        '--live', action='store_true',
        help='publish the whole bag and the results over DDS, with the time on /clock',
    )  # fmt: skip
    group.add_argument(
        '--rate', type=float, metavar='X', help='times as fast as recorded; default: 1'
    )
    group.add_argument(
        '--loop', action='store_true', help='begin again at the end, until told to end'
    )
    group.add_argument(
        '--ros-args', nargs=argparse.REMAINDER, metavar='...', help='what ROS takes: remappings'
    )
