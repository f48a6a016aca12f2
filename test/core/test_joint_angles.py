"""From where joints are to the angles of the body's model, and back by forward kinematics."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from ros_vision_perception.core.arms import APART
from ros_vision_perception.core.joint_angles import apart, joint_angles
from ros_vision_perception.core.limb_rotations import JOINT_NAMES, LIMITS
from ros_vision_perception.core.skeleton import BLAZEPOSE33, COCO17, HALPE26, Skeleton
from test.core.human_chain import places

ARMS_AND_LEGS = tuple(
    f'{side}_{part}' for side in ('left', 'right') for part in ('elbow', 'wrist', 'knee', 'ankle')
)
# Angles by name that are within the limits, and show: limbs are bent, arms do not hang down.
_BENT = {'elbow': (0.3, 2.5), 'knee': (-2.5, -0.3), 'p_shoulder': (0.3, 2.8), 'p_hip': (-0.4, 1.2)}


def _range(name: str) -> tuple[float, float]:
    low, high = LIMITS[JOINT_NAMES.index(name)].tolist()
    return _BENT.get(name[2:], (low, high)) if name != 'waist' else (0.0, 0.0)


POSES = st.fixed_dictionaries({name: st.floats(*_range(name)) for name in JOINT_NAMES})
# Far beyond the limits of the model, but with elbows and knees that bend as they can.
_ANY = {'y_hip': (-0.5, 0.5), 'p_hip': (-0.4, 0.8), 'r_hip': (-0.5, 2.5), 'y_head': (-1.5, 1.5)}
ANY_POSES = st.fixed_dictionaries(
    {
        name: st.floats(*_ANY.get(name[2:], _ANY.get(name, (low, high))))
        for name, (low, high) in zip(JOINT_NAMES[1:], LIMITS[1:].tolist(), strict=True)
    }
)
TURNS = st.tuples(*[st.floats(-3.0, 3.0)] * 3)


def solved(
    places_m: np.ndarray,
    *,
    axes: np.ndarray | None = None,
    sigma_m: float = 1e-6,
    skeleton: Skeleton = BLAZEPOSE33,
    hidden: tuple[str, ...] = (),
) -> Any:
    """Return angles and deviations by name, of one person."""
    seen = np.isfinite(places_m).all(axis=1)
    seen[[skeleton.index(name) for name in hidden]] = False
    result = joint_angles(
        places_m[None],
        np.tile(sigma_m**2 * np.eye(3), (1, len(skeleton), 1, 1)),
        np.eye(3)[None] if axes is None else axes[None],
        np.zeros((1, 3, 3)),
        seen[None],
        skeleton,
    )
    return tuple(
        dict(zip(JOINT_NAMES, values[0].tolist(), strict=True))
        for values in (result.angles, result.deviations)
    )


def standing(**angles: float) -> np.ndarray:
    return places(angles, BLAZEPOSE33.joint_names)


def assert_near(got: dict[str, float], want: dict[str, float], atol: float = 1e-6) -> None:
    for name, angle in want.items():
        assert got[name] == pytest.approx(angle, abs=atol), name


@given(POSES, st.sampled_from([COCO17, BLAZEPOSE33, HALPE26]))
def test_angles_come_back_from_where_they_put_the_joints(
    pose: dict[str, float], skeleton: Skeleton
) -> None:
    angles, _ = solved(places(pose, skeleton.joint_names), skeleton=skeleton)
    assert_near(angles, pose, 1e-4)


@given(ANY_POSES)
def test_joints_come_back_from_their_angles_in_any_pose(pose: dict[str, float]) -> None:
    before = standing(**pose)
    angles, _ = solved(before)
    np.testing.assert_allclose(standing(**angles), before, atol=1e-4)


@given(POSES, TURNS, TURNS, st.floats(0.5, 3.0))
def test_place_size_and_direction_of_a_person_change_no_angle(
    pose: dict[str, float],
    turn: tuple[float, ...],
    place: tuple[float, ...],
    height_m: float,
) -> None:
    axes = Rotation.from_rotvec(turn).as_matrix()
    moved, _ = solved(height_m * standing(**pose) @ axes.T + place, axes=axes)
    assert_near(moved, solved(standing(**pose))[0], 1e-4)


@given(POSES)
def test_mirrored_people_have_mirrored_angles(pose: dict[str, float]) -> None:
    here = standing(**pose)[BLAZEPOSE33.flip_indices] * (1, -1, 1)
    mirrored, _ = solved(here)
    angles, _ = solved(standing(**pose))
    for name in JOINT_NAMES[1:]:
        other = name if 'head' in name else {'l': 'r', 'r': 'l'}[name[0]] + name[1:]
        # The head turns about x and z in the middle, and both hips have z the same way.
        sign = -1 if name in ('r_head', 'y_head', 'l_y_hip', 'r_y_hip') else 1
        assert mirrored[other] == pytest.approx(sign * angles[name], abs=1e-6), name


def test_known_poses_have_the_angles_that_one_expects() -> None:
    # Whoever stands has all at zero, an arm to the side only p, a forearm forward only the elbow.
    assert_near(solved(standing())[0], dict.fromkeys(JOINT_NAMES, 0.0))
    names = BLAZEPOSE33.joint_names
    here = standing()
    left_arm = [names.index(f'left_{part}') for part in ('shoulder', 'elbow', 'wrist')]
    right_leg = [names.index(f'right_{part}') for part in ('hip', 'knee', 'ankle')]
    here[left_arm] = here[left_arm[0]] + np.array([[0, 0, 0], [0, 0.2, 0], [0, 0.4, 0]])
    here[right_leg] = here[right_leg[0]] + np.array([[0, 0, 0], [0.2, 0, 0], [0.2, 0, -0.2]])
    wanted = {'l_p_shoulder': np.pi / 2, 'l_elbow': 0.0, 'l_y_shoulder': 0.0, 'r_y_hip': 0.0}
    # Who sits has a thigh forward: twice what the URDF allows r_hip.
    wanted |= {'r_r_hip': np.pi / 2, 'r_p_hip': 0.0, 'r_knee': -np.pi / 2}
    assert_near(solved(here)[0], wanted)


def test_knees_and_elbows_never_bend_backwards() -> None:
    pose = {'l_p_shoulder': 1.5, 'l_elbow': 1.0, 'l_r_shoulder': 3.1, 'r_knee': 0.4}
    angles, _ = solved(standing(**pose))
    # The thigh and the upper arm stay; and neither leg nor arm is turned round for it.
    assert_near(angles, {'l_p_shoulder': 1.5, 'r_knee': 0.0, 'r_y_hip': 0.0, 'r_r_hip': 0.0})
    assert 0 <= angles['l_elbow'] < 0.2
    assert abs(angles['l_r_shoulder']) < 1.71


def test_what_is_not_seen_has_no_angle() -> None:
    angles, _ = solved(standing(), hidden=('left_wrist', 'right_elbow', 'left_hip', 'nose'))
    unknown = {name for name, angle in angles.items() if np.isnan(angle)}
    assert unknown == {
        *('r_head', 'y_head', 'p_head', 'l_r_shoulder', 'l_elbow'),
        *('r_y_shoulder', 'r_p_shoulder', 'r_r_shoulder', 'r_elbow'),
        *('l_y_hip', 'l_p_hip', 'l_r_hip', 'l_knee'),
    }
    nothing, deviations = solved(standing(), axes=np.full((3, 3), np.nan))
    assert np.isnan([*nothing.values(), *deviations.values()]).all()
    vague, _ = solved(standing(), sigma_m=0.2)
    assert [name for name, angle in vague.items() if np.isfinite(angle)] == ['waist']


def test_turns_that_do_not_show_keep_still_and_are_told_as_unsure() -> None:
    random, sigma_m = np.random.default_rng(1), 0.005
    rows = [BLAZEPOSE33.index(name) for name in ARMS_AND_LEGS]
    drawn, free = [], []
    for _ in range(100):
        noisy = standing() + random.normal(scale=sigma_m, size=(33, 3))
        angles, deviations = solved(noisy, sigma_m=sigma_m)
        drawn.append([angles[name] for name in ('l_y_shoulder', 'l_r_shoulder', 'l_y_hip')])
        undrawn, _ = solved(noisy, sigma_m=1e-9)
        free.append([undrawn[name] for name in ('l_y_shoulder', 'l_r_shoulder', 'l_y_hip')])
        assert deviations['l_r_shoulder'] > 3 * deviations['l_elbow']
        # And the arms and legs hang as straight as their joints are told to.
        assert np.sqrt(((standing(**angles) - standing())[rows] ** 2).mean()) < 4 * sigma_m
    assert (np.std(drawn, axis=0) < 0.9 * np.std(free, axis=0)).all()


def test_deviations_are_those_of_noisy_joints() -> None:
    random, sigma_m = np.random.default_rng(2), 0.004
    pose = {'l_p_shoulder': 1.2, 'l_y_shoulder': 0.5, 'l_r_shoulder': -0.4, 'l_elbow': 1.3}
    pose |= {'r_r_hip': 0.4, 'r_p_hip': 0.2, 'r_y_hip': 0.1, 'r_knee': -1.0, 'y_head': 0.5}
    _, deviations = solved(standing(**pose), sigma_m=sigma_m)
    tried = [
        solved(standing(**pose) + random.normal(scale=sigma_m, size=(33, 3)), sigma_m=1e-9)[0]
        for _ in range(400)
    ]
    for name in (*pose, 'r_head', 'p_head'):
        told = np.std([angles[name] for angles in tried])
        assert deviations[name] == pytest.approx(told, rel=0.2), name


def test_a_doubtful_distance_of_the_whole_person_makes_no_angle_doubtful() -> None:
    ray = np.array([0.1, 0.0, 1.0])
    own, along = np.diag([0.0004, 0.0004, 0.0]), np.outer(ray, ray)
    joint, body = (own + 0.0425 * along)[None, None], (own + 0.04 * along)[None]
    left = 2 / APART**2 * apart(joint, body)[0, 0]
    assert np.sqrt(ray @ left @ ray) / np.linalg.norm(ray) == pytest.approx(0.05, rel=0.1)
    np.testing.assert_allclose(np.linalg.eigvalsh(left)[:2], 0.0004, rtol=0.1)


def test_nobody_has_no_angles() -> None:
    empty = joint_angles(
        np.zeros((0, 17, 3)),
        np.zeros((0, 17, 3, 3)),
        np.zeros((0, 3, 3)),
        np.zeros((0, 3, 3)),
        np.zeros((0, 17), bool),
        COCO17,
    )
    assert empty.angles.shape == empty.deviations.shape == (0, 20)
