"""The tables that the core learned, and the made-up rooms that it learned them from."""

import numpy as np

from ros_vision_perception.core.human import JointState
from ros_vision_perception.core.motion_shares import SHARES
from ros_vision_perception.core.visibility_weights import WEIGHTS
from ros_vision_perception.tools.fit import motion
from ros_vision_perception.tools.fit.command import table
from ros_vision_perception.tools.fit.rooms import rooms
from ros_vision_perception.tools.fit.runs import play, record
from ros_vision_perception.tools.fit.weights import fit


def test_rooms_follow_from_the_seed() -> None:
    (first,), (again,), (other,) = (list(rooms(1, seed)) for seed in (3, 3, 4))
    for (seen, truth), (seen_again, truth_again) in zip(first, again, strict=True):
        assert seen.keypoints is not None
        assert seen_again.keypoints is not None
        np.testing.assert_array_equal(
            seen.keypoints.keypoints_xy, seen_again.keypoints.keypoints_xy
        )
        np.testing.assert_array_equal(truth.states, truth_again.states)
    assert not np.array_equal(first[0][1].joints_xy, other[0][1].joints_xy)


def test_what_is_in_a_room_is_consistent() -> None:
    for clip in rooms(3, 0):
        for seen, truth in clip:
            inside = np.all(
                (truth.joints_xy > -0.5) & (truth.joints_xy < np.array(seen.image_size) - 0.5), -1
            )
            outside = truth.states == JointState.OUT_OF_IMAGE
            np.testing.assert_array_equal(outside, ~inside)
            assert (
                (truth.occluders >= 0) <= (truth.states == JointState.OCCLUDED_BY_PERSON)
            ).all()


def test_a_fit_finds_what_speaks_for_what() -> None:
    rng = np.random.default_rng(0)
    causes = rng.integers(0, 5, 4000)
    evidence = rng.normal(0.0, 0.1, (len(causes), len(WEIGHTS)))
    names = list(WEIGHTS)
    evidence[:, 0] = 1.0
    evidence[:, names.index('behind_object')] += causes == 3
    evidence[:, names.index('jumped')] += 0.3 * (causes != 0)
    weights = fit([evidence], [causes])
    assert weights['behind_object'][3] > 3
    assert weights['jumped'][0] < -0.5
    # Bounded, and silent where it can say nothing.
    assert max(np.abs(row).max() for row in weights.values()) <= 6.0
    assert not weights['behind_object'][[0, 1, 2, 4]].any()


def test_the_table_in_the_package_is_written_as_the_command_writes_it() -> None:
    arrays = {name: np.array(row) for name, row in WEIGHTS.items()}
    source = table(arrays, 'fit visibility')
    namespace: dict[str, dict[str, tuple[float, ...]]] = {}
    exec(source, namespace)
    assert namespace['WEIGHTS'] == WEIGHTS


def test_shares_of_variance_are_found_again() -> None:
    rng = np.random.default_rng(0)
    parts = rng.uniform(0.1, 2.0, (20000, 3))
    spread = np.sqrt(parts @ np.array([0.3, 0.9, 0.2]))
    # Student's distribution: a Gaussian whose variance is unsure.
    heavy = np.sqrt(4.0 / rng.chisquare(4.0, len(parts)))
    errors = rng.standard_normal((len(parts), 2)) * (spread * heavy)[:, None]
    np.testing.assert_allclose(
        motion.most_likely(parts, (errors**2).sum(axis=1)), [0.3, 0.9, 0.2], rtol=0.25
    )


def test_people_of_rooms_are_followed_by_the_filter_alone() -> None:
    groups = record(rooms(6, 0))
    assert groups
    for runs in groups:
        played = play(runs)
        assert played.variances.shape == runs.detected_xy.shape[:3]
        known = np.isfinite(played.squared)
        assert known.any()
        assert (played.variances[known] > 0).all()
        # A quarter of a body away would be somebody else.
        assert np.median(np.sqrt(played.squared[known])) < 0.25
    shares = motion.calibrate(groups)
    assert all(0 < share < 10 for share in shares.values())


def test_the_shares_in_the_package_are_written_as_the_command_writes_them() -> None:
    namespace: dict[str, dict[str, float]] = {}
    exec(motion.table(SHARES, 'fit motion'), namespace)
    assert namespace['SHARES'] == SHARES
