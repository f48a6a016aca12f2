"""What catalog.yaml may hold: models, their files, and the wheels that some come from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
import re

from ros_vision_perception.core.skeleton import SKELETONS

TASKS = ('pose', 'segmentation', 'detection', 'joints-in-crops', 're-identification')
# Licences (SPDX) under which a model may be used for anything; others are to be accepted first.
PERMISSIVE = ('Apache-2.0', 'BSD-3-Clause', 'MIT')
_SHA256 = re.compile('[0-9a-f]{64}')
_FILE_NAME = re.compile(r'[\w-]+\.onnx')
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
    """A network of a model, and the source in a wheel that it is converted from.

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
        _check_file_name(self.name)


@dataclass(frozen=True)
class WebFile:
    """A network of a model, as its authors publish it: an .onnx file or one in a .zip archive.

    Attributes:
        name: of the file that the model consists of.
        urls: where it is, the first one first.
        input_shape: (channels, height, width).
        input_values: order of the channels and normalisation, for people.
        member: name of the .onnx file in the archive, without folders; '' where the URL is of
            the .onnx file itself.
        sha256: of what the URL gives, hexadecimal; None where none is published: what comes at
            the first fetch is then expected from then on.
        size_bytes: of what the URL gives; None where it is not published.
        metadata: entries for its family that the file lacks.
    """

    name: str
    urls: tuple[str, ...]
    input_shape: tuple[int, int, int]
    input_values: str
    member: str = ''
    sha256: str | None = None
    size_bytes: int | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_file_name(self.name)
        if self.sha256 is not None:
            _check_sha256(self.sha256)
        for url in self.urls:
            if not url.startswith('https://') and not url.startswith('http://'):
                raise ValueError(f'expected a URL with http:// or https://; got {url!r}')
        if not self.urls:
            raise ValueError('expected one URL or more; got none')


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
        wheel: requirement of the wheel that holds the sources of `files`; else ''.
        files: the networks it consists of, where they come from a wheel.
        downloads: the networks it consists of, where they come from the web.
        skeleton: name of the joints it finds; None where it finds none.
        accuracy: published figures.
        accuracy_source: where they are published.
    """

    name: str
    summary: str
    task: str
    family: str
    licence: str
    wheel: str = ''
    files: tuple[ModelFile, ...] = ()
    downloads: tuple[WebFile, ...] = ()
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
        if bool(self.wheel) == bool(self.downloads) or bool(self.files) != bool(self.wheel):
            raise ValueError(f'model {self.name}: expected a wheel and files, or downloads')
        check_unique('file', self.file_names)

    @property
    def networks(self) -> tuple[ModelFile | WebFile, ...]:
        """The networks it consists of."""
        return (*self.files, *self.downloads)

    @property
    def file_names(self) -> list[str]:
        """Their names."""
        return [file.name for file in self.networks]

    @property
    def is_permissive(self) -> bool:
        """Whether it may be used without accepting its licence first."""
        return self.licence in PERMISSIVE


def check_unique(what: str, names: list[str]) -> None:
    """Raise ValueError when a name appears twice."""
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f'{what} {name!r} appears {names.count(name)} times')


def _check_sha256(text: str) -> None:
    if not _SHA256.fullmatch(text):
        raise ValueError(f'expected a sha256 of 64 hexadecimal digits; got {text!r}')


def _check_file_name(name: str) -> None:
    if not _FILE_NAME.fullmatch(name):
        raise ValueError(f'expected a file name like network.onnx; got {name!r}')
