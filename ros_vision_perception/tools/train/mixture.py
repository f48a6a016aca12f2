"""Windows that are made up and such that are recorded, together."""

from dataclasses import replace

import numpy as np

from ros_vision_perception.tools.train.samples import Samples, join

# No recorded window counts more often than this: few of them would be learned by heart.
_MOST = 10.0


def mixed(made_up: Samples, recorded: Samples, share: float) -> Samples:
    """Return both, those that are made up first.

    Args:
        made_up: each counts once.
        recorded: they count so much each that together they are this share, ten times at most.
        share: in (0, 1).
    """
    wanted = share / (1 - share) * len(made_up.weights) / len(recorded.weights)
    weights = np.full(len(recorded.weights), min(wanted, _MOST))
    clips = recorded.clips + made_up.clips.max() + 1
    return join([made_up, replace(recorded, weights=weights, clips=clips)])
