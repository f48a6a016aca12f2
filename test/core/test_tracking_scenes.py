"""People in clothes of their own hide, turn back and replace each other, and are known again."""

from dataclasses import replace

import numpy as np
import pytest

from ros_vision_perception.core.human import Humans, TrackState
from ros_vision_perception.core.types import Observation
from test.core.people import Scene, capture, detect, figure, rectangle, segment
from test.core.scenes import (
    View,
    behind_a_pillar,
    crossing,
    ids,
    look,
    nearest_id,
    one_walker,
    only,
    play,
    walker,
)

# What the first, second ... figure of a scene look like.
RED, BLUE = np.sqrt([[0.7, 0.1, 0.1, 0.1], [0.1, 0.1, 0.2, 0.6]])
WIDE_WALL = (('wall', rectangle(110, 210)),)


def dressed(*clothes: np.ndarray) -> View:
    """Return a view in which each figure has its clothes; doubtful ones vary a little."""

    def view(scene: Scene, time_s: float, seed: int) -> Observation:
        people = detect(scene, noise_px=0.5, seed=seed)
        rows = [index for index, seen in enumerate(scene.is_seen) if seen.mean() >= 0.3]
        vectors = np.array([clothes[row] for row in rows], np.float32).reshape(-1, 4)
        vectors += 0.02 * np.random.default_rng(seed).random(vectors.shape, np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        keypoints = replace(people, appearances=vectors)
        return capture(scene, time_s, keypoints=keypoints, masks=segment(scene))

    return view


def relief(time_s: float) -> Scene:
    """One goes behind a wall and stays; another one comes out as if it were the same."""
    hidden = figure(160) if time_s > 1.4 else walker(60, 70)(time_s)
    other = figure(160) if time_s < 1.6 else walker(160 - 70 * 1.6, 70)(time_s)
    return Scene((hidden, other), WIDE_WALL)


def test_who_comes_out_in_other_clothes_is_somebody_else() -> None:
    results = play(relief, 3.2, view=dressed(RED, BLUE))
    assert ids(results[-1]) == [1, 2]
    first, second = results[-1].people
    assert first.time_since_update_s > 1.0
    assert second.time_since_update_s == 0 and second.track_state is TrackState.CONFIRMED
    assert second.identity_confidence > 0.8


def test_who_comes_out_in_the_same_clothes_is_the_same() -> None:
    assert ids(play(relief, 3.2, view=dressed(RED, RED))[-1]) == [1]


def turning_back(time_s: float) -> Scene:
    """Two go behind one wall from both sides, and come back where they went in."""
    in_s = min(time_s, 3.2 - time_s)
    return Scene((walker(60, 50)(in_s), walker(260, -50)(in_s)), WIDE_WALL)


@pytest.mark.parametrize('clothes', [(RED, BLUE), (BLUE, RED)])
def test_who_turned_back_behind_a_wall_is_known_by_the_clothes(
    clothes: tuple[np.ndarray, np.ndarray],
) -> None:
    results = play(turning_back, 3.2, view=dressed(*clothes))
    left, right = turning_back(3.2).figures
    assert (nearest_id(results[-1], left), nearest_id(results[-1], right)) == (1, 2)
    assert all(person.identity_confidence > 0.9 for person in results[-1].people)


@pytest.mark.parametrize('fps', [6.0, 15.0, 30.0])
def test_people_who_cross_keep_their_ids_at_any_frame_rate(fps: float) -> None:
    results = play(crossing, 3.4, fps=fps, view=dressed(RED, BLUE))
    back, front = crossing(3.4).figures
    assert ids(results[-1]) == [1, 2]
    assert (nearest_id(results[-1], back), nearest_id(results[-1], front)) == (1, 2)


def scored(score: float, from_s: float) -> View:
    """Return a view in which everybody has this score from some time on."""

    def view(scene: Scene, time_s: float, seed: int) -> Observation:
        seen = look(scene, time_s, seed)
        assert seen.keypoints is not None
        if time_s < from_s:
            return seen
        scores = np.full(len(seen.keypoints), score, np.float32)
        return replace(seen, keypoints=replace(seen.keypoints, person_scores=scores))

    return view


def test_weak_detections_begin_nobody() -> None:
    assert not any(humans.people for humans in play(one_walker, 1.0, view=scored(0.3, 0.0)))


def test_weak_detections_keep_somebody_alive() -> None:
    results = play(one_walker, 3.0, view=scored(0.3, 1.0))
    assert all(ids(humans) == [1] for humans in results)
    assert only(results[-1]).time_since_update_s == 0
    assert only(results[-1]).existence_probability > 0.95


def test_people_in_another_order_are_the_same_people_in_the_same_clothes() -> None:
    def backwards(scene: Scene, time_s: float, seed: int) -> Observation:
        seen = dressed(RED, BLUE)(scene, time_s, seed)
        people = seen.keypoints
        assert people is not None and people.appearances is not None
        if time_s == 0 or len(people) < 2:
            return seen
        turned = {
            name: value[::-1]
            for name, value in vars(people).items()
            if name not in ('skeleton', 'image_size')
        }
        return replace(seen, keypoints=replace(people, **turned))

    def summary(results: list[Humans]) -> list[list[tuple]]:
        return [
            [
                (p.track_id, p.track_state, p.identity_confidence, p.alternative_track_ids)
                for p in humans.people
            ]
            for humans in results
        ]

    straight, turned = (
        play(turning_back, 3.2, fps=10.0, view=view) for view in (dressed(RED, BLUE), backwards)
    )
    assert summary(straight) == summary(turned)


def test_looks_of_another_length_are_learnt_anew() -> None:
    def changing(scene: Scene, time_s: float, seed: int) -> Observation:
        seen = dressed(RED)(scene, time_s, seed)
        assert seen.keypoints is not None
        if time_s < 1.0:
            return seen
        longer = np.full((len(seen.keypoints), 9), 1 / 3, np.float32)
        return replace(seen, keypoints=replace(seen.keypoints, appearances=longer))

    assert all(ids(humans) == [1] for humans in play(behind_a_pillar, 3.0, view=changing))
