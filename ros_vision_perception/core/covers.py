"""Which mask lies over which joint, and who of two people is in front."""

from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core.geometry import in_image
from ros_vision_perception.core.masks import look_up, nearest_pixels
from ros_vision_perception.core.scene import Sightings, Surroundings

# Log-odds of being in front: per person height that the feet are lower in the image, per doubling
# of the size, for joints lying on the other's mask, and per metre nearer.
FRONT_WEIGHTS = {'feet_lower': 6.0, 'larger': 1.5, 'joints_on_mask': 4.0, 'nearer': 8.0}
# Whatever else the segmentation outlines is in front of a joint that it covers, unless the
# person's own mask shows the opposite.
_THING_IN_FRONT = 0.7
_MAX_LOG_ODDS = 5.0
# Where the masks are asked: at the spot, and around it at the distance of its tolerance.
_PROBES = np.array([[0.0, 1, 0, -1, 0], [0, 0, 1, 0, -1]])[:, None, :, None]  # (2, 1, P, 1)


@dataclass(frozen=True)
class Covers:
    """How the masks of an image lie over K spots on each of T people.

    Only pairs of a person and a mask that may meet are kept: in a crowd few of all do.

    Attributes:
        people: (P,) the person of each pair, ascending, and `masks` (P,) the mask, ascending per
            person. The masks are those of the T people, though never a person's own, of the
            strangers and of the objects.
        starts: the first pair of each person who is in any.
        shares: (P, K) in [0, 1], share of the spot's neighbourhood that the mask covers.
        on_own: (T, K) in [-1, 1]: 1 on the person's own mask, -1 off it, 0 unknown.
        on_region: (T, K) likewise, for the region where a semantic model sees anybody.
    """

    people: np.ndarray
    masks: np.ndarray
    starts: np.ndarray
    shares: np.ndarray
    on_own: np.ndarray
    on_region: np.ndarray

    def of(self, spots: slice) -> 'Covers':
        """Return those of some of the spots."""
        return Covers(
            self.people,
            self.masks,
            self.starts,
            self.shares[:, spots],
            self.on_own[:, spots],
            self.on_region[:, spots],
        )

    def largest(self, values: np.ndarray) -> np.ndarray:
        """Return the (T, ...) largest of values (P, ...) >= 0 of the pairs of each person."""
        result = np.zeros((len(self.on_own), *values.shape[1:]))
        if len(values):
            result[self.people[self.starts]] = np.maximum.reduceat(values, self.starts)
        return result

    def largest_of(self, kinds: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Return the (T, 2, n) largest of values (P, n) >= 0 of two kinds (2, P) of pairs."""
        return self.largest(values[:, None] * kinds.T[..., None])


def measure_covers(
    sightings: Sightings,
    surroundings: Surroundings,
    spots: np.ndarray,
    tolerances: np.ndarray,
) -> Covers:
    """Ask every mask about the neighbourhoods of K spots on each of T people.

    Beyond the image, and without a mask, nobody knows.

    Args:
        sightings: T people.
        surroundings: of the image.
        spots: (2, T, K) px, x and y.
        tolerances: (T, K) px, how wide the neighbourhoods are.
    """
    region = surroundings.person_region
    masks = (*sightings.people.masks, *surroundings.strangers, *surroundings.objects, region)
    there = np.array([index for index, mask in enumerate(masks) if mask is not None], np.intp)
    people, count = tolerances.shape
    pixels = nearest_pixels(spots[:, :, None] + tolerances[:, None] * _PROBES)
    person, mask, hits = look_up(
        [masks[index] for index in there], pixels.reshape(2, people, _PROBES.shape[2] * count)
    )
    hits, mask = hits.reshape(-1, _PROBES.shape[2], count), there[mask]
    share = hits.view(np.uint8).sum(axis=1, dtype=np.uint8) / hits.shape[1]
    is_own, is_region = mask == person, mask == len(masks) - 1
    # A spot is on a mask even where only part of its neighbourhood is.
    near = 2 * np.maximum(share, hits[:, 0]) - 1
    known = in_image(spots.transpose(1, 2, 0), sightings.image_size)
    on_own, on_region = np.full(known.shape, -1.0), np.zeros(known.shape)
    on_own[person[is_own]] = near[is_own]
    on_own *= known & np.array([mask is not None for mask in masks[:people]], bool)[:, None]
    if region is not None:
        on_region[:] = -1.0
        on_region[person[is_region]] = near[is_region]
        on_region *= known
    others = (~(is_own | is_region)).nonzero()[0]
    others = others[person[others].argsort(kind='stable')]
    person = person[others]
    starts = (np.concatenate(([-1], person[:-1])) != person).nonzero()[0]
    return Covers(person, mask[others], starts, share[others], on_own, on_region)


def probability_in_front(
    sightings: Sightings, covers: Covers, at_joints: Covers, depths_m: np.ndarray
) -> np.ndarray:
    """Return the (P, K) probability that the mask of a pair is in front of spot k of its person.

    Masks show what is not hidden: a spot off its own mask is behind whatever covers it. A spot
    on both masks is behind if the other one is in front as a whole. The people's depths (T,) m
    help where they are known.
    """
    on_own = covers.on_own[covers.people]
    off, otherwise = np.maximum(-on_own, 0.0), _THING_IN_FRONT * (1 - np.maximum(on_own, 0.0))
    by_people = covers.masks < len(depths_m)
    if by_people.any():
        people_front = people_in_front(sightings, at_joints, depths_m)
        # The pose model overlooked them: whoever stands there hides them.
        people_front[~sightings.found] = 1.0
        pairs = covers.people[by_people], covers.masks[by_people]
        otherwise[by_people] = people_front[pairs][:, None]
    return off + (1 - off) * otherwise


def people_in_front(sightings: Sightings, covers: Covers, depths_m: np.ndarray) -> np.ndarray:
    """Return the (T, T) probability that person j (column) is in front of person i (row)."""
    evidence = {
        'feet_lower': feet_lower(sightings),
        'larger': larger(sightings),
        'joints_on_mask': joints_on_mask(sightings, covers),
        'nearer': nearer(depths_m),
    }
    log_odds = sum(FRONT_WEIGHTS[name] * value for name, value in evidence.items())
    limited = np.minimum(np.maximum(log_odds, -_MAX_LOG_ODDS), _MAX_LOG_ODDS)
    return 1.0 / (1.0 + np.exp(-limited))


def feet_lower(sightings: Sightings) -> np.ndarray:
    """Return the (T, T) person heights by which j stands lower in the image than i.

    On a floor, lower is nearer. It says nothing where the lower border cuts a box.
    """
    boxes = np.where(sightings.found[:, None], sightings.people.boxes_xyxy, 0.0)
    bottoms, heights = boxes[:, 3], boxes[:, 3] - boxes[:, 1]
    whole = sightings.found & (bottoms < sightings.image_size[1] - 2)
    lower = (bottoms[None] - bottoms[:, None]) / np.maximum(heights[None] + heights[:, None], 1)
    return np.where(whole[None] & whole[:, None], 2 * lower, 0.0)


def larger(sightings: Sightings) -> np.ndarray:
    """Return the (T, T) doublings by which j is larger than i."""
    doublings = np.log2(sightings.scales)
    return doublings[None] - doublings[:, None]


def joints_on_mask(sightings: Sightings, covers: Covers) -> np.ndarray:
    """Return the (T, T) balance, in (-1, 1), of joints lying on the other's mask.

    Joints of i that left their own mask for that of j are hidden by j. Joints of i that the model
    sees although they lie on both masks are in front of j.
    """
    people = len(sightings.track_ids)
    confident = np.fmax(sightings.people.confidences, 0.0)
    vote = np.where(covers.on_own < 0, 1.0, -confident * (covers.on_own > 0))
    pairs = covers.masks < people
    person, other = covers.people[pairs], covers.masks[pairs]
    behind = np.zeros((people, people))
    behind[person, other] = (covers.shares[pairs] * vote[person]).sum(axis=1)
    return (behind - behind.T) / (1 + np.abs(behind) + np.abs(behind.T))


def nearer(depths_m: np.ndarray) -> np.ndarray:
    """Return the (T, T) metres by which j is nearer than i; 0 where either depth is NaN."""
    difference = depths_m[:, None] - depths_m[None]
    return np.where(np.isnan(difference), 0.0, difference)
