"""Kinds of arguments."""

import argparse


def count(text: str) -> int:
    """Return a whole number above 0."""
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f'got {text}, expected a whole number above 0')
    return int(text)


def size(text: str) -> tuple[int, int]:
    """Return the (width, height) of a text such as 640x480."""
    width, _, height = text.partition('x')
    return count(width), count(height)
