"""Lists, fetches and checks the models that a name stands for."""

import argparse
from collections.abc import Callable
from pathlib import Path
import sys

from ros_vision_perception.core.errors import ModelError
from ros_vision_perception.zoo.cache import cache_folder
from ros_vision_perception.zoo.catalog import default_catalog
from ros_vision_perception.zoo.entries import Model
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
        if action is _fetch:
            sub.add_argument(
                '--accept-license',
                action='store_true',
                help='fetch a model whose licence, as `models info` shows it, is not permissive',
            )
    summary = 'remove from the cache what no model needs, and the models that are named'
    sub = actions.add_parser('prune', help=summary, description=summary)
    sub.add_argument('models', metavar='NAME', nargs='*', help='as `models list` prints it')
    sub.set_defaults(action=_prune)
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
        print(f'{model.name:22} {model.task:15} {model.licence:12} {state:8} {model.summary}')


def _info(arguments: argparse.Namespace) -> None:
    model = default_catalog().model(arguments.model)
    rows = [
        ('name', model.name),
        ('summary', model.summary),
        ('task', model.task),
        ('family', model.family),
        ('skeleton', model.skeleton or '-'),
        ('licence', model.licence + ('' if model.is_permissive else ': needs --accept-license')),
        ('source', model.wheel or 'its authors, at the URLs below'),
        *((f'{item.metric}, {item.data}', f'{item.value:.3f}') for item in model.accuracy),
        ('as published in', model.accuracy_source or '-'),
    ]
    for file in model.files:
        shape = 'x'.join(map(str, ('N', *file.input_shape)))
        low, high = file.input_range
        rows += [
            (file.name, f'{file.member}, {file.size_bytes / 1e6:.1f} MB, sha256 {file.sha256}'),
            ('', f'image {shape} RGB in [{low:g}, {high:g}] -> {", ".join(file.outputs)}'),
        ]
    for download in model.downloads:
        shape = 'x'.join(map(str, ('N', *download.input_shape)))
        size = (
            f'{download.size_bytes / 1e6:.1f} MB' if download.size_bytes else 'size not published'
        )
        known = download.sha256 or 'not published: that of the first fetch is expected later'
        rows += [
            *((download.name, url) for url in download.urls),
            ('', f'{download.member or "the file itself"}, {size}, sha256 {known}'),
            ('', f'image {shape}, {download.input_values}'),
        ]
    width = max(len(key) for key, _ in rows)
    for key, value in rows:
        print(f'{key:{width}}  {value}')


def _inspect(arguments: argparse.Namespace) -> None:
    # Only now: the other actions need no runtime.
    from ros_vision_perception.tools.inspect_model import inspect

    lines, doubt = inspect(arguments.file, _report)
    for line in lines:
        print(line)
    if doubt:
        raise ModelError(doubt)


def _build_engine(arguments: argparse.Namespace) -> None:
    from ros_vision_perception.tools.build_engine import build_engines

    build_engines(arguments.model, arguments.precision, arguments.max_people, print)


def _fetch(arguments: argparse.Namespace) -> None:
    model = default_catalog().model(arguments.model)
    store = default_store(_report)
    store.ensure(model, licence_is_accepted=arguments.accept_license)
    print(store.folder(model))


def _prune(arguments: argparse.Namespace) -> None:
    models = [default_catalog().model(name) for name in arguments.models]
    freed = default_store(_report).prune(models)
    print(f'{freed / 1e6:.1f} MB freed in {cache_folder()}')


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
