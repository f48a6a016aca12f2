"""People followed from image to image: tracks begin, move, are matched, and learn what is seen."""

from dataclasses import replace

import numpy as np

from ros_vision_perception.core import filters, flips, ranges
from ros_vision_perception.core.association import match_tracks
from ros_vision_perception.core.body_prior import Body
from ros_vision_perception.core.depth import Depths
from ros_vision_perception.core.evidence import Expected, claims
from ros_vision_perception.core.geometry import covered_shares, in_image
from ros_vision_perception.core.human import JointState, TrackState
from ros_vision_perception.core.identity import doubt, doubt_newcomers, give_way, judge
from ros_vision_perception.core.looks import learn, looks_ratio, of_length, unknown_looks
from ros_vision_perception.core.masks import BoxMask
from ros_vision_perception.core.ranges import Guesses
from ros_vision_perception.core.rows import join, take
from ros_vision_perception.core.scene import People, Sightings
from ros_vision_perception.core.tracks import NEVER, Tracks
from ros_vision_perception.core.types import Observation
from ros_vision_perception.core.visibility import Belief

# Existence of a new track per person score, and that below which a track ends.
_BIRTH, _FORGOTTEN = 0.5, 0.1
# Poses with a lower score may be anything: they keep tracks alive but never begin one.
_STRONG = 0.6
# A view is good enough to learn what somebody looks like from this share of joints seen on, and
# while others lie over at most this share of the person's box.
_CLEAR_SHARE, _ALONE = 0.2, 0.1
# Size changes slowly: a half-hidden person does not shrink.
_SCALE_MEMORY_S = 1.0
# Masks are hardly ever right to the pixel.
_MIN_TOLERANCE_PX = 1.5


def predict(tracks: Tracks, body: Body, dt_s: float) -> Tracks:
    """Move everyone who is not forgotten on by `dt_s` seconds."""
    kept = tracks.existence >= _FORGOTTEN
    tracks = tracks if kept.all() else take(tracks, kept)
    motion = filters.predict(tracks.motion, body, tracks.scales, dt_s)
    shift = (motion.positions_xy - tracks.motion.positions_xy).sum(axis=1) / len(body.sigmas)
    return replace(
        tracks,
        motion=motion,
        ranges=ranges.predict(tracks.ranges, body, dt_s),
        boxes_xyxy=tracks.boxes_xyxy + shift[:, [0, 1, 0, 1]],
        shifts=tracks.shifts + shift,
    )


def match(
    tracks: Tracks, people: People, body: Body, image_size: tuple[int, int], stamp_ns: int
) -> tuple[Tracks, np.ndarray, np.ndarray]:
    """Find for each track the person who belongs to it.

    Returns:
        The tracks, with the doubts that the match leaves; the (T,) index of the person, -1 for
        nobody; and the (T, N) log-likelihood ratios by which tracks claim people.
    """
    if people.appearances is not None:
        tracks = replace(tracks, looks=of_length(tracks.looks, people.appearances.shape[1]))
    expected = Expected(
        positions_xy=tracks.motion.positions_xy,
        variances=tracks.motion.position_variances,
        boxes_xyxy=tracks.boxes_xyxy,
        scales=tracks.scales,
        existence=tracks.existence,
        looks=tracks.looks,
        masks=tracks.masks,
        shifts=tracks.shifts,
        unseen_s=(stamp_ns - tracks.updated_ns) * 1e-9,
    )
    ratios = claims(expected, people, body.sigmas, image_size)
    is_newcomer = tracks.states == int(TrackState.TENTATIVE)
    ratios = give_way(ratios, tracks.ids, is_newcomer, tracks.doubts)
    rows = match_tracks(ratios, people.person_scores >= _STRONG)
    return replace(tracks, doubts=doubt(tracks.doubts, tracks.ids, ratios, rows)), rows, ratios


def admit(
    tracks: Tracks,
    people: People,
    rows: np.ndarray,
    ratios: np.ndarray,
    body: Body,
    next_id: int,
    stamp_ns: int,
) -> tuple[Tracks, np.ndarray]:
    """Begin a track for each person who belongs to none and is no weak detection.

    Args:
        tracks: T tracks.
        people: N people.
        rows: (T,) the person of each track, -1 for nobody.
        ratios: (T, N), how far each track claims each person.
        body: of the skeleton.
        next_id: the first id that was never used.
        stamp_ns: time of the image.

    Returns:
        All tracks, and for each the person who belongs to it.
    """
    is_new = people.person_scores >= _STRONG
    is_new[rows[rows >= 0]] = False
    if not is_new.any():
        return tracks, rows
    new = np.flatnonzero(is_new)
    joints_xy, scales = people.keypoints_xy[new], people.scales[new]
    missing = np.flatnonzero(rows < 0)
    begun = Tracks(
        ids=next_id + np.arange(len(new)),
        states=np.full(len(new), int(TrackState.TENTATIVE), np.uint8),
        born_ns=np.full(len(new), stamp_ns),
        updated_ns=np.full(len(new), stamp_ns),
        existence=_BIRTH * people.person_scores[new],
        doubts=doubt_newcomers(tracks.ids[missing], ratios[np.ix_(missing, new)]),
        looks=unknown_looks(len(new), tracks.looks.means.shape[1]),
        masks=np.full(len(new), None),
        shifts=np.zeros((len(new), 2)),
        scales=scales,
        boxes_xyxy=people.boxes_xyxy[new],
        motion=filters.begin(joints_xy, body, scales),
        joint_states=np.full(joints_xy.shape[:2], int(JointState.UNKNOWN), np.uint8),
        seen_ns=np.full(joints_xy.shape[:2], NEVER),
        ranges=ranges.unknown_ranges(len(new), body),
    )
    return join(tracks, begun), np.concatenate((rows, new))


def untangle(tracks: Tracks, people: People, body: Body, dt_s: float) -> tuple[Tracks, People]:
    """Undo where the pose model took left for right.

    Args:
        tracks: T tracks, predicted to the time of the image.
        people: T people, who belong to them.
        body: of the skeleton.
        dt_s: time since the last image.
    """
    motion, flipped = flips.undo_flips(
        tracks.motion, people.keypoints_xy, body, tracks.scales, dt_s
    )
    if motion is not tracks.motion:
        tracks = replace(tracks, motion=motion)
    if flipped.any():
        people = people.with_joints(flips.order_of(flipped, body))
    return tracks, people


def sight(
    tracks: Tracks, people: People, found: np.ndarray, body: Body, observation: Observation
) -> Sightings:
    """Bring together what is expected and what was detected.

    Args:
        tracks: T tracks, predicted to the time of the image.
        people: T people, who belong to them.
        found: (T,) bool, whether there is such a person.
        body: of the skeleton.
        observation: in which the people are.
    """
    detected = ~np.isnan(people.keypoints_xy[..., :1])
    positions = np.where(detected, people.keypoints_xy, tracks.motion.positions_xy)
    return Sightings(
        track_ids=tracks.ids,
        people=people,
        found=found,
        predicted_xy=tracks.motion.positions_xy,
        predicted_variances=tracks.motion.position_variances,
        positions_xy=positions,
        in_image=in_image(positions, observation.image_size),
        tolerances=np.maximum(body.sigmas * tracks.scales[:, None], _MIN_TOLERANCE_PX),
        scales=tracks.scales,
        image_size=observation.image_size,
        looked=observation.keypoints is not None,
    )


def observe(
    tracks: Tracks, sightings: Sightings, belief: Belief, body: Body, stamp_ns: int, dt_s: float
) -> Tracks:
    """Take in where the people who were found are, and which of their joints were seen."""
    people, found = sightings.people, sightings.found
    visible = belief.states == int(JointState.VISIBLE)
    gap_s = (stamp_ns - tracks.updated_ns) * 1e-9
    visible_share = visible.sum(axis=1) / visible.shape[1]
    trust = (1 - np.exp(-gap_s / _SCALE_MEMORY_S)) * visible_share
    growth = np.where(found, people.scales / tracks.scales, 1.0)
    boxes_xyxy = np.where(found[:, None], people.boxes_xyxy, tracks.boxes_xyxy)
    return replace(
        tracks,
        updated_ns=np.where(found, stamp_ns, tracks.updated_ns),
        masks=np.where(found, _as_array(people.masks), tracks.masks),
        shifts=np.where(found[:, None], 0.0, tracks.shifts),
        scales=tracks.scales * growth**trust,
        boxes_xyxy=boxes_xyxy,
        motion=filters.absorb(
            tracks.motion, people.keypoints_xy, belief.probabilities, body, tracks.scales, dt_s
        ),
        joint_states=np.where(found[:, None], belief.states, tracks.joint_states),
        seen_ns=np.where(visible, stamp_ns, tracks.seen_ns),
    )


def recognise(tracks: Tracks, sightings: Sightings, belief: Belief, since_s: float) -> Tracks:
    """Learn what people look like from clear views, and judge who they are by it.

    Args:
        tracks: of everyone, where they were just seen.
        sightings: in which people are described.
        belief: why each of their joints is seen or not.
        since_s: time since people were last described.
    """
    visible_share = (belief.states == int(JointState.VISIBLE)).mean(axis=1)
    is_alone = covered_shares(tracks.boxes_xyxy) <= _ALONE
    is_clear = sightings.found & (visible_share >= _CLEAR_SHARE) & is_alone
    appearances = sightings.people.appearances
    if appearances is None or not is_clear.any():
        return tracks
    looks = tracks.looks
    doubts = judge(tracks.doubts, tracks.ids, looks_ratio(looks, appearances), is_clear, since_s)
    return replace(tracks, doubts=doubts, looks=learn(looks, appearances, is_clear, since_s))


def _as_array(masks: tuple[BoxMask | None, ...]) -> np.ndarray:
    array = np.empty(len(masks), object)
    array[:] = masks
    return array


def range_in(
    tracks: Tracks, belief: Belief, depths: Depths, guesses: Guesses, dt_s: float
) -> Tracks:
    """Take in how far away people are, joint by joint where the joint itself is seen."""
    visible = belief.states == int(JointState.VISIBLE)
    measured = np.where(visible, depths.joints_m, np.nan)
    known = ranges.observe(tracks.ranges, measured, depths.variances, guesses, dt_s)
    return tracks if known is tracks.ranges else replace(tracks, ranges=known)
