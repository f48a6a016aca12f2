"""The models that a name stands for: catalog.yaml as checked, typed data."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
import re

import yaml

from ros_vision_perception.core.errors import ConfigurationError, ModelError
from ros_vision_perception.core.skeleton import SKELETONS
from ros_vision_perception.zoo.schema import build

TASKS = ('pose', 'segmentation')
_SHA256 = re.compile('[0-9a-f]{64}')
_FILE_NAME = re.compile(r'\w+\.onnx')
_MODEL_NAME = re.compile('[a-z0-9]+(-[a-z0-9]+)*')


@dataclass(frozen=True)
class Wheel:
    """A Python package that carries networks.

    Attributes:
        requirement: exact version, such as 'package==1.0'.
        sha256: of the wheel file, hexadecimal.
        size_bytes: of the wheel file.
        python_version: that the wheel is tagged with, such as '3.11'.
        platform: that the wheel is tagged with, such as 'manylinux_2_28_x86_64'.
    """

    requirement: str
    sha256: str
    size_bytes: int
    python_version: str
    platform: str

    def __post_init__(self) -> None:
        _check_sha256(self.sha256)
        if '==' not in self.requirement:
            raise ValueError(f'expected requirement package==version; got {self.requirement!r}')

    @property
    def file_name(self) -> str:
        """The name of the wheel file, as the tags make it."""
        package, _, version = self.requirement.replace('-', '_').partition('==')
        python = f'cp{self.python_version.replace(".", "")}'
        return f'{package}-{version}-{python}-{python}-{self.platform}.whl'


@dataclass(frozen=True)
class ModelFile:
    """A network of a model, and the source that it is converted from.

    Attributes:
        name: of the file that the model consists of.
        member: path of the source, a .tflite file, in the wheel.
        sha256: of the source, hexadecimal.
        size_bytes: of the source.
        input_shape: (channels, height, width); the channels are R, G, B.
        input_range: the values of black and of white.
        outputs: name of each output -> its name in the source. Others are left out.
    """

    name: str
    member: str
    sha256: str
    size_bytes: int
    input_shape: tuple[int, int, int]
    input_range: tuple[float, float]
    outputs: Mapping[str, str]

    def __post_init__(self) -> None:
        _check_sha256(self.sha256)
        if not _FILE_NAME.fullmatch(self.name):
            raise ValueError(f'expected a file name like network.onnx; got {self.name!r}')


@dataclass(frozen=True)
class Accuracy:
    """A published figure: `metric`, measured on `data`, is `value`."""

    metric: str
    data: str
    value: float


@dataclass(frozen=True)
class Model:
    """A model of the catalogue.

    Attributes:
        name: what users call it.
        summary: what it gives, in one line.
        task: one of TASKS.
        family: what decodes it.
        licence: SPDX identifier.
        wheel: requirement of the wheel that holds its sources.
        files: the networks it consists of.
        skeleton: name of the joints it finds; None where it finds none.
        accuracy: published figures.
        accuracy_source: where they are published.
    """

    name: str
    summary: str
    task: str
    family: str
    licence: str
    wheel: str
    files: tuple[ModelFile, ...]
    skeleton: str | None = None
    accuracy: tuple[Accuracy, ...] = ()
    accuracy_source: str = ''

    def __post_init__(self) -> None:
        if not _MODEL_NAME.fullmatch(self.name):
            raise ValueError(f'expected a name of a-z, 0-9 and single hyphens; got {self.name!r}')
        if self.task not in TASKS:
            raise ValueError(f'unknown task {self.task!r}; available: {", ".join(TASKS)}')
        if self.skeleton is not None and self.skeleton not in SKELETONS:
            raise ValueError(
                f'unknown skeleton {self.skeleton!r}; available: {", ".join(SKELETONS)}'
            )
        _check_unique('file', [file.name for file in self.files])


@dataclass(frozen=True)
class Catalog:
    """All wheels and models."""

    wheels: tuple[Wheel, ...]
    models: tuple[Model, ...]

    def __post_init__(self) -> None:
        _check_unique('model', [model.name for model in self.models])
        known = [wheel.requirement for wheel in self.wheels]
        for model in self.models:
            if model.wheel not in known:
                raise ValueError(
                    f'model {model.name}: unknown wheel {model.wheel!r}; '
                    f'available: {", ".join(known)}'
                )

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all models."""
        return tuple(model.name for model in self.models)

    @property
    def families(self) -> tuple[str, ...]:
        """The families of all models, each once."""
        return tuple(dict.fromkeys(model.family for model in self.models))

    def model(self, name: str) -> Model:
        """Return a model; raises ModelError that lists the known ones."""
        for model in self.models:
            if model.name == name:
                return model
        raise ModelError(f'no model {name!r}; available: {", ".join(self.names)}')

    def wheel(self, model: Model) -> Wheel:
        """Return the wheel with the sources of a model."""
        return next(wheel for wheel in self.wheels if wheel.requirement == model.wheel)

    def members(self, wheel: Wheel) -> dict[str, str]:
        """Return what of a wheel any model needs: path in the wheel -> sha256."""
        return {
            file.member: file.sha256
            for model in self.models
            if model.wheel == wheel.requirement
            for file in model.files
        }


@lru_cache(maxsize=1)
def default_catalog() -> Catalog:
    """Return the catalogue that comes with the package."""
    return parse(Path(__file__).with_name('catalog.yaml').read_text(encoding='utf-8'))


def parse(text: str) -> Catalog:
    """Read a catalogue; raises ConfigurationError that names the faulty place."""
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigurationError(f'catalogue: no YAML: {" ".join(str(error).split())}') from error
    return build(Catalog, document, 'catalogue')


def _check_sha256(text: str) -> None:
    if not _SHA256.fullmatch(text):
        raise ValueError(f'expected a sha256 of 64 hexadecimal digits; got {text!r}')


def _check_unique(what: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f'{what} {name!r} appears {names.count(name)} times')
