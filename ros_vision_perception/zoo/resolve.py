"""From what the user wrote, a model's name or a path, to files that are there and whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ros_vision_perception.core.errors import ModelError
from ros_vision_perception.zoo.cache import Report, cache_folder
from ros_vision_perception.zoo.catalog import default_catalog
from ros_vision_perception.zoo.engines import SUFFIXES
from ros_vision_perception.zoo.onnx_metadata import read_metadata
from ros_vision_perception.zoo.sidecar import read_sidecar, sidecar_path
from ros_vision_perception.zoo.store import Store
from ros_vision_perception.zoo.wheel import download


@dataclass(frozen=True)
class ResolvedModel:
    """A model that can be loaded.

    Attributes:
        name: for people: the catalogue's, or that of the file or folder.
        family: what decodes it, where all its files say so; else None.
        files: name of each network, such as 'landmark.onnx' -> where it is.
    """

    name: str
    family: str | None
    files: Mapping[str, Path]

    def file(self, name: str) -> Path:
        """Return where a network is; raises ModelError that lists those there are."""
        if name not in self.files:
            raise ModelError(
                f'model {self.name} of family {self.family} needs {name}; '
                f'got {", ".join(self.files)}'
            )
        return self.files[name]


def resolve(name_or_path: str, report: Report) -> ResolvedModel:
    """Return the model of a name in the catalogue or of a path, fetched first where needed.

    Args:
        name_or_path: a name; or an .onnx file or a TensorRT engine; or a folder with the .onnx
            files of one model; or two of these joined by '+', for a model of two networks.
        report: told one line when something takes long or was repaired.

    Raises:
        ModelError: when there is no such model, or it is damaged, or it cannot be fetched.
        ConfigurationError: when the cache folder must be written but cannot be.
    """
    catalog = default_catalog()
    if name_or_path in catalog.names:
        model = catalog.model(name_or_path)
        files = default_store(report).ensure(model)
        return ResolvedModel(model.name, model.family, files)
    path = Path(name_or_path).expanduser()
    if path.exists():
        return _from_path(path, report)
    if '+' in name_or_path:
        return _together([resolve(part, report) for part in name_or_path.split('+')])
    raise _unknown(name_or_path)


def require_known(name_or_path: str) -> None:
    """Raise the ModelError of `resolve` for what is neither a name nor a path; fetch nothing."""
    if name_or_path in default_catalog().names or Path(name_or_path).expanduser().exists():
        return
    if '+' not in name_or_path:
        raise _unknown(name_or_path)
    for part in name_or_path.split('+'):
        require_known(part)


def _unknown(name_or_path: str) -> ModelError:
    return ModelError(
        f'no model and no file {name_or_path!r}; available: {", ".join(default_catalog().names)}, '
        'or the path of an .onnx file, of a TensorRT engine (.engine, .plan), '
        'or of a folder with the .onnx files of one model'
    )


def default_store(report: Report) -> Store:
    """Return the store of the package's catalogue in the user's cache folder."""
    return Store(cache_folder(), default_catalog(), download, _convert, report)


def _from_path(path: Path, report: Report) -> ResolvedModel:
    paths = sorted(path.glob('*.onnx')) if path.is_dir() else [path]
    if not paths:
        raise ModelError(f'no .onnx file in the folder {path}')
    files: dict[str, Path] = {}
    families: set[str | None] = set()
    for file in paths:
        # What is in an engine only the runtime can tell.
        entries = {} if file.suffix in SUFFIXES else read_metadata(file)
        said = read_sidecar(file)
        if said:
            report(f'{file.name}: {sidecar_path(file).name} beside it decides {", ".join(said)}')
        entries |= said
        files[entries.get('file', file.name)] = file
        families.add(entries.get('family'))
    return ResolvedModel(path.stem, families.pop() if len(families) == 1 else None, files)


def _together(parts: list[ResolvedModel]) -> ResolvedModel:
    # Exporters give all their files one name, so that only the whole path tells them apart.
    files = {str(path): path for part in parts for path in part.files.values()}
    return ResolvedModel('+'.join(part.name for part in parts), None, files)


def _convert(data: bytes, outputs: Mapping[str, str], metadata: Mapping[str, str]) -> bytes:
    # The library for ONNX takes a third of a second to import and is needed only once.
    from ros_vision_perception.zoo.tflite.convert import convert

    return convert(data, outputs, metadata)
