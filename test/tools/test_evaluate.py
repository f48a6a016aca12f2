"""The `evaluate` command around its tasks."""

import argparse
import json
from pathlib import Path
from types import ModuleType

import pytest

from ros_vision_perception.tools.evaluate import command


@pytest.fixture
def toy_task(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(arguments: argparse.Namespace) -> dict[str, object]:
        return {'model': arguments.model, 'AP': 0.25, 'per_state': {'VISIBLE': {'recall': 1.0}}}

    task = ModuleType('toy', 'A toy.\n\nMore about it.')
    task.add_arguments = lambda parser: parser.add_argument('--model')  # type: ignore[attr-defined]
    task.run = run  # type: ignore[attr-defined]
    monkeypatch.setattr(command, '_TASKS', {'toy': task})


@pytest.mark.usefixtures('toy_task')
def test_figures_are_printed_one_per_line_and_written_as_they_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / 'figures.json'
    assert command.main(['toy', '--model', 'some', '--json', str(path)]) == 0
    assert json.loads(path.read_text()) == {
        'model': 'some',
        'AP': 0.25,
        'per_state': {'VISIBLE': {'recall': 1.0}},
    }
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [['model', 'some'], ['AP', '0.250'], ['per_state.VISIBLE.recall', '1.000']]


@pytest.mark.usefixtures('toy_task')
def test_help_lists_the_tasks(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(['--help'])
    assert 'A toy.' in capsys.readouterr().out
