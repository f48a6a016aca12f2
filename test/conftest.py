"""What several folders of tests need."""

from pathlib import Path

import pytest

_ASSETS = Path(__file__).parents[2] / 'shared' / 'assets'


@pytest.fixture(scope='session')
def assets() -> Path:
    """Return the folder of real photographs, videos, bags and networks, beside the checkout."""
    if not _ASSETS.is_dir():
        pytest.skip(f'needs the real data in {_ASSETS}')
    return _ASSETS
