"""Where the detector looks, and when."""

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np

from ros_vision_perception.core.types import Frame
from ros_vision_perception.pipeline.search import Search, search_levels

PIXELS = np.zeros((48, 64, 3), np.uint8)


def frame(time_s: float) -> Frame:
    return Frame(PIXELS, 'bgr8', round(time_s * 1e9))


@settings(deadline=None)
@given(width=st.integers(16, 4000), height=st.integers(16, 4000), side=st.floats(0.2, 1.0))
def test_tiles_cover_the_image_and_stay_inside(width: int, height: int, side: float) -> None:
    for level in search_levels((width, height), (side,))[1:]:
        assert level[:, :2].min() >= -0.5 - 1e-6
        assert (level[:, 2:] <= np.array([width, height]) - 0.5 + 1e-6).all()
        for axis, length in ((0, width), (1, height)):
            starts, ends = np.unique(level[:, axis]), np.unique(level[:, axis + 2])
            assert starts[0] == -0.5 and np.isclose(ends[-1], length - 0.5)
            # Neighbours overlap by nearly half, so that somebody fits into one of them.
            assert (starts[1:] - starts[:-1] <= 0.56 * (ends[0] - starts[0])).all()


def test_whole_image_comes_first_as_a_square_around_it() -> None:
    np.testing.assert_allclose(search_levels((640, 480), ())[0], [[-0.5, -80.5, 639.5, 559.5]])


def test_first_frame_is_searched_everywhere_but_with_the_smallest_tiles() -> None:
    search = Search(0.2, (1.0, 0.5))
    everywhere = np.concatenate(search_levels((64, 48), (1.0,)))
    np.testing.assert_array_equal(search.views(frame(5.0), anybody=False), everywhere)


def test_tile_in_which_something_moved_comes_first() -> None:
    search = Search(0.1, (0.5,))
    tiles = search_levels((64, 48), (0.5,))[1]
    moved = PIXELS.copy()
    moved[26:46, 42:62] = 200
    search.views(frame(0.0), anybody=True)
    due = search.views(Frame(moved, 'bgr8', 100_000_000), anybody=True)
    np.testing.assert_array_equal(due, tiles[-1:])


def test_every_second_look_returns_to_where_somebody_new_was_found() -> None:
    search = Search(0.1, (0.5,))
    search.views(frame(0.0), anybody=True)
    first = search.views(frame(0.1), anybody=True)
    search.look_again(first.reshape(1, 2, 2).mean(axis=1), 100_000_000)
    assert (search.views(frame(0.2), anybody=True) != first).any()
    np.testing.assert_array_equal(search.views(frame(0.3), anybody=True), first)


def test_while_somebody_is_followed_looks_are_one_square_and_rare() -> None:
    search = Search(0.2, (1.0, 0.5))
    search.views(frame(0.0), anybody=False)
    counts = [len(search.views(frame(i * 0.05), anybody=True)) for i in range(1, 41)]
    assert set(counts) == {0, 1}
    assert counts.count(1) == 10


def test_every_square_gets_its_turn() -> None:
    search = Search(0.1, (1.0, 0.5))
    levels = search_levels((64, 48), (1.0, 0.5))
    search.views(frame(0.0), anybody=False)
    seen = set()
    for i in range(1, 3 * max(map(len, levels)) + 1):
        seen |= {tuple(view) for view in search.views(frame(i * 0.1), anybody=True)}
    assert seen == {tuple(view) for view in np.concatenate(levels)}


def test_while_nobody_is_followed_the_whole_image_is_searched_in_each_frame() -> None:
    search = Search(10.0, (1.0,))
    search.views(frame(0.0), anybody=False)
    whole = search_levels((64, 48), ())[0][0]
    for i in range(1, 6):
        assert (search.views(frame(i * 0.01), anybody=False) == whole).all(axis=1).any()


def test_lost_person_is_searched_for_where_they_were_and_then_forgotten() -> None:
    search = Search(0.1, ())
    search.views(frame(0.0), anybody=False)
    around = np.array([[3.0, 4.0, 23.0, 24.0]])
    search.lose(around, 0)
    np.testing.assert_array_equal(search.views(frame(0.1), anybody=True)[0], around[0])
    assert len(search.views(frame(3.0), anybody=True)) == 1


def test_reset_begins_a_new_stream() -> None:
    search = Search(0.2, (1.0,))
    first = search.views(frame(9.0), anybody=False)
    search.reset()
    np.testing.assert_array_equal(search.views(frame(1.0), anybody=False), first)
