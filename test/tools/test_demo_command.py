from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.tools.demo import command
from ros_vision_perception.tools.demo.statistics import Statistics
from ros_vision_perception.tools.demo.table import people_line, people_table
from ros_vision_perception.tools.sources import FrameSource

THREE_FRAMES = FrameSource(
    'three', 10.0, lambda: iter([np.full((2, 2, 3), i, np.uint8) for i in range(3)])
)


def values(source: FrameSource) -> list[int]:
    return [int(image[0, 0, 0]) for image in source.frames()]


def test_duration_cuts_the_source() -> None:
    source = command._paced(THREE_FRAMES, None, 0.2, loop=False)
    assert (values(source), source.fps) == ([0, 1], 10.0)


def test_duration_beyond_the_end_is_the_end() -> None:
    source = command._paced(THREE_FRAMES, None, 60.0, loop=False)
    assert values(source) == [0, 1, 2]


def test_loop_begins_again_until_the_duration_is_over() -> None:
    source = command._paced(THREE_FRAMES, 20.0, 0.25, loop=True)
    assert (values(source), source.fps) == ([0, 1, 2, 0, 1], 20.0)


def test_loop_over_nothing_ends() -> None:
    nothing = FrameSource('lost camera', 10.0, lambda: iter(()))
    assert values(command._paced(nothing, None, None, loop=True)) == []


def test_output_folder_must_be_new_or_empty(tmp_path: Path) -> None:
    assert command._output_folder(tmp_path / 'a' / 'b', 'x') == (tmp_path / 'a' / 'b').resolve()
    (tmp_path / 'a' / 'b' / 'file').touch()
    with pytest.raises(ConfigurationError, match='not empty'):
        command._output_folder(tmp_path / 'a' / 'b', 'x')
    with pytest.raises(ConfigurationError, match='cannot be made'):
        command._output_folder(tmp_path / 'a' / 'b' / 'file' / 'c', 'x')


@pytest.mark.parametrize(
    'arguments',
    [
        ['--fps', '0'],
        ['--duration', 'nan'],
        ['--video', 'a', '--bag', 'b'],
        ['--topic', 't'],
        ['--camera', 'front'],
    ],
)
def test_options_that_make_no_sense_are_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refusal:
        command.main(arguments)
    assert refusal.value.code == 2
    assert 'demo: error:' in capsys.readouterr().err


def test_statistics_count_rate_and_latency() -> None:
    statistics = Statistics()
    assert statistics.line() == '0 sent, 0 answered, 0 dropped'
    for index in range(11):
        statistics.sent += 1
        sent_ns = index * 100_000_000
        statistics.answer(sent_ns, sent_ns + (20 if index else 50) * 1_000_000)
    assert statistics.results_per_second == pytest.approx(10 / 0.97, rel=1e-6)
    assert statistics.latency_ms(50) == pytest.approx(20.0)
    assert statistics.latency_ms(100) == pytest.approx(50.0)
    assert '11 sent, 11 answered, 0 dropped' in statistics.line()


def test_before_the_first_result_there_is_nobody_to_list() -> None:
    assert people_line(None) == 'no result yet'
    assert people_table(None, 'waiting').row_count == 0
    written = StringIO()
    Console(width=120, file=written).print(people_table(None, 'waiting'))
    assert 'waiting' in written.getvalue()
