"""Networks for crops, on all people of a frame at once, and on their mirror images."""

import numpy as np
import pytest

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.core.types import Frame
from ros_vision_perception.models.heatmap import HeatmapNet
from ros_vision_perception.models.movenet import MoveNet
from ros_vision_perception.models.simcc import SimccNet
from ros_vision_perception.pipeline.crops import CropPose
from ros_vision_perception.pipeline.stages import no_stages

HEATMAP = HeatmapNet(COCO17, (192, 256), 'msra', 'x', 'y')
SIMCC = SimccNet(COCO17, (192, 256), 2, 'x', ('a', 'b'))
BOXES = np.array([[100.0, 40, 200, 240], [300, 100, 380, 280], [620, 30, 720, 330]])
LEFT, RIGHT = (COCO17.index(f'{side}_wrist') for side in ('left', 'right'))


class Seeing:
    """A network that sees the wrists where the frame is green and red: blobs there, and where not.

    It takes whichever of the two is on the left of the crop for the right one, as of somebody who
    faces the camera, so that it is wrong about nobody, mirrored or not.
    """

    def __init__(
        self, model: HeatmapNet | SimccNet, batch: int | None, bias_px: float = 0
    ) -> None:
        self.input_shapes: dict = {'x': (batch, 3, 256, 192)}
        self.output_shapes: dict = {}
        self.batches: list[int] = []
        self._model, self._bias_px = model, bias_px

    def run(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        crops = inputs['x']
        assert self.input_shapes['x'][0] in (None, len(crops))
        self.batches.append(len(crops))
        points = np.zeros((len(crops), 17, 2))
        for crop, joints in zip(crops, points, strict=True):
            spots = sorted(_middle(crop[channel]) for channel in (0, 1))
            joints[[RIGHT, LEFT]] = np.add(spots, (self._bias_px, 0))
        if isinstance(self._model, HeatmapNet):
            y, x = np.mgrid[:64, :48]
            cells = points / 4
            squared = (x - cells[..., :1, None]) ** 2 + (y - cells[..., 1:, None]) ** 2
            return {'y': np.exp(-squared / 8).astype(np.float32)}
        return {
            name: np.exp(-((np.arange(2 * size) - 2 * points[..., axis, None]) ** 2) / 60).astype(
                np.float32
            )
            for axis, (name, size) in enumerate((('a', 192), ('b', 256)))
        }


def _middle(channel: np.ndarray) -> tuple[float, float]:
    weights = (channel - channel.min()) ** 2
    y, x = np.mgrid[: channel.shape[0], : channel.shape[1]]
    return (weights * x).sum() / weights.sum(), (weights * y).sum() / weights.sum()


def frame_and_wrists() -> tuple[Frame, np.ndarray]:
    """Return a frame and the left and right wrists (3, 2, 2) of the people in BOXES."""
    pixels = np.zeros((360, 900, 3), np.uint8)
    centers = ((BOXES[:, :2] + BOXES[:, 2:]) / 2).astype(int)
    wrists = centers[:, None] + np.array([[25, 10], [-21, -30]])
    for person in wrists:
        for channel, (x, y) in enumerate(person):
            pixels[y - 3 : y + 4, x - 3 : x + 4, channel] = 255
    return Frame(pixels, 'rgb8', 0), wrists.astype(float)


@pytest.mark.parametrize('model', [HEATMAP, SIMCC])
@pytest.mark.parametrize('flip_test', [False, True])
@pytest.mark.parametrize(
    ('batch', 'calls', 'mirrored_calls'),
    [(None, [3], [6]), (1, [1] * 3, [1] * 6), (4, [4], [4, 4]), (2, [2, 2], [2, 2, 2])],
)
def test_everybody_gets_their_joints_whatever_the_batch(
    model: HeatmapNet | SimccNet,
    flip_test: bool,
    batch: int | None,
    calls: list[int],
    mirrored_calls: list[int],
) -> None:
    frame, wrists = frame_and_wrists()
    network = Seeing(model, batch)
    found = CropPose(network, model, flip_test=flip_test).find(frame, BOXES, no_stages)
    assert network.batches == (mirrored_calls if flip_test else calls)
    assert found.points_xy.shape == (3, 17, 2)
    np.testing.assert_allclose(found.points_xy[:, [LEFT, RIGHT]], wrists, atol=0.5)


@pytest.mark.parametrize('model', [HEATMAP, SIMCC])
def test_the_flip_test_undoes_what_a_network_does_to_one_side(
    model: HeatmapNet | SimccNet,
) -> None:
    frame, wrists = frame_and_wrists()
    errors = []
    for flip_test in (False, True):
        crops = CropPose(Seeing(model, None, bias_px=2), model, flip_test=flip_test)
        found = crops.find(frame, BOXES, no_stages).points_xy[:, [LEFT, RIGHT]]
        errors.append(np.abs(found - wrists)[..., 0].mean())
    assert errors[0] > 1.5 and errors[1] < 0.4


def test_nobody_needs_no_call() -> None:
    network = Seeing(HEATMAP, None)
    found = CropPose(network, HEATMAP, flip_test=True).find(
        frame_and_wrists()[0], np.empty((0, 4)), no_stages
    )
    assert found.points_xy.shape == (0, 17, 2) and found.scores.shape == (0, 17)
    assert network.batches == []


def test_a_network_without_maps_cannot_do_the_flip_test() -> None:
    with pytest.raises(ConfigurationError, match='the model gives neither'):
        CropPose(Seeing(HEATMAP, 1), MoveNet(192, 'x', 'y'), flip_test=True)
