"""Writes `config/*.yaml` and `docs/parameters.md` from the code.

Run in the sources: `python -m ros_vision_perception.nodes.parameter_files`.
"""

from dataclasses import fields
from pathlib import Path
from typing import Any

from ros_vision_perception.nodes.limits import kind_of, limits
from ros_vision_perception.nodes.parameters import NODES, change_of


def contents() -> dict[str, str]:
    """Return path below the sources' root -> text of each file."""
    files = {f'config/{node.removesuffix("_node")}.yaml': parameters_yaml(node) for node in NODES}
    return {**files, 'docs/parameters.md': parameters_markdown()}


def parameters_markdown() -> str:
    """Return the parameters of all nodes as the page of the documentation."""
    parts = [
        '# Parameters',
        'Written from the code (`nodes/parameters.py`, `nodes/model_parameters.py`). When a '
        'parameter may change is told in '
        '[Running the nodes](running.md#parameters-that-change).',
    ]
    for node, parameters in NODES.items():
        rows = [
            '| parameter | type | default | allowed | may change | |',
            '|---|---|---|---|---|---|',
        ]
        for parameter in fields(parameters):
            default, kind = _yaml(parameter.default), kind_of(parameter)
            allowed, description = limits(parameter).expectation, limits(parameter).description
            rows.append(
                f'| `{parameter.name}` | {kind} | `{default}` | {allowed} '
                f'| {change_of(parameter.name)} | {description} |'
            )
        parts += [f'## {node}', '\n'.join(rows)]
    return '\n\n'.join(parts) + '\n'


def parameters_yaml(node: str) -> str:
    """Return the default parameters of a node as a commented ROS parameter file."""
    lines = [f'# Parameters of {node} and their defaults.', f'/**/{node}:', '  ros__parameters:']
    for parameter in fields(NODES[node]):
        described = limits(parameter)
        lines.append(f'    # {described.description}')
        if described.expectation:
            lines.append(f'    # {described.expectation}')
        lines.append(f'    {parameter.name}: {_yaml(parameter.default)}')
    return '\n'.join(lines) + '\n'


def _yaml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return repr(list(value) if isinstance(value, tuple) else value)


def main() -> None:
    """Write the files."""
    root = Path(__file__).parents[2]
    for path, text in contents().items():
        (root / path).write_text(text, encoding='utf-8')


if __name__ == '__main__':
    main()
