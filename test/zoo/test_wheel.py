"""Wheels are got by the real pip, here from a folder in place of an index."""

import hashlib
from pathlib import Path
import sys
import zipfile

import pytest

from ros_vision_perception.core.errors import ModelError
from ros_vision_perception.zoo import wheel as wheel_module
from ros_vision_perception.zoo.catalog import default_catalog
from ros_vision_perception.zoo.entries import Wheel
from ros_vision_perception.zoo.wheel import download, extract

DATA = b'weights' * 100
# Of another Python and another machine than any that runs this test.
FILE_NAME = 'some_networks-1.0-cp311-cp311-manylinux_2_28_riscv64.whl'


@pytest.fixture
def links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let pip know no index but this folder, with one wheel in it."""
    folder = tmp_path / 'links'
    folder.mkdir()
    info = 'some_networks-1.0.dist-info'
    with zipfile.ZipFile(folder / FILE_NAME, 'w') as archive:
        archive.writestr('networks/eyes.tflite', DATA)
        metadata = ('Metadata-Version: 2.1', 'Name: some-networks', 'Version: 1.0')
        archive.writestr(f'{info}/METADATA', '\n'.join((*metadata, 'Requires-Dist: no-such==9')))
        archive.writestr(f'{info}/WHEEL', 'Wheel-Version: 1.0\nRoot-Is-Purelib: false\n')
        archive.writestr(f'{info}/RECORD', '')
    monkeypatch.setenv('PIP_CONFIG_FILE', '/dev/null')
    monkeypatch.setenv('PIP_NO_INDEX', '1')
    monkeypatch.setenv('PIP_FIND_LINKS', str(folder))
    return folder


def wheel(sha256: str, requirement: str = 'some-networks==1.0') -> Wheel:
    return Wheel(requirement, sha256, 1000, '3.11', 'manylinux_2_28_riscv64')


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_wheel_for_another_machine_is_downloaded_without_what_it_depends_on(
    links: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / 'download'
    target.mkdir()
    file = download(wheel(sha256(links / FILE_NAME)), target)
    assert file == target / FILE_NAME
    member_hash = hashlib.sha256(DATA).hexdigest()
    assert extract(file, {'networks/eyes.tflite': member_hash}) == {'networks/eyes.tflite': DATA}
    captured = capfd.readouterr()
    assert captured.out == ''
    assert 'some-networks' in captured.err


def test_a_wheel_of_another_sha256_is_refused(links: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r'could not download some-networks==1\.0 \(THESE PACK'):
        download(wheel('ab' * 32), tmp_path)


def test_a_wheel_that_cannot_be_had_is_one_line_with_the_cure(links: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        download(wheel('ab' * 32, 'other-networks==2.0'), tmp_path)
    message = str(caught.value)
    assert 'could not download other-networks==2.0 (No matching distribution' in message
    assert 'put other_networks-2.0-cp311-cp311-manylinux_2_28_riscv64.whl into a folder' in message
    assert '\n' not in message


def test_no_pip_is_one_line_with_the_cure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheel_module.importlib.util, 'find_spec', lambda name: None)
    monkeypatch.setenv('PATH', str(tmp_path))
    with pytest.raises(ModelError, match=r'no pip .*ensurepip'):
        download(wheel('ab' * 32), tmp_path)


def test_a_pip_outside_of_this_python_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / 'pip'
    program.write_text(f'#!{sys.executable}\nimport sys\nsys.exit("ERROR: I am the other pip")\n')
    program.chmod(0o755)
    monkeypatch.setattr(wheel_module.importlib.util, 'find_spec', lambda name: None)
    monkeypatch.setenv('PATH', str(tmp_path))
    with pytest.raises(ModelError, match='I am the other pip'):
        download(wheel('ab' * 32), tmp_path)


def test_a_damaged_wheel_is_refused(links: Path) -> None:
    file = links / FILE_NAME
    file.write_bytes(file.read_bytes()[:200])
    with pytest.raises(ModelError, match=f'{FILE_NAME} is damaged'):
        extract(file, {'networks/eyes.tflite': 'ab' * 32})


def test_a_file_that_the_wheel_lacks_is_named(links: Path) -> None:
    with pytest.raises(ModelError, match=r'networks/legs\.tflite'):
        extract(links / FILE_NAME, {'networks/legs.tflite': 'ab' * 32})


@pytest.mark.network
def test_the_wheel_of_the_default_models_holds_what_the_catalogue_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('PIP_RETRIES', '0')
    catalog = default_catalog()
    (source,) = catalog.wheels
    try:
        file = download(source, tmp_path)
    except ModelError as error:
        pytest.skip(f'no package index in reach: {error}')
    assert file.name == 'mediapipe-0.10.21-cp311-cp311-manylinux_2_28_x86_64.whl'
    assert file.stat().st_size == source.size_bytes
    sizes = {item.member: item.size_bytes for model in catalog.models for item in model.files}
    contents = extract(file, catalog.members(source))
    assert {member: len(data) for member, data in contents.items()} == sizes
