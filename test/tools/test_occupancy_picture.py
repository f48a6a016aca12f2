"""The picture of the grid in the documents shows what it says."""

import numpy as np
import pytest

pytest.importorskip('matplotlib', reason='needs matplotlib')

from ros_vision_perception.tools.occupancy_picture import GRID, scene, seen


def test_somebody_may_come_out_from_behind_the_pillar_but_is_not_where_the_camera_looks() -> None:
    looked, soon, late = seen(), scene(0.2), scene(2.0)
    ahead, left = np.moveaxis(GRID.places(), -1, 0)
    behind = (left > 0) & (ahead > 2.5) & (ahead < 6.0)
    hidden = behind & ~looked
    assert 0.02 < hidden[behind].mean() < 0.6
    assert late[behind & looked].max() < 0.01, 'of the one who walks'
    assert soon[hidden].max() > 0.5
    assert (late[hidden] > 0).sum() > 1.5 * (soon[hidden] > 0.002).sum()
