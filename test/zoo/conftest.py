"""A store of small models in an empty cache folder."""

from pathlib import Path

import pytest
from small_models import CATALOG, FakeIndex, convert

from ros_vision_perception.zoo.store import Store


@pytest.fixture
def index(tmp_path: Path) -> FakeIndex:
    return FakeIndex(tmp_path / 'downloads.log')


@pytest.fixture
def lines() -> list[str]:
    """Return what was reported."""
    return []


@pytest.fixture
def store(tmp_path: Path, index: FakeIndex, lines: list[str]) -> Store:
    return Store(tmp_path / 'cache', CATALOG, index, convert, lines.append)
