"""What people do, made up: walk, fall, kick and so on."""

from collections.abc import Callable

import numpy as np

from ros_vision_perception.tools.train.body import ANGLES
from ros_vision_perception.tools.train.motion import (
    ARMS,
    FPS,
    Motion,
    Values,
    between,
    eased,
    fidget,
    join,
    motion,
    random_frames,
    random_side,
)

_GRAVITY = 9.81 / 1.7  # body heights per s^2
_SEAT: Values = {
    'left_hip': 1.5, 'right_hip': 1.5, 'left_knee': 1.5, 'right_knee': 1.5, 'bend': 0.05,
    'left_elbow': 1.2, 'right_elbow': 1.2, 'left_arm': 0.3, 'right_arm': 0.3,
}  # fmt: skip


def script(rng: np.random.Generator, seconds: float) -> Motion:
    """Return somebody who does one thing after the other, for at least so long."""
    parts: list[Motion] = []
    while sum(len(part.flights) for part in parts) < seconds * FPS:
        doing = _SCENES[int(rng.choice(len(_SCENES), p=_SHARES))]
        parts += doing(rng)
        if rng.random() < 0.3:
            parts += stand(rng)
    return join(parts)


def stand(rng: np.random.Generator) -> list[Motion]:
    """Stand, and move the arms a little, as people do who talk, or not at all."""
    frames, size = random_frames(rng, 0.6, 2.5), rng.choice((0.02, 0.1, 0.35))
    arms = {
        f'{side}_{angle}': ARMS.get(f'{side}_{angle}', 0.1) + abs(fidget(rng, frames, size))
        for side in ('left', 'right')
        for angle in ('arm', 'elbow', 'lift')
    }
    arms['bend'] = fidget(rng, frames, 0.04)
    return [motion(frames, arms, ('standing_still',))]


def walk(rng: np.random.Generator) -> list[Motion]:
    """Walk; the stride grows with the speed."""
    frames, speed = random_frames(rng, 1.5, 4.0), rng.uniform(0.2, 1.0)
    phases = 2 * np.pi * rng.uniform(0.75, 1.2) * np.sqrt(speed / 0.75) * np.arange(frames) / FPS
    swing, arms = 0.25 + 0.3 * speed, rng.uniform(0.1, 0.5)
    moves = _gait(phases + rng.uniform(0, 6), swing, 0.9, arms)
    turn = rng.choice((0.0, 0.0, rng.normal(0, 0.8), rng.uniform(-np.pi, np.pi)))
    moves |= {'yaw': eased(frames, [(0, 0), (1, turn)])}
    if rng.random() < 0.3:  # carries something, or holds one hand in the other
        arm, elbow = rng.uniform(0.1, 0.9), rng.uniform(0.4, 1.6)
        moves |= {'left_arm': arm, 'right_arm': arm, 'left_elbow': elbow, 'right_elbow': elbow}
    return [motion(frames, moves, ('walking',), speed=speed)]


def run(rng: np.random.Generator) -> list[Motion]:
    """Run: both feet are off the ground twice per cycle."""
    frames, speed = random_frames(rng, 1.2, 3.0), rng.uniform(1.2, 2.8)
    phases = 2 * np.pi * rng.uniform(1.25, 1.65) * np.arange(frames) / FPS + rng.uniform(0, 6)
    moves = _gait(phases, rng.uniform(0.55, 0.85), rng.uniform(1.3, 1.8), rng.uniform(0.4, 0.8))
    moves |= {'bend': rng.uniform(0.05, 0.25), 'left_elbow': 1.5, 'right_elbow': 1.5}
    flights = rng.uniform(0.02, 0.05) * np.abs(np.sin(phases))
    return [motion(frames, moves, ('running',), flights=flights, speed=speed)]


def _gait(phases: np.ndarray, swing: float, knee: float, arms: float) -> dict:
    moves: dict[str, np.ndarray | float] = {}
    for side, sign in (('left', 1.0), ('right', -1.0)):
        thigh = sign * np.sin(phases)
        # The knee bends while its leg swings ahead.
        forwards = np.maximum(sign * np.cos(phases), 0.0)
        moves[f'{side}_hip'] = 0.1 + swing * thigh + 0.25 * knee * forwards
        moves[f'{side}_knee'] = 0.1 + knee * forwards**1.5
        moves[f'{side}_arm'] = -arms * thigh
    return moves


def sit(rng: np.random.Generator) -> list[Motion]:
    """Sit down, stay for a while, and stand up."""
    down, stay, up = (
        random_frames(rng, 0.8, 1.8),
        random_frames(rng, 0.5, 3.0),
        random_frames(rng, 0.7, 1.6),
    )
    lean = rng.uniform(0.3, 0.8)
    ways = []
    for frames, keys, name in (
        (down, [(0.0, 0.0), (1.0, 1.0)], 'sitting_down'),
        (up, [(0.0, 1.0), (1.0, 0.0)], 'standing_up'),
    ):
        moves = between(frames, {}, _SEAT, keys)
        leaning = eased(frames, [(0, 0), (0.45, lean), (1, 0)])
        ways.append(motion(frames, {**moves, 'bend': moves['bend'] + leaning}, (name,)))
    seated: dict[str, np.ndarray] = {
        name: value + fidget(rng, stay, 0.08) for name, value in _SEAT.items()
    }
    if rng.random() < 0.4:
        seated['right_arm'] = 0.3 + abs(fidget(rng, stay, 0.6))
    return [*stand(rng), ways[0], motion(stay, seated), ways[1]]


def fall(rng: np.random.Generator) -> list[Motion]:
    """Tip over with growing speed, or collapse, and lie there."""
    frames, stay = random_frames(rng, 0.6, 1.2), random_frames(rng, 0.8, 2.5)
    share = np.linspace(0, 1, frames) ** rng.uniform(1.7, 2.6)
    bounce = 1.0 - 0.05 * np.sin(np.linspace(0, np.pi, frames)) * (share > 0.9)
    way, sign = rng.choice(('fall', 'topple')), rng.choice((-1.0, 1.0))
    hip = rng.uniform(0.0, 1.2)
    pose = {
        'left_hip': hip, 'right_hip': hip * rng.uniform(0.3, 1.0), 'left_knee': 1.2 * hip,
        'right_knee': hip, 'left_arm': rng.uniform(0, 1.8), 'right_arm': rng.uniform(0, 1.8),
        'left_lift': rng.uniform(0, 0.8), 'right_lift': rng.uniform(0, 0.8),
        'bend': rng.uniform(0.0, 0.3),
    }  # fmt: skip
    moves = {name: value * np.minimum(2 * share, 1.0) for name, value in pose.items()}
    tipped = rng.uniform(1.3, 1.6) * sign
    down = {**moves, way: tipped * share * bounce}
    lying = {name: value + fidget(rng, stay, 0.04) for name, value in pose.items()}
    lying[way] = np.full(stay, tipped)
    up = random_frames(rng, 1.5, 2.5)
    back = between(up, {**pose, way: tipped}, {}, [(0, 0), (1, 1)])
    return [
        *(walk(rng) if rng.random() < 0.4 else stand(rng)),
        motion(frames, down, ('falling',)),
        motion(stay, lying, ('fallen',)),
        motion(up, back),
    ]


def jump(rng: np.random.Generator) -> list[Motion]:
    """Crouch, fly as gravity has it, land; once or some times; or jumping jacks."""
    if rng.random() < 0.4:
        return [*stand(rng), *_jacks(rng)]
    return [*stand(rng), *(_hop(rng) for _ in range(int(rng.integers(1, 5))))]


def _hop(rng: np.random.Generator) -> Motion:
    crouch, air, land = (
        random_frames(rng, *span) for span in ((0.2, 0.4), (0.28, 0.6), (0.2, 0.4))
    )
    frames, knee = crouch + air + land, rng.uniform(0.3, 1.3)
    off, on = crouch / frames, (crouch + air) / frames
    bent = eased(
        frames, [(0, 0), (0.6 * off, 1), (off, 0), (on, 0.1), ((1 + on) / 2, 0.7), (1, 0)]
    )
    up, arms = eased(frames, [(0, 0), ((off + on) / 2, 1), (1, 0)]), rng.uniform(0.0, 2.5)
    moves: dict[str, np.ndarray] = {'bend': 0.4 * knee * bent}
    for side in ('left', 'right'):
        moves[f'{side}_hip'], moves[f'{side}_knee'] = 0.6 * knee * bent, 1.2 * knee * bent
        moves[f'{side}_arm'] = arms * (up - 0.4 * bent)
    during = slice(int(0.4 * crouch), frames - land // 2)
    return motion(frames, moves, ('jumping',), during, _flights(frames, [(crouch, air)]))


def _flights(frames: int, leaps: list[tuple[int, int]]) -> np.ndarray:
    """Return how high bodies are (F,) that leave the ground at frames, for so many frames."""
    times = np.arange(frames) / FPS
    heights = [
        _GRAVITY / 2 * (times - first / FPS) * ((first + air) / FPS - times)
        for first, air in leaps
    ]
    return np.maximum(heights, 0.0).max(axis=0)


def _jacks(rng: np.random.Generator) -> list[Motion]:
    """Hop with the legs apart and the arms up, and back, some times at one pace."""
    half, air = random_frames(rng, 0.35, 0.7), random_frames(rng, 0.16, 0.3)
    arms, legs, elbow = rng.uniform(1.2, 2.9), rng.uniform(0.2, 0.5), rng.uniform(0.1, 0.6)
    rest = half - min(air, half - 2)
    keys = [(0, 0.0), (rest / half / 2, 0.0), (0.5, 1.0), (0.5 + rest / half / 2, 1.0), (1, 0.0)]
    out = eased(2 * half, keys)
    bent = eased(2 * half, [(0, 1), (0.25, 0), (0.5, 1), (0.75, 0), (1, 1)])
    moves: dict[str, np.ndarray | float] = {}
    for side in ('left', 'right'):
        moves[f'{side}_lift'], moves[f'{side}_spread'] = 0.1 + arms * out, legs * out
        moves[f'{side}_elbow'] = elbow
        moves[f'{side}_knee'], moves[f'{side}_hip'] = 0.25 * bent, 0.12 * bent
    leaps = [(rest // 2, half - rest), (half + rest // 2, half - rest)]
    one = motion(2 * half, moves, ('jumping',), flights=_flights(2 * half, leaps))
    return [one] * int(rng.integers(2, 6))


def kick(rng: np.random.Generator) -> list[Motion]:
    """Swing a leg back and then ahead, fast."""
    frames, (leg, other) = random_frames(rng, 0.6, 1.1), random_side(rng)
    back, height = rng.uniform(0.2, 0.7), rng.uniform(0.8, 1.7)
    hit = rng.uniform(0.45, 0.6)
    moves = {
        f'{leg}_hip': eased(frames, [(0, 0), (0.28, -back), (hit, height), (1, 0)]),
        f'{leg}_knee': eased(
            frames, [(0, 0), (0.3, rng.uniform(0.8, 1.6)), (hit, 0.1), (0.8, 0.5), (1, 0)]
        ),
        f'{leg}_spread': rng.uniform(0, 0.3) * eased(frames, [(0, 0), (hit, 1), (1, 0)]),
        f'{other}_knee': eased(frames, [(0, 0), (0.3, 0.3), (1, 0)]),
        f'{other}_hip': eased(frames, [(0, 0), (0.3, 0.15), (1, 0)]),
        f'{other}_arm': eased(frames, [(0, 0), (hit, rng.uniform(0, 1.0)), (1, 0)]),
        f'{leg}_arm': eased(frames, [(0, 0), (hit, -rng.uniform(0, 0.6)), (1, 0)]),
        'bend': eased(frames, [(0, 0), (hit, rng.uniform(-0.3, 0.2)), (1, 0)]),
    }
    during = slice(int(0.1 * frames), int(0.85 * frames))
    before = walk(rng) if rng.random() < 0.3 else stand(rng)
    return [*before, motion(frames, moves, ('kicking',), during)]


def throw(rng: np.random.Generator) -> list[Motion]:
    """Throw over or under the shoulder with one arm, or from the chest upwards with both."""
    frames, (arm, other), style = random_frames(rng, 0.7, 1.3), random_side(rng), rng.random()
    if style < 0.4:
        keys = [(0, 0.0), (0.4, 1.2), (0.6, 2.6), (0.75, 1.0), (1, 0.0)]
        elbows = [(0, 0.25), (0.4, 2.0), (0.6, 0.5), (1, 0.25)]
        lift = [(0, 0.1), (0.4, 0.8), (1, 0.1)]
    elif style < 0.65:
        keys = [(0, 0.0), (0.4, -0.8), (0.65, 1.6), (1, 0.0)]
        elbows, lift = [(0, 0.25), (0.5, 0.1), (1, 0.25)], [(0, 0.1), (1, 0.1)]
    else:
        keys = [(0, 0.3), (0.35, 1.2), (0.6, 2.6), (0.75, 2.5), (1, 0.2)]
        elbows, lift = [(0, 1.0), (0.35, 2.2), (0.6, 0.2), (1, 0.25)], [(0, 0.1), (1, 0.1)]
    moves = {f'{arm}_arm': eased(frames, keys), f'{arm}_elbow': eased(frames, elbows)}
    moves |= {f'{arm}_lift': eased(frames, lift)}
    moves |= {'bend': eased(frames, [(0, 0), (0.4, -0.1), (0.7, 0.25), (1, 0)])}
    if style >= 0.65:
        moves |= {name.replace(arm, other): values for name, values in moves.items()}
    during = slice(int(0.15 * frames), int(0.85 * frames))
    return [*stand(rng), motion(frames, moves, ('throwing', 'standing_still'), during)]


def wave(rng: np.random.Generator) -> list[Motion]:
    """Swing a raised forearm to and fro."""
    frames, (arm, _) = random_frames(rng, 1.5, 3.5), random_side(rng)
    up = eased(frames, [(0, 0), (0.2, 1), (0.85, 1), (1, 0)])
    swings = np.sin(2 * np.pi * rng.uniform(1.0, 2.5) * np.arange(frames) / FPS)
    moves = {
        f'{arm}_lift': 0.1 + up * rng.uniform(1.0, 1.7),
        f'{arm}_twist': up * np.pi / 2,
        f'{arm}_elbow': 0.25 + up * (rng.uniform(0.8, 1.4) + rng.uniform(0.25, 0.6) * swings),
    }
    return [motion(frames, moves, ('waving', 'standing_still'), up > 0.8)]


def reach(rng: np.random.Generator) -> list[Motion]:
    """Stretch an arm out to something, hold it there, and take it back."""
    frames, (arm, _) = random_frames(rng, 1.2, 3.0), random_side(rng)
    out = eased(frames, [(0, 0), (0.3, 1), (0.7, 1), (1, 0)])
    moves = {
        f'{arm}_arm': out * rng.uniform(0.8, 2.5),
        f'{arm}_elbow': 0.25 + 0.9 * eased(frames, [(0, 0), (0.12, 1), (0.3, 0), (1, 0)]),
        f'{arm}_lift': 0.1 + out * rng.uniform(0, 0.6),
        'bend': out * rng.uniform(0, 0.5),
    }
    during = slice(int(0.1 * frames), int(0.9 * frames))
    return [motion(frames, moves, ('reaching', 'standing_still'), during)]


def other(rng: np.random.Generator) -> list[Motion]:
    """Squat, bend down, raise the arms or a knee: what is none of the activities."""
    frames = random_frames(rng, 1.0, 2.5)
    there = eased(frames, [(0, 0), (0.35, 1), (0.7, 1), (1, 0)])
    both = rng.uniform(0.5, 3.0)
    poses: tuple[Values, ...] = (
        {'left_hip': 2.0, 'right_hip': 2.0, 'left_knee': 2.3, 'right_knee': 2.3, 'bend': 0.5},
        {'bend': 1.4, 'left_knee': 0.3, 'right_knee': 0.3, 'left_arm': 1.2, 'right_arm': 1.2},
        {'left_lift': both, 'right_lift': both}, {'left_arm': both, 'right_arm': both},
        {'left_hip': 1.4, 'left_knee': 1.5}, {'right_hip': 1.4, 'right_knee': 1.5},
        {'right_lift': both}, {'left_lift': both},
        {'left_lift': 2.2, 'right_lift': 2.2, 'left_elbow': 2.2, 'right_elbow': 2.2,
         'left_twist': 1.5, 'right_twist': 1.5},
    )  # fmt: skip
    pose = poses[int(rng.integers(len(poses)))]
    legs_stand = not any('knee' in name or 'bend' in name for name in pose)
    moves = {name: ARMS.get(name, 0.0) + value * there for name, value in pose.items()}
    return [*stand(rng), motion(frames, moves, ('standing_still',) if legs_stand else ())]


def odd(rng: np.random.Generator) -> list[Motion]:
    """Stay in a pose that people hardly have, as things do that are taken for people."""
    frames = random_frames(rng, 1.5, 4.0)
    pose = {name: rng.normal(0, 0.8) for name in ANGLES if name not in ('yaw', 'fall', 'topple')}
    return [motion(frames, {name: pose[name] + fidget(rng, frames, 0.05) for name in pose})]


_SCENES: tuple[Callable[[np.random.Generator], list[Motion]], ...] = (
    stand, walk, run, sit, fall, jump, kick, throw, wave, reach, other, odd,
)  # fmt: skip
_SHARES = np.array([1, 5, 2, 3, 3, 4, 7, 4, 2, 3, 5, 2]) / 41
