"""Lets a robot slow down and stop for people in its way.

Takes velocities on `cmd_vel_in` and people on `humans`, and gives `cmd_vel`, never faster ahead
than it can stop before whoever may be in the way. The camera looks ahead. Whoever is hidden is
there until seen elsewhere; without fresh news of people, and of people without a distance, it
stops.

    python3 examples/slow_for_people.py --ros-args -r cmd_vel_in:=nav_vel
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import math

from geometry_msgs.msg import Twist
import numpy as np
import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node

from ros_vision_perception.core.errors import FrameError
from ros_vision_perception.core.human import HumanState, TrackState
from ros_vision_perception.core.prediction import reach_m
from ros_vision_perception.msg import HumanStateArray
from ros_vision_perception.nodes.conversions.humans import humans_from_msg

# The robot: half its width and how far ahead of the camera it begins, m; how it brakes, m/s^2, and
# how late, s.
HALF_WIDTH_M, FRONT_M, BRAKE, REACTION_S = 0.4, 0.3, 1.0, 0.3
# Older news is no news; somebody who vanished while hidden is expected for so long, s.
STALE_S, PATIENCE_S = 0.5, 10.0
# Hypotheses that are less likely are left out, and so is who is hardly there.
UNLIKELY, ABSENT = 0.1, 0.1
_BODY_M, _MOST_UNSURE_M = 0.3, 0.5
_HIDDEN = (TrackState.OCCLUDED, TrackState.LOST)


@dataclass(frozen=True)
class Remembered:
    """Somebody, and when they were last told of."""

    human: HumanState
    stamp_ns: int


def remember(
    memory: Mapping[int, Remembered], people: Sequence[HumanState], stamp_ns: int
) -> dict[int, Remembered]:
    """Return everyone who is told of, and who was hidden when the last news of them came."""
    kept = {
        track_id: known
        for track_id, known in memory.items()
        if known.human.track_state in _HIDDEN and 0 <= stamp_ns - known.stamp_ns < PATIENCE_S * 1e9
    }
    return kept | {human.track_id: Remembered(human, stamp_ns) for human in people}


def speed_limit(
    memory: Mapping[int, Remembered], stamp_ns: int | None, now_ns: int
) -> tuple[float, str]:
    """Return how fast the robot may go ahead, m/s, and why not faster, '' for no reason.

    Args:
        memory: of everyone who may be there.
        stamp_ns: of the latest image of which the people are known; None before the first.
        now_ns: on the same clock.
    """
    if stamp_ns is None or now_ns - stamp_ns > STALE_S * 1e9:
        return 0.0, 'no fresh news of people'
    limit, reason = math.inf, ''
    for known in memory.values():
        human, waited_s = known.human, (now_ns - known.stamp_ns) * 1e-9
        if human.existence_probability < ABSENT:
            continue
        name = f'person {human.track_id}'
        if human.track_state in _HIDDEN:
            name += ', who is hidden'
        if not human.has_3d:
            return 0.0, f'{name}: nobody knows how far away'
        allowed = stopping_speed(gap_m(human, waited_s))
        if allowed < limit:
            limit, reason = allowed, name
    return limit, reason


def gap_m(human: HumanState, seconds: float) -> float:
    """Return how far ahead the way is free of somebody, m; infinity when they are beside it.

    Args:
        human: of whom the position is known.
        seconds: since the image.
    """
    now = human.position_m, reach_m(human, seconds)
    later = [
        (place, _BODY_M + min(2 * float(np.sqrt(covariance[0, 0])), _MOST_UNSURE_M))
        for path in human.predicted_paths
        if path.confidence >= UNLIKELY
        for place, covariance in zip(path.positions_m, path.covariances, strict=True)
    ]
    gaps = [
        max(float(place[2]) - radius - FRONT_M, 0.0)
        for place, radius in (now, *later)
        if abs(place[0]) < HALF_WIDTH_M + radius and place[2] > -radius
    ]
    return min(gaps, default=math.inf)


def stopping_speed(distance_m: float) -> float:
    """Return from which speed, m/s, the robot stops within a distance.

    The way is `v t + v^2 / (2 b)`, with the reaction time t and the braking b.
    """
    late = BRAKE * REACTION_S
    return math.sqrt(late**2 + 2 * BRAKE * distance_m) - late


class SlowForPeople(Node):  # type: ignore[misc]
    """Passes velocities on, as fast as people allow."""

    def __init__(self) -> None:
        """Stop until people are known of, and until somebody wants to move."""
        super().__init__('slow_for_people')
        self._memory: dict[int, Remembered] = {}
        self._stamp_ns: int | None = None
        self._wanted, self._wanted_ns, self._reason = Twist(), 0, ''
        self._publisher = self.create_publisher(Twist, 'cmd_vel', 1)
        self.create_subscription(HumanStateArray, 'humans', self._on_humans, 1)
        self.create_subscription(Twist, 'cmd_vel_in', self._on_wanted, 1)
        self.create_timer(0.05, self._publish)

    def _on_humans(self, message: HumanStateArray) -> None:
        try:
            humans = humans_from_msg(message)
        except FrameError as error:
            self.get_logger().error(f'no news of people: {error}')
            return
        self._memory = remember(self._memory, humans.people, humans.stamp_ns)
        self._stamp_ns = humans.stamp_ns

    def _on_wanted(self, message: Twist) -> None:
        self._wanted, self._wanted_ns = message, self.get_clock().now().nanoseconds

    def _publish(self) -> None:
        now_ns = self.get_clock().now().nanoseconds
        limit, reason = speed_limit(self._memory, self._stamp_ns, now_ns)
        is_wanted = now_ns - self._wanted_ns < STALE_S * 1e9
        command = Twist()
        if is_wanted:
            command.linear.x = min(self._wanted.linear.x, limit)
            command.angular.z = self._wanted.angular.z if limit > 0 else 0.0
        slows = reason if is_wanted and command.linear.x < self._wanted.linear.x else ''
        if slows != self._reason:
            self.get_logger().info(f'slower: {slows}' if slows else 'the way is free')
        self._reason = slows
        self._publisher.publish(command)


def main() -> None:
    """Run until interrupted."""
    rclpy.init()
    try:
        rclpy.spin(SlowForPeople())
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        rclpy.try_shutdown()


if __name__ == '__main__':
    main()
