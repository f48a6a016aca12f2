"""The timeline in the documents shows what athletes did who were made up."""

import pytest

pytest.importorskip('matplotlib', reason='needs matplotlib')

from ros_vision_perception.pipeline.activity import load_activity
from ros_vision_perception.tools.timeline.totals import totals
from ros_vision_perception.tools.timeline_picture import scene


def test_made_up_athletes_jump_kick_and_run() -> None:
    classify = load_activity('built-in')
    assert classify is not None
    every = totals(scene(classify), 1.0)
    assert [total.track_id for total in every] == [1, 2, 3, 4]
    counts = sum((total.counts for total in every), every[0].counts)
    assert {'jumping', 'kicking', 'running', 'walking'} <= set(counts)
