"""`evaluate prediction`: samples, and errors that are known."""

import argparse
from pathlib import Path

import numpy as np
import pytest

from ros_vision_perception.core.errors import PerceptionError
from ros_vision_perception.core.human import Humans
from ros_vision_perception.core.prediction import TIMES_S, walkers_of
from ros_vision_perception.tools.evaluate import prediction
from ros_vision_perception.tools.evaluate.prediction import Samples, collect, figures
from test.core.walks import Walk, film, follow, with_depth


def walk() -> list[Humans]:
    return [humans for _, humans in follow(film(Walk(), seconds=4.0), with_depth)]


def test_samples_are_people_and_where_they_were_later() -> None:
    seen = walk()
    people, truths = collect(seen)
    assert len(people) == len(truths) > 5
    by_stamp = {round(h.stamp_ns * 1e-9, 2): h.people[0] for h in seen if h.people}
    first = next(i for i, truth in enumerate(truths) if np.isfinite(truth[0, 0]))
    begin = next(t for t, human in by_stamp.items() if human is people[first])
    later = min(by_stamp, key=lambda t: abs(t - begin - TIMES_S[0]))
    np.testing.assert_allclose(truths[first][0], by_stamp[later].position_m)


def test_errors_are_those_of_the_truth() -> None:
    people, _ = collect(walk())
    walkers = walkers_of(people[:1])
    steps = TIMES_S[:, None]
    truths = (walkers.positions_m + walkers.velocities * steps + (0.0, 0.3, 0.0))[None]
    table = figures(Samples(walkers, truths))
    assert table['predictions'] == 1
    assert table['baseline']['ADE'] == pytest.approx(0.3, abs=1e-6)
    assert table['baseline']['FDE'] == pytest.approx(0.3, abs=1e-6)
    assert table['min_ADE'] <= table['ADE']
    hidden = np.where(np.arange(len(TIMES_S))[:, None] < 2, truths[0], np.nan)[None]
    assert figures(Samples(walkers, hidden))['FDE'] is None


def test_nobody_is_predicted_nowhere() -> None:
    nobody = prediction.Samples(walkers_of([]), np.empty((0, len(TIMES_S), 3)))
    assert figures(nobody) == {'predictions': 0}


def test_a_real_clip_is_predicted_better_than_by_constant_velocity(assets: Path) -> None:
    parser = argparse.ArgumentParser()
    prediction.add_arguments(parser)
    clip = assets / 'videos/intel_store-aisle-detection.gif'
    try:
        table = prediction.run(parser.parse_args(['--video', str(clip)]))
    except PerceptionError as error:
        pytest.skip(f'the default models cannot be had: {error}')
    assert table['predictions'] > 10
    assert table['NLL'] < table['baseline']['NLL']
    assert table['ADE'] < table['baseline']['ADE']
