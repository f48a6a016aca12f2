"""Downloads from a server that stalls, breaks off, damages, redirects and knows no ranges."""

from collections.abc import Iterator
import hashlib
from pathlib import Path

from file_server import FileServer, serving
import pytest

from ros_vision_perception.zoo.http import DownloadError, Patience, download

DATA = bytes(range(256)) * 4000
SHA256 = hashlib.sha256(DATA).hexdigest()
HURRY = Patience(timeout_s=1.0, attempts=3, pause_s=0.01)


def begin(asked: str) -> int:
    """Return from which byte on a request is."""
    return int(asked.removeprefix('bytes=').removesuffix('-') or 0)


@pytest.fixture
def server() -> Iterator[FileServer]:
    with serving(FileServer({'/net.onnx': DATA})) as server:
        yield server


def get(server: FileServer, file: Path, sha256: str | None = SHA256, path: str = 'net') -> str:
    return download(f'{server.address}/{path}.onnx', file, sha256, lambda *_: None, HURRY)


def test_a_file_comes_whole_and_progress_is_told(server: FileServer, tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    url, file = f'{server.address}/net.onnx', tmp_path / 'net'
    got = download(url, file, None, lambda *so_far: told.append(so_far), HURRY)
    assert (got, file.read_bytes()) == (SHA256, DATA)
    assert told[-1] == (len(DATA), len(DATA))
    assert [path.name for path in tmp_path.iterdir()] == ['net']


@pytest.mark.parametrize('fault', ['stall', 'cut'])
@pytest.mark.parametrize('sha256', [SHA256, None])
def test_what_broke_off_goes_on_where_it_was(
    fault: str, sha256: str | None, server: FileServer, tmp_path: Path
) -> None:
    server.faults = [fault]
    assert get(server, tmp_path / 'net', sha256) == SHA256
    (_, first), (_, second) = server.requests
    assert first == '' and 0 < len(DATA) // 2 - begin(second) < 1 << 16


def test_a_later_call_goes_on_where_an_earlier_one_gave_up(
    server: FileServer, tmp_path: Path
) -> None:
    server.faults = ['cut', 'cut', 'cut']
    with pytest.raises(DownloadError, match=r'the connection (failed or )?broke'):
        get(server, tmp_path / 'net')
    server.requests.clear()
    assert get(server, tmp_path / 'net') == SHA256
    ((_, asked),) = server.requests
    assert begin(asked) > len(DATA) * 0.75


def test_a_server_without_ranges_sends_all_of_it_again(server: FileServer, tmp_path: Path) -> None:
    server.faults, server.ranges = ['cut'], False
    assert get(server, tmp_path / 'net') == SHA256


def test_of_another_file_than_before_nothing_is_mixed_in(
    server: FileServer, tmp_path: Path
) -> None:
    server.faults = ['cut', 'busy', 'busy']
    with pytest.raises(DownloadError, match='HTTP 503'):
        get(server, tmp_path / 'net', None)
    server.files['/net.onnx'], server.etag = DATA[::-1], '"2"'
    assert get(server, tmp_path / 'net', None) == hashlib.sha256(DATA[::-1]).hexdigest()


def test_without_hash_and_validator_it_begins_anew(server: FileServer, tmp_path: Path) -> None:
    server.faults, server.etag = ['cut'], ''
    assert get(server, tmp_path / 'net', None) == SHA256
    assert [asked for _, asked in server.requests] == ['', '']


def test_what_was_damaged_on_the_way_is_fetched_once_more(
    server: FileServer, tmp_path: Path
) -> None:
    server.faults = ['corrupt']
    assert get(server, tmp_path / 'net') == SHA256
    assert len(server.requests) == 2


def test_another_file_than_expected_is_refused_and_not_kept(
    server: FileServer, tmp_path: Path
) -> None:
    with pytest.raises(DownloadError, match=f'expected sha256 {"ab" * 32}; got {SHA256}'):
        get(server, tmp_path / 'net', 'ab' * 32)
    assert list(tmp_path.iterdir()) == []
    assert len(server.requests) == 2


def test_more_than_there_is_begins_anew(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / 'net').write_bytes(DATA + b'more')
    assert get(server, tmp_path / 'net') == SHA256


def test_a_redirection_is_followed(server: FileServer, tmp_path: Path) -> None:
    server.files['/moved.onnx'] = b''
    server.faults = ['/net.onnx']
    assert get(server, tmp_path / 'net', path='moved') == SHA256


def test_a_busy_server_is_asked_again_and_a_missing_file_is_not(
    server: FileServer, tmp_path: Path
) -> None:
    server.faults = ['busy']
    assert get(server, tmp_path / 'net') == SHA256
    server.requests.clear()
    with pytest.raises(DownloadError, match='HTTP 404 Not Found'):
        get(server, tmp_path / 'none', path='none')
    assert len(server.requests) == 1
    assert not (tmp_path / 'none').exists()


def test_no_server_is_named_as_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match='the connection failed or broke'):
        download('http://127.0.0.1:9/a', tmp_path / 'a', None, lambda *_: None, HURRY)
    with pytest.raises(DownloadError, match='Invalid URL'):
        download('http:///a', tmp_path / 'a', None, lambda *_: None, HURRY)
