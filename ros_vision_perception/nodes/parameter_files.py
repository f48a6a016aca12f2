"""Writes `config/*.yaml` and `docs/parameters.md` from the code.

Run in the sources: `python -m ros_vision_perception.nodes.parameter_files`.
"""

from pathlib import Path

from ros_vision_perception.nodes.parameters import NODES, parameters_markdown, parameters_yaml


def contents() -> dict[str, str]:
    """Return path below the sources' root -> text of each file."""
    files = {f'config/{node.removesuffix("_node")}.yaml': parameters_yaml(node) for node in NODES}
    return {**files, 'docs/parameters.md': parameters_markdown()}


def main() -> None:
    """Write the files."""
    root = Path(__file__).parents[2]
    for path, text in contents().items():
        (root / path).write_text(text, encoding='utf-8')


if __name__ == '__main__':
    main()
