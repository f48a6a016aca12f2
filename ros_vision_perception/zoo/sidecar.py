"""What a user says of a file of his own: model.yaml beside model.onnx.

It says what the file does not say of itself, or says wrongly; the sidecar wins.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.core.skeleton import SKELETONS
from ros_vision_perception.zoo.schema import build


@dataclass(frozen=True)
class Sidecar:
    """A sidecar.

    Attributes:
        family: what decodes the network.
        skeleton: name of the joints it finds.
        classes: of the things it finds, in its order.
        metadata: further entries that a family reads, as in the file's own metadata.
    """

    family: str | None = None
    skeleton: str | None = None
    classes: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.skeleton is not None and self.skeleton not in SKELETONS:
            raise ValueError(
                f'unknown skeleton {self.skeleton!r}; available: {", ".join(SKELETONS)}'
            )

    @property
    def entries(self) -> dict[str, str]:
        """The same as metadata entries of an .onnx file, in the form that exporters write."""
        entries = dict(self.metadata)
        if self.family is not None:
            entries['family'] = self.family
        if self.skeleton is not None:
            entries['skeleton'] = self.skeleton
        if self.classes:
            entries['names'] = repr(dict(enumerate(self.classes)))
        return entries


def sidecar_path(file: Path) -> Path:
    """Return where the sidecar of a file is, or would be."""
    return file.with_suffix('.yaml')


def read_sidecar(file: Path) -> dict[str, str]:
    """Return the metadata entries in the sidecar of a file; none where there is no sidecar.

    Raises:
        ConfigurationError: one line that names the faulty place.
    """
    path = sidecar_path(file)
    try:
        document = yaml.safe_load(path.read_text(encoding='utf-8'))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigurationError(f'{path}: no YAML: {" ".join(str(error).split())}') from error
    return build(Sidecar, document, str(path)).entries
