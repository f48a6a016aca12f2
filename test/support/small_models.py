"""A catalogue of two small models, and all that a store needs to fetch and convert them."""

from collections.abc import Mapping
import hashlib
from pathlib import Path
import time
import zipfile

from ros_vision_perception.zoo.catalog import Catalog, parse
from ros_vision_perception.zoo.entries import Model, Wheel
from ros_vision_perception.zoo.store import Store

SOURCES = {'networks/eyes.tflite': b'eyes' * 1000, 'networks/legs.tflite': b'legs' * 1000}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def file_entry(name: str, member: str) -> str:
    return f"""
      - name: {name}
        member: {member}
        sha256: {sha256(SOURCES[member])}
        size_bytes: 4000
        input_shape: [3, 32, 32]
        input_range: [0, 1]
        outputs: {{map: Identity}}"""


CATALOG: Catalog = parse(f"""
wheels:
  - requirement: networks==1.0
    sha256: {'ab' * 32}
    size_bytes: 1000000
    python_version: '3.11'
    platform: any
models:
  - name: walker
    summary: finds people
    task: pose
    family: blazepose
    skeleton: coco17
    licence: Apache-2.0
    wheel: networks==1.0
    files:{file_entry('eyes.onnx', 'networks/eyes.tflite')}{
    file_entry('legs.onnx', 'networks/legs.tflite')
}
  - name: looker
    summary: finds eyes
    task: segmentation
    family: selfie
    licence: Apache-2.0
    wheel: networks==1.0
    files:{file_entry('eyes.onnx', 'networks/eyes.tflite')}
""")
WALKER, LOOKER = CATALOG.models


def convert(data: bytes, outputs: Mapping[str, str], metadata: Mapping[str, str]) -> bytes:
    return b'converted ' + metadata['file'].encode() + data


class FakeIndex:
    """Gives the wheel, slowly when asked to, and notes each download in a file."""

    def __init__(self, log: Path, seconds: float = 0.0) -> None:
        self._log = log
        self._seconds = seconds

    def __call__(self, wheel: Wheel, folder: Path) -> Path:
        with self._log.open('a') as log:
            log.write(f'{wheel.requirement}\n')
        file = folder / 'networks-1.0-py3-none-any.whl'
        with zipfile.ZipFile(file, 'w') as archive:
            for member, data in SOURCES.items():
                archive.writestr(member, data)
        time.sleep(self._seconds)
        return file

    @property
    def downloads(self) -> int:
        return len(self._log.read_text().splitlines()) if self._log.exists() else 0


def assert_whole(store: Store, model: Model) -> None:
    assert store.problem(model) is None
    for file in model.files:
        data = (store.folder(model) / file.name).read_bytes()
        assert data == b'converted ' + file.name.encode() + SOURCES[file.member]
