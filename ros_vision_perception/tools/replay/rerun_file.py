"""A file for the viewer of Rerun: pictures, joints in them, people in space, by stamp."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.core.human import HumanState, JointState, TrackState
from ros_vision_perception.nodes.conversions.images import bgr_from_frame
from ros_vision_perception.nodes.conversions.rotations import quaternion_to_msg
from ros_vision_perception.nodes.result_messages import Answer
from ros_vision_perception.render.figures import Figure, figure
from ros_vision_perception.render.overlay import draw_overlay
from ros_vision_perception.render.palette import STATE_COLORS

CAMERA, SPACE, STAMP = 'camera', 'space', 'stamp'
_JPEG_QUALITY = 85
_PALETTE = np.array([STATE_COLORS[state] for state in sorted(JointState)], np.uint8)
_JOINT_PX = 2.0
_JOINT_M, _BONE_M, _PATH_M = 0.025, 0.0125, 0.01


def require() -> Any:
    """Return the module `rerun`; raises ConfigurationError where it is not installed."""
    try:
        import rerun
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f'--rerun needs rerun-sdk: no module {error.name}; cure: pip install rerun-sdk'
        ) from error
    return rerun


@contextmanager
def recording(path: Path | None, name: str) -> Iterator[Callable[[Answer], None]]:
    """Give what adds a result to the file at `path`, which appears when it is whole.

    Without a path nothing is recorded. `name` is what the viewer calls the recording.

    Raises:
        ConfigurationError: when it cannot be written, or `rerun` is not installed.
    """
    if path is None:
        yield lambda _answer: None
        return
    begun = path.with_name(f'.begun.{path.name}')
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        begun.touch()
    except OSError as error:
        raise ConfigurationError(f'{path} cannot be written: {error.strerror}') from error
    try:
        scene = _Scene(require(), begun, name)
        try:
            yield scene.add
        finally:
            scene.close()
        begun.replace(path)
    finally:
        begun.unlink(missing_ok=True)


class _Scene:
    """What was logged so far: an entity that has nothing to show any more is cleared."""

    def __init__(self, rerun: Any, path: Path, name: str) -> None:
        self._rerun = rerun
        views = rerun.blueprint
        self._stream = rerun.RecordingStream('ros_vision_perception', recording_id=name)
        self._stream.save(
            path,
            views.Blueprint(
                views.Horizontal(
                    views.Spatial2DView(origin=CAMERA), views.Spatial3DView(origin=SPACE)
                )
            ),
        )
        # x right, y down, z ahead, as of a camera.
        self._stream.log(SPACE, rerun.ViewCoordinates.RDF, static=True)
        self._shown: set[str] = set()

    def add(self, answer: Answer) -> None:
        """Log one result."""
        humans = answer.result.humans
        self._stream.set_time(STAMP, timestamp=np.datetime64(answer.origin.stamp_ns, 'ns'))
        picture = draw_overlay(bgr_from_frame(answer.frame), humans)
        _, jpeg = cv2.imencode('.jpg', picture, (cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY))
        image = self._rerun.EncodedImage(contents=jpeg.tobytes(), media_type='image/jpeg')
        entities = {f'{CAMERA}/overlay': image}
        for human in humans.people:
            if human.track_state != TrackState.LOST:
                entities |= self._in_image(human)
                person = figure(human, humans.skeleton)
                entities |= {} if person is None else self._in_space(person)
        for entity in sorted(self._shown - entities.keys()):
            self._stream.log(entity, self._rerun.Clear(recursive=False))
        for entity, shape in entities.items():
            self._stream.log(entity, shape)
        self._shown = set(entities)

    def close(self) -> None:
        """Finish the file."""
        self._stream.flush()
        self._stream.disconnect()

    def _in_image(self, human: HumanState) -> dict[str, Any]:
        known = np.isfinite(human.joints.keypoints_xy).all(axis=1)
        points = self._rerun.Points2D(
            human.joints.keypoints_xy[known],
            colors=_PALETTE[human.joints.states[known]],
            radii=_JOINT_PX,
        )
        return {f'{CAMERA}/{human.track_id}/joints': points}

    def _in_space(self, person: Figure) -> dict[str, Any]:
        rerun, shapes = self._rerun, person.ellipsoids
        turns = [quaternion_to_msg(axes) for axes in shapes.axes]
        weights = np.rint(255 * np.array(person.path_weights)).astype(np.uint8)
        path_color = _PALETTE[JointState.PREDICTED]
        drawn = {
            'joints': rerun.Points3D(
                person.joints_m, colors=_PALETTE[person.joint_states], radii=_JOINT_M
            ),
            # Half of each bone belongs to each of its joints.
            'bones': rerun.LineStrips3D(
                _halves(person.bones_m),
                colors=_PALETTE[person.bone_states.T.ravel()],
                radii=_BONE_M,
            ),
            'covariances': rerun.Ellipsoids3D(
                centers=shapes.centers_m,
                half_sizes=shapes.radii_m,
                quaternions=[(turn.x, turn.y, turn.z, turn.w) for turn in turns],
                colors=_PALETTE[shapes.states],
            ),
            'label': rerun.Points3D([person.label_m], labels=[person.label], radii=0.0),
            'paths': rerun.LineStrips3D(
                list(person.paths_m),
                colors=[(*path_color.tolist(), weight) for weight in weights.tolist()],
                radii=_PATH_M,
            ),
        }
        return {f'{SPACE}/{person.track_id}/{name}': shape for name, shape in drawn.items()}


def _halves(bones_m: np.ndarray) -> np.ndarray:
    """Return (2 B, 2, 3): of all bones first the halves at one end, then those at the other."""
    middles = bones_m.mean(axis=1)
    return np.concatenate([np.stack((bones_m[:, end], middles), axis=1) for end in (0, 1)])
