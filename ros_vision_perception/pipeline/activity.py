"""The network that tells what people do over time, for all of them at once."""

from pathlib import Path

import numpy as np

from ros_vision_perception.backends.base import FileBackend, check_interface
from ros_vision_perception.backends.onnx import OnnxBackend
from ros_vision_perception.core.activity import ACTIVITIES, FEATURES, STEPS, Classify
from ros_vision_perception.core.errors import ModelError

BUILT_IN = Path(__file__).with_name('activity.onnx')


def load_activity(model: str) -> Classify | None:
    """Return the network.

    Args:
        model: 'built-in', the path of a file that `train activity` made, or '' for none.

    Raises:
        ModelError: when there is no such file, or it is another network.
    """
    if not model:
        return None
    path = BUILT_IN if model == 'built-in' else Path(model).expanduser()
    # It is small: one thread of the CPU has it done before a GPU would have begun.
    backend: FileBackend = OnnxBackend(path, threads=1)
    shapes = {'windows': (None, STEPS, FEATURES)}, {'probabilities': (None, len(ACTIVITIES))}
    check_interface(backend, str(path), *shapes)
    named = backend.metadata.get('activities')
    if named != ','.join(ACTIVITIES):
        raise ModelError(f'{path}: expected activities {",".join(ACTIVITIES)}; got {named}')

    def classify(windows: np.ndarray) -> np.ndarray:
        return backend.run({'windows': windows})['probabilities']

    classify(np.zeros((1, STEPS, FEATURES), np.float32))  # the slow first call
    return classify
