"""Segmentation with two networks: one that tells things apart, and one that knows stuff."""

from collections.abc import Collection

from ros_vision_perception.core.panoptic import merge
from ros_vision_perception.core.types import Frame, InstanceMasks
from ros_vision_perception.pipeline.segmentation import SegmentationPipeline
from ros_vision_perception.pipeline.stages import Stages


class PanopticSegmentation:
    """Gives masks that share no pixel, of things and of stuff, each with its class."""

    def __init__(
        self,
        things: SegmentationPipeline,
        thing_names: Collection[str],
        regions: SegmentationPipeline,
        model_name: str,
    ) -> None:
        """Merge what `things`, which may find `thing_names`, and `regions` find."""
        self.model_name = model_name
        self._things = things
        self._thing_names = frozenset(thing_names)
        self._regions = regions

    def segment(self, frame: Frame, stages: Stages) -> InstanceMasks:
        """Return the masks in the frame."""
        things, regions = (part.segment(frame, stages) for part in (self._things, self._regions))
        with stages('decode'):
            return merge(things, regions, self._thing_names)
