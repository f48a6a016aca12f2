"""What is done once, before the first frame."""

import numpy as np
import pytest

from ros_vision_perception.backends.onnx import OnnxBackend
from ros_vision_perception.core.errors import PerceptionError
from ros_vision_perception.pipeline import load


def test_networks_have_met_their_largest_batch_before_the_first_frame(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    batches = []

    class Watched(OnnxBackend):
        def run(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
            batches.append(inputs['image'].shape)
            return super().run(inputs)

    monkeypatch.setattr(load, 'OnnxBackend', Watched)
    try:
        load.load_pose(
            load.DEFAULT_POSE, threads=1, max_people=3, with_masks=True, skeleton='', report=print
        )
        load.load_segmentation(load.DEFAULT_SEGMENTATION, threads=1, report=print)
    except PerceptionError as error:
        pytest.skip(f'the default models cannot be had: {error}')
    assert batches == [(1, 3, 224, 224), (3, 3, 256, 256), (1, 3, 256, 256)]
