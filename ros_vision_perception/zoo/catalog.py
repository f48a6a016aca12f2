"""The models that a name stands for: catalog.yaml as checked, typed data."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from ros_vision_perception.core.errors import ConfigurationError, ModelError
from ros_vision_perception.zoo.entries import Model, Wheel, check_unique
from ros_vision_perception.zoo.schema import build


@dataclass(frozen=True)
class Catalog:
    """All wheels and models."""

    wheels: tuple[Wheel, ...]
    models: tuple[Model, ...]

    def __post_init__(self) -> None:
        check_unique('model', [model.name for model in self.models])
        known = [wheel.requirement for wheel in self.wheels]
        for model in self.models:
            if model.wheel and model.wheel not in known:
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
