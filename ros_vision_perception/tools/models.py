"""Lists, fetches and checks the models that a name stands for."""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
import sys

from ros_vision_perception.core.errors import ModelError
from ros_vision_perception.zoo.cache import cache_folder
from ros_vision_perception.zoo.catalog import Model, default_catalog
from ros_vision_perception.zoo.resolve import default_store


def main(argv: list[str] | None = None) -> int:
    """Run the command.

    Raises:
        PerceptionError: when it cannot do what is asked.
    """
    arguments = _parser().parse_args(argv)
    action: Callable[[argparse.Namespace], None] = arguments.action
    action(arguments)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='models', description=__doc__, epilog=f'cache folder: {cache_folder()}'
    )
    actions = parser.add_subparsers(required=True, metavar='ACTION')
    for name, action, summary in (
        ('list', _list, 'name, task and licence of every model'),
        ('verify', _verify, 'check every file in the cache'),
    ):
        actions.add_parser(name, help=summary, description=summary).set_defaults(action=action)
    for name, action, summary in (
        ('info', _info, 'everything the catalogue says about a model'),
        ('fetch', _fetch, 'put a model into the cache'),
        ('path', _path, 'print the folder of a cached model'),
    ):
        sub = actions.add_parser(name, help=summary, description=summary)
        sub.add_argument('model', metavar='NAME', help='as `models list` prints it')
        sub.set_defaults(action=action)
    summary = 'say what an .onnx file is, and why'
    sub = actions.add_parser('inspect', help=summary, description=summary)
    sub.add_argument('file', type=Path, metavar='FILE')
    sub.set_defaults(action=_inspect)
    summary = 'build the TensorRT engines of a model ahead of its first use'
    sub = actions.add_parser('build-engine', help=summary, description=summary)
    sub.add_argument('model', metavar='MODEL', help='name in the catalogue, or a path')
    sub.add_argument('--precision', choices=('auto', 'fp32', 'fp16'), default='auto')
    sub.add_argument('--max-people', type=int, default=10, help='as of the node; default 10')
    sub.set_defaults(action=_build_engine)
    return parser


def _report(line: str) -> None:
    print(line, file=sys.stderr)


def _list(arguments: argparse.Namespace) -> None:
    store = default_store(_report)
    for model in default_catalog().models:
        state = 'cached' if store.is_cached(model) else '-'
        print(f'{model.name:22} {model.task:14} {model.licence:12} {state:8} {model.summary}')


def _info(arguments: argparse.Namespace) -> None:
    model = default_catalog().model(arguments.model)
    rows = [
        ('name', model.name),
        ('summary', model.summary),
        ('task', model.task),
        ('family', model.family),
        ('skeleton', model.skeleton or '-'),
        ('licence', model.licence),
        ('source', model.wheel),
        *((f'{item.metric}, {item.data}', f'{item.value:.3f}') for item in model.accuracy),
        ('as published in', model.accuracy_source),
    ]
    for file in model.files:
        shape = 'x'.join(map(str, ('N', *file.input_shape)))
        low, high = file.input_range
        rows += [
            (file.name, f'{file.member}, {file.size_bytes / 1e6:.1f} MB, sha256 {file.sha256}'),
            ('', f'image {shape} RGB in [{low:g}, {high:g}] -> {", ".join(file.outputs)}'),
        ]
    width = max(len(key) for key, _ in rows)
    for key, value in rows:
        print(f'{key:{width}}  {value}')


def _inspect(arguments: argparse.Namespace) -> None:
    # Only now: the other actions need no runtime.
    from ros_vision_perception.models.base import DetectionConfig
    from ros_vision_perception.pipeline import families
    from ros_vision_perception.pipeline.networks import BackendConfig, Networks, candidates
    from ros_vision_perception.pipeline.recognise import Network, claims, expected

    networks = Networks(BackendConfig(), _report)
    network = Network.load(arguments.file, partial(networks, threads=1))
    print(network.signature)
    print(f'would run here on: {", else on ".join(candidates(BackendConfig()))}')
    for key, value in network.signature.metadata.items():
        print(f'metadata {key}: {value:.200}')
    said = network.signature.metadata.get('family')
    is_known = said in default_catalog().families
    if is_known:
        print(f'is of family {said}: its metadata says so')
    for kind, known in families.ALL.items():
        for name, model in claims(network, known, DetectionConfig(0.5)).items():
            skeleton = getattr(model, 'skeleton', None)
            joints = f', joints of {skeleton.name}' if skeleton else ''
            print(f'is of family {name}, a {kind}{joints}: {known[name].EXPECTED}')
            is_known = True
    if not is_known:
        raise ModelError(
            f'{arguments.file} is of no known family; expected '
            + '; or '.join(expected(known) for known in families.ALL.values())
        )


def _build_engine(arguments: argparse.Namespace) -> None:
    from ros_vision_perception.tools.build_engine import build_engines

    build_engines(arguments.model, arguments.precision, arguments.max_people, print)


def _fetch(arguments: argparse.Namespace) -> None:
    model = default_catalog().model(arguments.model)
    store = default_store(_report)
    store.ensure(model)
    print(store.folder(model))


def _path(arguments: argparse.Namespace) -> None:
    model = default_catalog().model(arguments.model)
    store = default_store(_report)
    problem = store.problem(model)
    if problem:
        raise ModelError(f'{model.name}: {problem}; cure: models fetch {model.name}')
    print(store.folder(model))


def _verify(arguments: argparse.Namespace) -> None:
    store = default_store(_report)
    cached: list[Model] = [model for model in default_catalog().models if store.is_cached(model)]
    problems = {model.name: store.problem(model) for model in cached}
    for name, problem in problems.items():
        print(f'{name}: {problem or "whole"}')
    damaged = [name for name, problem in problems.items() if problem]
    if damaged:
        raise ModelError(f'{", ".join(damaged)} damaged; cure: models fetch {damaged[0]}')
