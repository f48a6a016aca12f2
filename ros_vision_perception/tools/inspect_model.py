"""`models inspect`: what a file is, what that is told by, and what to say where it is in doubt."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from ros_vision_perception.core.errors import ModelError
from ros_vision_perception.models.base import DetectionConfig
from ros_vision_perception.pipeline import families
from ros_vision_perception.pipeline.load import POSE_PIPELINES
from ros_vision_perception.pipeline.networks import BackendConfig, Networks, candidates
from ros_vision_perception.pipeline.recognise import Network, claims, expected
from ros_vision_perception.zoo.sidecar import read_sidecar, sidecar_path

_CONFIG = DetectionConfig(0.5)


def inspect(file: Path, report: Callable[[str], object]) -> tuple[list[str], str | None]:
    """Return all that is known of a file, line by line, and what is in doubt, with a cure.

    Args:
        file: a network.
        report: told when something takes long.

    Raises:
        ModelError: when the file cannot be loaded.
        ConfigurationError: when its sidecar is faulty.
    """
    network = Network.load(file, partial(Networks(BackendConfig(), report), threads=1))
    said, sidecar = read_sidecar(file), sidecar_path(file)
    lines = [
        str(network.signature),
        f'would run here on: {", else on ".join(candidates(BackendConfig()))}',
        *(
            f'{sidecar.name if key in said else "metadata"} {key}: {value:.200}'
            for key, value in network.signature.metadata.items()
        ),
    ]
    found, doubts = _found(network)
    if found and not doubts:
        return lines + found, None
    doubt = doubts[0] if doubts else _nothing(network)
    return lines + found, f"{file}: {doubt}; to decide, write 'family: NAME' into {sidecar.name}"


def _found(network: Network) -> tuple[list[str], list[str]]:
    """Return a line for each family that claims a network, and one for each doubt."""
    lines, doubts = [], []
    said = network.signature.metadata.get('family')
    if said in POSE_PIPELINES:
        lines.append(f'is of family {said}: it says so itself')
    for kind, known in families.ALL.items():
        try:
            models = claims(network, known, _CONFIG)
        except ModelError as error:
            doubts.append(str(error))
            continue
        lines += [
            f'is of family {name}, a {kind}{_details(model)}: {known[name].EXPECTED}'
            for name, model in models.items()
        ]
        if len(models) > 1:
            doubts.append(f'may be a {kind} of family {" or ".join(models)}')
    return lines, doubts


def _details(model: object) -> str:
    skeleton = getattr(model, 'skeleton', None)
    classes = getattr(getattr(model, 'layout', model), 'class_names', None)
    joints = f', joints of {skeleton.name}' if skeleton else ''
    if not classes:
        return joints
    shown = ', '.join(classes[:5]) + (', ...' if len(classes) > 5 else '')
    return f'{joints}, classes {shown}'


def _nothing(network: Network) -> str:
    said = network.signature.metadata.get('family')
    every = [name for known in families.ALL.values() for name in known]
    if said is not None and said not in every:
        return f'says to be of family {said}, which is none of {", ".join(every)}'
    if said is not None:
        kinds = [known for known in families.ALL.values() if said in known]
        return f'says to be of family {said}, but is not: expected {kinds[0][said].EXPECTED}'
    return f'is of no known family; expected {"; or ".join(map(expected, families.ALL.values()))}'
