"""Finds out of what family a network is, from what its file says of itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ros_vision_perception.backends.base import FileBackend, OpenNetwork
from ros_vision_perception.core.errors import ModelError
from ros_vision_perception.models.base import DetectionConfig, Family, Signature
from ros_vision_perception.pipeline.families import ALL
from ros_vision_perception.zoo.sidecar import read_sidecar, sidecar_path

Model = TypeVar('Model')


@dataclass(frozen=True)
class Network:
    """A loaded network and what it says of itself."""

    path: Path
    backend: FileBackend
    signature: Signature

    @classmethod
    def load(cls, path: Path, open_network: OpenNetwork) -> 'Network':
        """Load a file; what its sidecar says takes the place of what its metadata say.

        Raises:
            ModelError: when the file cannot be loaded.
            ConfigurationError: when the sidecar is faulty.
        """
        said = read_sidecar(path)
        backend = open_network(path)
        shapes = backend.input_shapes, backend.output_shapes
        return cls(path, backend, Signature(*shapes, {**backend.metadata, **said}))


def claims(
    network: Network, families: Mapping[str, Family[Model]], config: DetectionConfig
) -> dict[str, Model]:
    """Return by the name of each family that claims a network the model that it then is.

    Args:
        network: a loaded one. Where its metadata has an entry 'family', no other may claim it.
        families: name -> family.
        config: for models that find several people or things.

    Raises:
        ModelError: when it is of a family but cannot be used.
    """
    said = network.signature.metadata.get('family')
    found = {}
    for name, family in families.items():
        if said is not None and name != said:
            continue
        try:
            model = family.recognise(network.signature, config)
        except ModelError as error:
            raise ModelError(f'{network.path}, a model of family {name}: {error}') from error
        if model is not None:
            found[name] = model
    return found


def recognise(
    network: Network, families: Mapping[str, Family[Model]], config: DetectionConfig
) -> Model | None:
    """Return the model that a network is, or None when no family claims it; see `claims`.

    Raises:
        ModelError: when two families claim it, or when it is of one but cannot be used.
    """
    found = claims(network, families, config)
    if len(found) > 1:
        raise ModelError(
            f'{network.path} may be of family {" or ".join(found)}: got {network.signature}; '
            f"expected the metadata entry 'family', or {sidecar_path(network.path).name} beside "
            f"it with 'family: {next(iter(found))}', to say which"
        )
    return next(iter(found.values()), None)


def recognised(
    networks: Sequence[Network], families: Mapping[str, Family[Model]], config: DetectionConfig
) -> list[tuple[Network, Model]]:
    """Return those networks that are of one of the families, each with its model."""
    models = [(network, recognise(network, families, config)) for network in networks]
    return [(network, model) for network, model in models if model is not None]


def what_it_is(network: Network, config: DetectionConfig) -> str:
    """Return what a network is, of all the kinds there are, in one line, for people."""
    found = [
        f'one of family {name}, a {kind}'
        for kind, known in ALL.items()
        for name in claims(network, known, config)
    ]
    return ' or '.join(found) or str(network.signature)


def expected(families: Mapping[str, Family[Model]]) -> str:
    """Return by what networks of these families are recognised, in one line, for people."""
    return '; or '.join(f'{name}: {family.EXPECTED}' for name, family in families.items())
