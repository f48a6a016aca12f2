"""The page about the messages, written from their comments."""

from pathlib import Path
import re

import pytest

from ros_vision_perception.tools.message_page import PAGE, Entry, contents, parse, reading_order

_ROOT = Path(__file__).parents[2]
_MESSAGES = sorted((_ROOT / 'msg').glob('*.msg'))


def test_the_page_is_the_one_of_the_messages() -> None:
    written = (_ROOT / PAGE).read_text(encoding='utf-8')
    assert written == contents()[PAGE], 'python -m ros_vision_perception.tools.message_page'


@pytest.mark.parametrize('path', _MESSAGES, ids=lambda path: path.stem)
def test_every_field_and_constant_is_on_the_page(path: Path) -> None:
    section = contents()[PAGE].split(f'## {path.stem}\n')[1].partition('\n## ')[0]
    cells = '\n'.join(re.findall(r'^\| (.*?) \|', section, re.M))
    named = re.findall(r'`(\w+)(?: = \d+)?`', cells)
    lines = [line for line in path.read_text(encoding='utf-8').splitlines() if line]
    there = [re.split(r'[ =]', line)[1] for line in lines if line[0] != '#']
    assert named == there


def test_a_comment_is_about_the_lines_up_to_the_next_one_or_a_gap() -> None:
    message = parse(
        '# What\n# it is.\n\n# Where, px.\nint8 x\nint8 y\n# How.\nint8 A=1\n\nbool on\n'
    )
    assert message.summary == 'What it is.'
    assert message.entries == (
        Entry('Where, px.', ('int8',), ('x', 'y')),
        Entry('How.', ('int8',), ('A = 1',)),
        Entry('', ('bool',), ('on',)),
    )


def test_fields_right_below_the_opening_comment_are_kept() -> None:
    message = parse('# A box.\nfloat32 x\nint8 y\n')
    assert (message.summary, message.entries) == (
        'A box.',
        (Entry('', ('float32', 'int8'), ('x', 'y')),),
    )


def test_a_message_comes_before_its_parts() -> None:
    texts = {'Part': '# P.\n\nint8 x\n', 'Zoo': '# Z.\n\nPart[] parts\n', 'All': '# A.\n\nZoo z\n'}
    assert reading_order({name: parse(text) for name, text in texts.items()}) == [
        'All',
        'Zoo',
        'Part',
    ]
