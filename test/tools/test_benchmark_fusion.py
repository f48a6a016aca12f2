"""The fusion alone, measured on a crowd that is made up."""

import json
from pathlib import Path

import numpy as np
import pytest

from ros_vision_perception.core.masks import BoxMask
from ros_vision_perception.core.types import Keypoints
from ros_vision_perception.tools.benchmark.command import main
from ros_vision_perception.tools.benchmark.crowd import crowd


def see(people: int, frames: int) -> list[tuple[Keypoints, tuple[BoxMask, ...]]]:
    seen = []
    for observation in crowd(people, frames, (640, 480)):
        assert observation.keypoints is not None
        assert observation.masks is not None
        seen.append((observation.keypoints, observation.masks.masks))
    return seen


def test_crowd_is_the_same_every_time() -> None:
    for (first, first_masks), (second, second_masks) in zip(see(5, 3), see(5, 3), strict=True):
        np.testing.assert_array_equal(first.keypoints_xy, second.keypoints_xy)
        for one, other in zip(first_masks, second_masks, strict=True):
            np.testing.assert_array_equal(one.bitmap, other.bitmap)


def test_nearly_everybody_in_a_crowd_is_seen_and_some_are_half_hidden() -> None:
    for keypoints, _ in see(50, 5):
        assert len(keypoints) >= 45
        is_seen = keypoints.scores > 0.5
        assert np.any(is_seen.any(axis=1) & ~is_seen.all(axis=1))


def test_no_pixel_of_a_crowd_belongs_to_two() -> None:
    ((_, masks),) = see(10, 1)
    assert np.sum([mask.to_image((640, 480)) for mask in masks], axis=0).max() == 1


def test_times_are_printed_and_written_per_crowd(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / 'figures.json'
    assert main(['fusion', '--people', '1', '3', '--frames', '4', '--json', str(file)]) == 0
    crowds = json.loads(file.read_text())['crowds']
    assert [(figures['people'], figures['frames']) for figures in crowds] == [(1, 4), (3, 4)]
    for figures in crowds:
        times = figures['fuse']
        assert 0.0 < times['p50_ms'] <= times['p95_ms'] <= times['p99_ms']
    assert capsys.readouterr().out.startswith('  1 people: p50_ms ')


def test_nobody_to_fuse_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(['fusion', '--people', '0'])
    assert 'got 0, expected a whole number above 0' in capsys.readouterr().err
