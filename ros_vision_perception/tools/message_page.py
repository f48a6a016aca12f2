"""Writes `docs/messages.md` from `msg/*.msg`.

Run in the sources: `python -m ros_vision_perception.tools.message_page`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
import re

_ROOT = Path(__file__).parents[2]
PAGE = 'docs/messages.md'

_INTRODUCTION = """# Messages

Written from the comments in `msg/`. Pixels: x to the right, y down, the centre of the top-left
pixel is (0, 0). Metres: in the frame of the header, which is the camera's optical frame: x right,
y down, z forward. What is not known has a state of its own, or is NaN."""


@dataclass(frozen=True)
class Entry:
    """Constants and fields that share a comment.

    Attributes:
        comment: what they are, '' where the name says it.
        types: their types, each once.
        names: of the fields; a constant is 'NAME = value'.
    """

    comment: str
    types: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True)
class Message:
    """A message: what it is, and what is in it."""

    summary: str
    entries: tuple[Entry, ...]


def parse(text: str) -> Message:
    """Return what a .msg file says.

    The comment that opens the file is about the message. Any other is about the lines below it,
    up to the next comment or blank line.
    """
    summary, *parts = _parts(text)
    entries = [_entry('', summary[1])] if summary[1] else []
    return Message(summary[0], (*entries, *(_entry(*part) for part in parts)))


def _parts(text: str) -> list[tuple[str, list[str]]]:
    """Return pairs of a comment and the lines that it is about."""
    parts: list[tuple[str, list[str]]] = []
    is_comment = is_new = False
    for line in text.splitlines():
        if not line:
            is_comment, is_new = False, True
        elif line.startswith('#'):
            words = line.removeprefix('#').strip()
            if is_comment:
                words = f'{parts.pop()[0]} {words}'
            parts.append((words, []))
            is_comment, is_new = True, False
        else:
            if is_new:
                parts.append(('', []))
            parts[-1][1].append(line)
            is_comment = is_new = False
    return parts


def _entry(comment: str, lines: list[str]) -> Entry:
    pairs = [line.split(maxsplit=1) for line in lines]
    return Entry(
        comment,
        tuple(dict.fromkeys(kind for kind, _ in pairs)),
        tuple(' = '.join(name.split('=')) for _, name in pairs),
    )


def reading_order(messages: Mapping[str, Message]) -> list[str]:
    """Return the names of all messages: those that are topics first, each before its parts."""
    parts = {
        name: [
            _own(kind, messages)
            for entry in message.entries
            for kind in entry.types
            if _own(kind, messages)
        ]
        for name, message in messages.items()
    }
    used = {part for needed in parts.values() for part in needed}
    order: list[str] = []

    def visit(name: str) -> None:
        if name not in order:
            order.append(name)
            for part in parts[name]:
                visit(part)

    for name in sorted(messages.keys() - used):
        visit(name)
    return order


def _own(kind: str, messages: Mapping[str, Message]) -> str:
    name = kind.partition('[')[0]
    return name if name in messages else ''


def messages_markdown(texts: Mapping[str, str]) -> str:
    """Return the page; `texts` are the contents of the .msg files by the name of the message."""
    messages = {name: parse(text) for name, text in texts.items()}
    parts = [_INTRODUCTION]
    for name in reading_order(messages):
        rows = ['| field or constant | type | |', '|---|---|---|']
        for entry in messages[name].entries:
            names = ', '.join(f'`{name}`' for name in entry.names)
            types = ', '.join(_linked(kind, messages) for kind in entry.types)
            rows.append(f'| {names} | {types} | {entry.comment} |')
        parts += [f'## {name}', messages[name].summary, '\n'.join(rows)]
    return '\n\n'.join(parts) + '\n'


def _linked(kind: str, messages: Mapping[str, Message]) -> str:
    own = _own(kind, messages)
    # Brackets would begin a link.
    shown = re.sub(r'([\[\]])', r'\\\1', kind)
    return f'[{shown}](#{own.lower()})' if own else shown


def contents() -> dict[str, str]:
    """Return path below the sources' root -> text of the page."""
    files = sorted((_ROOT / 'msg').glob('*.msg'))
    return {PAGE: messages_markdown({file.stem: file.read_text('utf-8') for file in files})}


def main() -> None:
    """Write the page."""
    for path, text in contents().items():
        (_ROOT / path).write_text(text, encoding='utf-8')


if __name__ == '__main__':
    main()
