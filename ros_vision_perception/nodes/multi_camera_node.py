"""Several cameras in one process: a `perception_node` for each, with the models loaded once."""

import argparse
from functools import partial
import sys

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.nodes.perception_node import PerceptionNode
from ros_vision_perception.nodes.run import run_side_by_side
from ros_vision_perception.pipeline.sharing import NetworkPool

_ROS_ARGUMENTS, _NAMESPACE = '--ros-args', '__ns:='


def main(argv: list[str] | None = None) -> None:
    """Run the nodes until one of them ends or all are told to; see `run.run`.

    Raises:
        PerceptionError: when one of them cannot be configured.
    """
    arguments = sys.argv[1:] if argv is None else argv
    begin = arguments.index(_ROS_ARGUMENTS) if _ROS_ARGUMENTS in arguments else len(arguments)
    ours, ros = _parser().parse_args(arguments[:begin]), arguments[begin:]
    cameras = ours.cameras
    if len(set(cameras)) < len(cameras):
        raise ConfigurationError(f'got cameras {cameras}, expected a name of its own for each')
    pool = NetworkPool(len(cameras), ours.batch_wait_ms * 1e-3)
    prefix = next((text.partition(':=')[2] for text in ros if text.startswith(_NAMESPACE)), '')
    makes = [partial(_make, f'{prefix}/{camera}'.replace('//', '/'), pool) for camera in cameras]
    run_side_by_side('multi_camera_node', makes, ros)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='multi_camera_node',
        description=__doc__,
        epilog='Parameters are those of perception_node, for all cameras, or of one by its name: '
        '/CAMERA/perception_node.',
        usage='%(prog)s [--batch-wait-ms MS] CAMERA [CAMERA ...] [--ros-args ...]',
    )
    parser.add_argument(
        'cameras', nargs='+', metavar='CAMERA', help='namespace of its topics and of its node'
    )
    parser.add_argument(
        '--batch-wait-ms', type=float, default=0.0, metavar='MS',
        help='how long a network waits for the images of the other cameras, to run all as one '
        'batch, where its file allows that; worth it on a GPU; default: 0, one at a time',
    )  # fmt: skip
    return parser


def _make(namespace: str, pool: NetworkPool) -> PerceptionNode:
    # The namespace of the command line is that of all nodes of a process, unless one has its own.
    cli_arguments = [_ROS_ARGUMENTS, '-r', f'{_NAMESPACE}{namespace}']
    return PerceptionNode(pool=pool, namespace=namespace, cli_args=cli_arguments)
