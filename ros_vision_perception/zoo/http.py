"""Downloads one file from one address: goes on where it stopped, gives up on what stalls.

Sources: RFC 9110, sections 13.1.5 (If-Range), 14.2 (Range), 15.3.7 (206), 15.5.17 (416).
"""

from collections.abc import Callable
from dataclasses import dataclass
import hashlib
import json
from pathlib import Path
import re
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import requests

# Bytes that are there, bytes that there will be or None where the server does not say.
Progress = Callable[[int, int | None], object]
_CHUNK = 1 << 16  # at most this much comes again after a stall
_OK, _PARTIAL_CONTENT, _RANGE_NOT_SATISFIABLE = 200, 206, 416
# The server is busy or broken at the moment.
_PASSING = (408, 425, 429, 500, 502, 503, 504)


@dataclass(frozen=True)
class Patience:
    """How long and how often to try.

    Attributes:
        timeout_s: without one byte until a try is given up.
        attempts: the most tries.
        pause_s: before the second try; twice as long before each further one.
    """

    timeout_s: float = 20.0
    attempts: int = 5
    pause_s: float = 1.0


DEFAULT_PATIENCE = Patience()


class DownloadError(Exception):
    """An address that does not give the file; the message is one line, without the address."""


class _PassingError(Exception):
    """What may go better at the next try."""


def download(
    url: str, file: Path, sha256: str | None, progress: Progress, patience: Patience
) -> str:
    """Download into `file` and return its sha256; go on where an earlier call stopped.

    What has come so far is kept when it fails, for the next call. It is taken up again only where
    the server says that the file is still the same, or where a hash will tell.

    Args:
        url: http or https. Proxies and certificates are those of the environment.
        file: need not be there. Only this process may use it meanwhile.
        sha256: expected, hexadecimal; None where it is not known.
        progress: told after each piece.
        patience: with the server.

    Raises:
        DownloadError: when the address does not give the file, or another one.
        OSError: when the file cannot be written.
    """
    import requests  # a tenth of a second that only those pay who download

    reason, mismatches = '', 0
    with requests.Session() as session:
        # A compressed answer would have another length and no ranges.
        session.headers['Accept-Encoding'] = 'identity'
        for attempt in range(patience.attempts):
            if attempt:
                time.sleep(patience.pause_s * 2 ** (attempt - 1))
            try:
                _continue(session, url, file, sha256 is not None, progress, patience.timeout_s)
            except _PassingError as error:
                reason = str(error)
                continue
            got = _hash(file)
            if sha256 in (None, got):
                _facts(file).unlink(missing_ok=True)
                return got
            _forget(file)
            reason, mismatches = f'expected sha256 {sha256}; got {got}', mismatches + 1
            if mismatches == 2:  # damaged on the way once; twice, it is another file
                break
    raise DownloadError(reason)


def _continue(
    session: 'requests.Session',
    url: str,
    file: Path,
    will_be_checked: bool,
    progress: Progress,
    timeout_s: float,
) -> None:
    """Get the rest of a file, or all of it."""
    import requests

    have, headers = _resumable(file, will_be_checked)
    try:
        with session.get(url, headers=headers, stream=True, timeout=timeout_s) as answer:
            if answer.status_code == _RANGE_NOT_SATISFIABLE:
                _forget(file)
                raise _PassingError('the server has another file than before')
            have = _begin(answer, file, have)
            total = _total(answer, have)
            with file.open('ab' if have else 'wb') as output:
                for chunk in answer.iter_content(_CHUNK):
                    output.write(chunk)
                    have += len(chunk)
                    progress(have, total)
    except requests.exceptions.ConnectionError as error:
        raise _PassingError(_connection_problem(error)) from error
    except requests.exceptions.Timeout as error:
        raise _PassingError(f'no answer for {timeout_s:g} s') from error
    except requests.exceptions.ChunkedEncodingError as error:
        raise _PassingError(f'the connection broke after {have} bytes') from error
    except requests.exceptions.RequestException as error:
        raise DownloadError(' '.join(str(error).split())) from error
    if total is not None and have != total:
        raise _PassingError(f'the connection broke after {have} of {total} bytes')


def _resumable(file: Path, will_be_checked: bool) -> tuple[int, dict[str, str]]:
    """Return how much of a file is there to be gone on with, and the headers that ask for it."""
    have = file.stat().st_size if file.exists() else 0
    try:
        validator = json.loads(_facts(file).read_bytes())['validator']
    except (OSError, ValueError, KeyError, TypeError):
        validator = None
    if not have or not (validator or will_be_checked):
        return 0, {}
    headers = {'Range': f'bytes={have}-'}
    if validator:
        headers['If-Range'] = validator
    return have, headers


def _begin(answer: 'requests.Response', file: Path, have: int) -> int:
    """Return from which byte on the answer is; raise where it is none."""
    status = answer.status_code
    if status == _PARTIAL_CONTENT and _range(answer)[0] == have:
        return have
    if status in _PASSING:
        raise _PassingError(f'HTTP {status} {answer.reason}')
    if status != _OK:
        raise DownloadError(f'HTTP {status} {answer.reason}')
    etag = answer.headers.get('ETag', '')
    validator = answer.headers.get('Last-Modified') if etag.startswith('W/') or not etag else etag
    _facts(file).write_text(json.dumps({'validator': validator}))
    return 0


def _total(answer: 'requests.Response', have: int) -> int | None:
    if have:
        return _range(answer)[1]
    length = answer.headers.get('Content-Length', '')
    return int(length) if length.isdecimal() else None


def _range(answer: 'requests.Response') -> tuple[int | None, int | None]:
    """Return from which byte on an answer is, and of how many."""
    match = re.fullmatch(r'bytes (\d+)-\d+/(\d+|\*)', answer.headers.get('Content-Range', ''))
    if match is None:
        return None, None
    return int(match[1]), int(match[2]) if match[2] != '*' else None


def _connection_problem(error: Exception) -> str:
    text = str(error)
    if 'Read timed out' in text or 'timed out' in text:
        return 'the server stalled'
    if 'resolve' in text:
        return 'no network: the name of the server is not known'
    return 'the connection failed or broke'


def _facts(file: Path) -> Path:
    return file.with_name(f'{file.name}.json')


def _forget(file: Path) -> None:
    file.unlink(missing_ok=True)
    _facts(file).unlink(missing_ok=True)


def _hash(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open('rb') as data:
        while chunk := data.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
