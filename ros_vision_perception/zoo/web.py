"""Networks as their authors publish them: found at their address, a mirror or in a folder.

<cache folder>/pins.json              URL -> sha256 of what it gave first, where none is published
<cache folder>/partial/<hash of URL>  what has come so far of a download
"""

from collections.abc import Iterator
import hashlib
import io
import json
import os
from pathlib import Path, PurePosixPath
import shutil
from urllib.parse import urlsplit
import zipfile

from ros_vision_perception.core.errors import ModelError
from ros_vision_perception.zoo import cache
from ros_vision_perception.zoo.entries import WebFile
from ros_vision_perception.zoo.http import DownloadError, Patience, download
from ros_vision_perception.zoo.onnx_metadata import parse_metadata
from ros_vision_perception.zoo.progress import reported

MIRRORS_VARIABLE = 'ROS_VISION_PERCEPTION_MIRRORS'
PARTIAL_FOLDER = 'partial'
_PINS = 'pins.json'


def get(file: WebFile, root: Path, report: cache.Report, patience: Patience) -> bytes:
    """Return the contents of an .onnx file, from the first place that gives the right one.

    Places are the mirrors and folders of $ROS_VISION_PERCEPTION_MIRRORS, separated by commas,
    then the URLs themselves. A mirror has what is at https://HOST/PATH at MIRROR/HOST/PATH; a
    folder has it there too, or under the last part of the path.

    Args:
        file: to get.
        root: the cache folder, held by this process.
        report: told what takes long, and the hash where none is published.
        patience: with servers.

    Raises:
        ModelError: one line with what was wrong with each place.
    """
    pins = _read_pins(root)
    problems = []
    for url in file.urls:
        expected = file.sha256 or pins.get(url)
        for place in _places(url):
            where = root / PARTIAL_FOLDER / hashlib.sha256(str(place).encode()).hexdigest()[:16]
            try:
                got = _bring(place, where, expected, report, patience)
                data = _network(where, file)
            except (DownloadError, ModelError) as error:
                problems.append(f'{place}: {error}')
                continue
            if expected is None:
                report(f'{url}: no sha256 is published; from now on {got} is expected')
                cache.write(root / _PINS, json.dumps({**pins, url: got}, indent=2).encode())
            where.unlink()
            return data
    raise ModelError(
        f'could not get {file.name} ({"; ".join(problems)}); connect to the network, or put '
        f'{_last_part(file.urls[0])} into a folder and set {MIRRORS_VARIABLE} to it'
    )


def _read_pins(root: Path) -> dict[str, str]:
    try:
        pins = json.loads((root / _PINS).read_bytes())
    except FileNotFoundError:
        return {}
    except ValueError:
        pins = None
    if not isinstance(pins, dict):
        raise ModelError(f'{root / _PINS} is damaged; remove it to accept what comes next')
    return pins


def _places(url: str) -> Iterator[str | Path]:
    parts = urlsplit(url)
    for mirror in filter(None, os.environ.get(MIRRORS_VARIABLE, '').split(',')):
        if mirror.startswith(('https://', 'http://')):
            yield f'{mirror.rstrip("/")}/{parts.netloc}{parts.path}'
        else:
            folder = Path(mirror).expanduser()
            whole = folder / parts.netloc / parts.path.lstrip('/')
            yield whole if whole.exists() else folder / _last_part(url)
    yield url


def _last_part(url: str) -> str:
    return PurePosixPath(urlsplit(url).path).name


def _bring(
    place: str | Path, where: Path, expected: str | None, report: cache.Report, patience: Patience
) -> str:
    """Put what is at a place into the file `where`, and return its sha256."""
    where.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(place, str):
        with reported(f'downloading {place}', report) as progress:
            return download(place, where, expected, progress, patience)
    if not place.is_file():
        raise DownloadError('no such file')
    shutil.copyfile(place, where)
    got = cache.sha256_of(where) or ''
    if expected not in (None, got):
        where.unlink()
        raise DownloadError(f'expected sha256 {expected}; got {got}')
    return got


def _network(where: Path, file: WebFile) -> bytes:
    """Return the .onnx file in what was brought; remove it where there is none."""
    data = where.read_bytes()
    try:
        if file.member:
            data = _member(data, file.member)
        parse_metadata(data, file.member or 'it')
    except ModelError:
        where.unlink()
        raise
    return data


def _member(data: bytes, name: str) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = [path for path in archive.namelist() if PurePosixPath(path).name == name]
            if len(found) != 1:
                raise ModelError(f'expected one {name} in the archive; got {len(found)}')
            return archive.read(found[0])
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError) as error:
        raise ModelError(f'it is no .zip archive, or a damaged one: {error}') from error
