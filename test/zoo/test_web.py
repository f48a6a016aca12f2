"""Models as their authors publish them: addresses, mirrors, archives, hashes, licences."""

from collections.abc import Callable, Iterator
import errno
import hashlib
import io
import json
import os
from pathlib import Path
import threading
from typing import Any
import zipfile

from file_server import FileServer, serving
import numpy as np
import pytest
from small_networks import write_network

from ros_vision_perception.core.errors import ConfigurationError, ModelError
from ros_vision_perception.zoo.catalog import parse
from ros_vision_perception.zoo.entries import Model
from ros_vision_perception.zoo.http import Patience
from ros_vision_perception.zoo.onnx_metadata import read_metadata
from ros_vision_perception.zoo.store import Store
from ros_vision_perception.zoo.web import MIRRORS_VARIABLE

HURRY = Patience(timeout_s=5.0, attempts=2, pause_s=0.01)
PATH = '/models/net.zip'
MakeStore = Callable[..., tuple[Store, Model]]


@pytest.fixture
def network(tmp_path: Path) -> bytes:
    outputs = {'y': np.zeros((1, 3), np.float32)}
    return write_network(
        tmp_path / 'a.onnx', {'x': (1, 3)}, outputs, {'made': 'here'}
    ).read_bytes()


def zipped(network: bytes, *names: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, 'w') as archive:
        for name in names or ('20230831/net/end2end.onnx', '20230831/net/detail.json'):
            archive.writestr(name, network)
    return data.getvalue()


@pytest.fixture
def server(network: bytes, monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    monkeypatch.delenv(MIRRORS_VARIABLE, raising=False)
    with serving(FileServer({PATH: zipped(network)})) as server:
        yield server


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def make_store(tmp_path: Path, server: FileServer, lines: list[str]) -> MakeStore:
    """Make a store of one model, in a cache folder that stays the same."""

    def make(
        sha256: str = '', licence: str = 'MIT', member: str = 'end2end.onnx', url: str = ''
    ) -> tuple[Store, Model]:
        catalog = parse(f"""
wheels: []
models:
  - name: walker
    summary: finds people
    task: detection
    family: yolox
    licence: {licence}
    downloads:
      - name: walker.onnx
        urls: [{url or server.address + PATH}]
        {f'member: {member}' if member else ''}
        {f'sha256: {sha256}' if sha256 else ''}
        input_shape: [3, 32, 32]
        input_values: BGR
        metadata: {{codec: udp}}
""")
        store = Store(tmp_path / 'cache', catalog, _never, _never, lines.append, HURRY)
        return store, catalog.models[0]

    return make


def _never(*_: object) -> Any:
    raise AssertionError('nothing comes from a wheel')


def test_a_network_in_an_archive_is_kept_and_says_what_it_is(make_store: MakeStore) -> None:
    store, model = make_store()
    file = store.ensure(model)['walker.onnx']
    entries = read_metadata(file)
    assert entries['made'] == 'here'
    assert entries['family'] == 'yolox'
    assert entries['codec'] == 'udp'
    assert entries['licence'] == 'MIT'
    assert 'skeleton' not in entries
    assert store.problem(model) is None
    assert sorted(path.name for path in file.parent.iterdir()) == ['manifest.json', 'walker.onnx']


def test_the_runtime_reads_what_was_added(make_store: MakeStore) -> None:
    from ros_vision_perception.backends.onnx import OnnxBackend

    store, model = make_store()
    metadata = OnnxBackend(store.ensure(model)['walker.onnx'], 1).metadata
    assert (metadata['made'], metadata['family']) == ('here', 'yolox')


def test_the_second_use_asks_nobody(make_store: MakeStore, server: FileServer) -> None:
    for _ in range(2):
        store, model = make_store()
        store.ensure(model)
    assert len(server.requests) == 1


def test_a_file_need_not_be_in_an_archive(
    make_store: MakeStore, server: FileServer, network: bytes
) -> None:
    server.files[PATH] = network
    store, model = make_store(member='', sha256=hashlib.sha256(network).hexdigest())
    assert store.ensure(model)['walker.onnx'].read_bytes().startswith(network)


def test_where_no_hash_is_published_that_of_the_first_fetch_holds(
    make_store: MakeStore, server: FileServer, network: bytes, lines: list[str], tmp_path: Path
) -> None:
    store, model = make_store()
    first = hashlib.sha256(server.files[PATH]).hexdigest()
    store.ensure(model)
    assert f'no sha256 is published; from now on {first} is expected' in lines[-1]
    pins = json.loads((tmp_path / 'cache/pins.json').read_bytes())
    assert pins == {f'{server.address}{PATH}': first}

    store.prune([model])
    server.files[PATH] = zipped(network, 'other/end2end.onnx')
    with pytest.raises(ModelError, match=f'expected sha256 {first}; got '):
        store.ensure(model)
    assert store.problem(model) == 'not cached'


@pytest.mark.parametrize(
    ('files', 'message'),
    [
        (('a/end2end.onnx', 'b/end2end.onnx'), 'expected one end2end.onnx in the archive; got 2'),
        (('a/other.onnx',), 'expected one end2end.onnx in the archive; got 0'),
    ],
)
def test_an_archive_with_something_else_is_refused(
    files: tuple[str, ...],
    message: str,
    make_store: MakeStore,
    server: FileServer,
    network: bytes,
    tmp_path: Path,
) -> None:
    server.files[PATH] = zipped(network, *files)
    store, model = make_store()
    with pytest.raises(ModelError, match=message):
        store.ensure(model)
    assert not (tmp_path / 'cache/pins.json').exists()
    assert not (tmp_path / 'cache/models').exists()


@pytest.mark.parametrize('member', ['end2end.onnx', ''])
def test_a_page_in_place_of_a_file_is_refused_and_not_expected_later(
    member: str, make_store: MakeStore, server: FileServer, tmp_path: Path
) -> None:
    server.files[PATH] = b'<html>Please sign in</html>'
    store, model = make_store(member=member)
    with pytest.raises(ModelError, match=r'no \.zip archive|is no ONNX model') as caught:
        store.ensure(model)
    assert '\n' not in str(caught.value)
    assert not (tmp_path / 'cache/pins.json').exists()


def test_what_cannot_be_had_is_one_line_with_places_and_cure(
    make_store: MakeStore, server: FileServer
) -> None:
    server.files.clear()
    store, model = make_store()
    with pytest.raises(ModelError) as caught:
        store.ensure(model)
    assert str(caught.value) == (
        f'could not get walker.onnx ({server.address}{PATH}: HTTP 404 Not Found); connect to the '
        f'network, or put net.zip into a folder and set {MIRRORS_VARIABLE} to it'
    )


def test_a_mirror_is_asked_first(
    make_store: MakeStore, server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.files['/mirror/far.example/models/net.zip'] = server.files[PATH]
    monkeypatch.setenv(MIRRORS_VARIABLE, f'/no/folder,{server.address}/mirror/')
    store, model = make_store(url='https://far.example/models/net.zip')
    store.ensure(model)
    assert [path for path, _ in server.requests] == ['/mirror/far.example/models/net.zip']


@pytest.mark.parametrize('place', ['net.zip', 'far.example/models/net.zip'])
def test_a_folder_serves_without_a_network(
    place: str,
    make_store: MakeStore,
    server: FileServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = tmp_path / 'stick' / place
    file.parent.mkdir(parents=True)
    file.write_bytes(server.files[PATH])
    monkeypatch.setenv(MIRRORS_VARIABLE, str(tmp_path / 'stick'))
    store, model = make_store(url='https://far.example/models/net.zip')
    store.ensure(model)
    assert server.requests == []


def test_a_mirror_with_another_file_is_passed_over(
    make_store: MakeStore, server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / 'stick').mkdir()
    (tmp_path / 'stick/net.zip').write_bytes(b'something else')
    monkeypatch.setenv(MIRRORS_VARIABLE, str(tmp_path / 'stick'))
    store, model = make_store(sha256=hashlib.sha256(server.files[PATH]).hexdigest())
    store.ensure(model)
    assert len(server.requests) == 1


def test_a_licence_that_binds_must_be_accepted_once(make_store: MakeStore) -> None:
    store, model = make_store(licence='AGPL-3.0')
    with pytest.raises(ModelError, match=r'walker is under AGPL-3.0.*--accept-license'):
        store.ensure(model)
    store.ensure(model, licence_is_accepted=True)
    store.ensure(model)


@pytest.mark.parametrize('call', ['fsync', 'replace'])
def test_a_full_disk_is_one_line_and_leaves_nothing_half_written(
    call: str, make_store: MakeStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    store, model = make_store()
    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        with pytest.raises(ConfigurationError, match=r'cannot write the model cache .*No space'):
            store.ensure(model)
    left = [path for path in (tmp_path / 'cache/models').rglob('*') if path.is_file()]
    assert left == []
    store.ensure(model)
    assert store.problem(model) is None


def test_a_disk_that_fills_up_during_a_download_is_one_line(
    make_store: MakeStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, model = make_store()
    opened = Path.open

    def full(path: Path, *arguments: Any, **keywords: Any) -> Any:
        if path.parent.name == 'partial':
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return opened(path, *arguments, **keywords)

    with monkeypatch.context() as patch:
        patch.setattr(Path, 'open', full)
        with pytest.raises(ConfigurationError, match=r'No space left on device.*has room'):
            store.ensure(model)
    assert not (tmp_path / 'cache/models').exists()


def test_a_read_only_cache_serves_what_is_in_it_and_refuses_the_rest_in_one_line(
    make_store: MakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    store, model = make_store()
    store.ensure(model)
    other, same_model = make_store(url='https://far.example/models/net.zip')
    monkeypatch.setattr(os, 'mkdir', read_only)
    monkeypatch.setattr(os, 'open', read_only)
    store.ensure(model)
    with pytest.raises(ConfigurationError, match='Read-only file system') as caught:
        other.ensure(same_model)
    assert '\n' not in str(caught.value)


def test_two_at_once_fetch_it_once(make_store: MakeStore, server: FileServer) -> None:
    made = [make_store() for _ in range(2)]
    threads = [threading.Thread(target=store.ensure, args=(model,)) for store, model in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.requests) == 1
    assert made[0][0].problem(made[0][1]) is None


def test_prune_removes_what_is_unknown_named_or_half_done(
    make_store: MakeStore, tmp_path: Path
) -> None:
    store, model = make_store()
    assert store.prune() == 0
    store.ensure(model)
    cache = tmp_path / 'cache'
    for left in ('models/gone/gone.onnx', 'partial/abc', 'models/.partial-1', 'sources/a.tflite'):
        (cache / left).parent.mkdir(parents=True, exist_ok=True)
        (cache / left).write_bytes(b'x' * 1000)
    assert store.prune() == 4000
    assert store.problem(model) is None
    assert store.prune([model]) > 0
    assert store.problem(model) == 'not cached'
    assert (cache / 'pins.json').exists()
