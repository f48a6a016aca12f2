"""Skeletons."""

import array
from itertools import chain
from typing import Any

from ros_vision_perception.core.skeleton import Skeleton
from ros_vision_perception.msg import Skeleton as SkeletonMsg


def skeleton_to_msg(skeleton: Skeleton) -> SkeletonMsg:
    """Return a skeleton as a message."""
    return SkeletonMsg(
        name=skeleton.name,
        joint_names=list(skeleton.joint_names),
        edge_from=array.array('H', (start for start, _ in skeleton.edges)),
        edge_to=array.array('H', (end for _, end in skeleton.edges)),
        flip_pairs=array.array('H', chain.from_iterable(skeleton.flip_pairs)),
        oks_sigmas=array.array('f', skeleton.oks_sigmas),
    )


def skeleton_from_msg(message: Any) -> Skeleton:
    """Return the skeleton in a message; raises ValueError when it contradicts itself."""
    pairs = list(message.flip_pairs)
    return Skeleton(
        name=message.name,
        joint_names=tuple(message.joint_names),
        edges=tuple(zip(message.edge_from, message.edge_to, strict=True)),
        flip_pairs=tuple(zip(pairs[::2], pairs[1::2], strict=True)),
        oks_sigmas=tuple(message.oks_sigmas),
    )
