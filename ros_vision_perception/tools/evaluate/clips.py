"""What `evaluate occlusion` looks at: frames, and how to get the truth about each."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.core.skeleton import Skeleton
from ros_vision_perception.core.types import Frame, Keypoints
from ros_vision_perception.pipeline.pose import PosePipeline
from ros_vision_perception.pipeline.stages import no_stages
from ros_vision_perception.tools.demo import cutouts
from ros_vision_perception.tools.demo.scene import FPS, PERIOD_FRAMES, Scene
from ros_vision_perception.tools.evaluate import coco
from ros_vision_perception.tools.evaluate.clean import pseudo_truths
from ros_vision_perception.tools.evaluate.photos import Photo, read_photos
from ros_vision_perception.tools.evaluate.synthetic import stage, stage_photo
from ros_vision_perception.tools.sources import from_video
from ros_vision_perception.tools.truth import Truth

# Of the demo's scene, every second frame is enough.
_SCENE_STEP = 2
_NANOSECONDS = 1e9
# From what a model says about a frame to the truth about it, in the model's skeleton.
TruthOf = Callable[[Keypoints], Truth]


@dataclass(frozen=True)
class Clip:
    """Frames of one stream, each with its truth.

    Attributes:
        name: for people.
        count: how many frames, about.
        frames: yields them.
    """

    name: str
    count: int
    frames: Callable[[], Iterator[tuple[Frame, TruthOf]]]


def scene_clip(skeleton: Skeleton) -> Clip:
    """Return the demo's scene, in which people pass each other, a counter and a pillar."""

    def frames() -> Iterator[tuple[Frame, TruthOf]]:
        scene = Scene()
        for number in range(0, PERIOD_FRAMES, _SCENE_STEP):
            image, truth = scene.frame(number)
            yield _frame(image, number / FPS), _always(truth.in_skeleton(skeleton))

    return Clip('scene', PERIOD_FRAMES // _SCENE_STEP, frames)


def video_clips(
    path: Path, pose: PosePipeline, seeds: Sequence[int], most_frames: int | None
) -> list[Clip]:
    """Return a video with occluders laid over it, a clip per seed.

    The pose model first sees it without.

    Raises:
        ConfigurationError: when the video cannot be read, or nobody is found in it.
    """
    source = from_video(path)
    pose.reset()
    clean = [
        pose.estimate(_frame(image, number / source.fps), no_stages)
        for number, image in enumerate(islice(source.frames(), most_frames))
    ]
    truths = pseudo_truths(clean)
    if not truths or not len(truths[0].states):
        raise ConfigurationError(f'{pose.model_name} finds nobody in {path}')
    size = clean[0].image_size

    def frames(seed: int) -> Iterator[tuple[Frame, TruthOf]]:
        staging = stage(truths, size, source.fps, passers_by(), seed)
        for number, (image, truth) in enumerate(zip(source.frames(), truths, strict=False)):
            staged = _frame(staging.image(image, number), number / source.fps)
            yield staged, _always(staging.truth(truth, number))

    return [Clip(f'{source.name} {seed}', len(truths), partial(frames, seed)) for seed in seeds]


def photo_clips(annotations: Path, images: Path) -> list[Clip]:
    """Return annotated photographs, each a clip of one frame."""

    def frames(photo: Photo) -> Iterator[tuple[Frame, TruthOf]]:
        yield (
            coco.read_frame(photo.path),
            lambda found: photo.truth(found.skeleton, found),
        )

    photos = read_photos(annotations, images)
    return [Clip(photo.path.stem, 1, partial(frames, photo)) for photo in photos]


def staged_photo_clips(
    annotations: Path, images: Path, skeleton: Skeleton, seeds: Sequence[int]
) -> list[Clip]:
    """Return the photographs with annotated joints, once per seed, with occluders over them."""

    def frames(photo: Photo, photo_seed: tuple[int, int]) -> Iterator[tuple[Frame, TruthOf]]:
        frame = coco.read_frame(photo.path)
        truth = photo.truth(skeleton, Keypoints.empty(skeleton, frame.size))
        staging = stage_photo(truth, frame.size, passers_by(), photo_seed)
        yield _frame(staging.image(frame.pixels, 0), 0.0), _always(staging.truth(truth, 0))

    photos = [photo for photo in read_photos(annotations, images) if photo.joints is not None]
    return [
        Clip(f'{photo.path.stem} {seed}', 1, partial(frames, photo, (seed, number)))
        for seed in seeds
        for number, photo in enumerate(photos)
    ]


def passers_by() -> Sequence[cutouts.Cutout]:
    """Return the people of scikit-image's photographs, who may pass in front of others."""
    return cutouts.astronaut(), cutouts.astronaut_in_blue(), cutouts.cameraman()


def _frame(image: np.ndarray, time_s: float) -> Frame:
    return Frame(image, 'bgr8', round(time_s * _NANOSECONDS))


def _always(truth: Truth) -> TruthOf:
    return lambda _: truth
