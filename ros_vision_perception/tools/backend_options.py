"""The options that say what runs the networks, the same for every command that has them."""

import argparse
import sys

from ros_vision_perception.pipeline.networks import CHOICES, PRECISIONS, BackendConfig, Networks


def add_backend_options(parser: argparse.ArgumentParser) -> None:
    """Add --backend and --precision."""
    parser.add_argument(
        '--backend',
        choices=CHOICES,
        default=BackendConfig.backend,
        help='what runs the networks; auto is the best of this machine, gpu the best with a GPU',
    )
    parser.add_argument(
        '--precision',
        choices=PRECISIONS,
        default=BackendConfig.precision,
        help='auto is fp16 where TensorRT can choose it, else as in the file',
    )


def open_networks(arguments: argparse.Namespace) -> Networks:
    """Return what loads the networks as the options say; it reports to stderr.

    Raises:
        ConfigurationError: when this machine does not have what is asked for.
    """
    config = BackendConfig(arguments.backend, arguments.precision)
    return Networks(config, lambda line: print(line, file=sys.stderr))
