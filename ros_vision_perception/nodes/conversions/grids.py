"""Probabilities on the ground as maps; the module `nav_msgs` is given."""

from array import array
from types import ModuleType
from typing import Any

import numpy as np

from ros_vision_perception.core.occupancy import Grid


def grid_to_msg(nav_msgs: ModuleType, grid: Grid, probabilities: np.ndarray, header: Any) -> Any:
    """Return an OccupancyGrid of probabilities (cells, cells), in percent, at height 0."""
    message = nav_msgs.OccupancyGrid(header=header)
    info = message.info
    info.map_load_time = header.stamp
    info.resolution, info.width, info.height = grid.resolution_m, grid.cells, grid.cells
    info.origin.position.x, info.origin.position.y = grid.corner_m.tolist()
    percent = np.rint(100 * probabilities).astype(np.int8)
    message.data = array('b', percent.tobytes())
    return message
