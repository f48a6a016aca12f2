"""Which mask lies over which joint, and who of two people is in front."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core.masks import BoxMask
from ros_vision_perception.core.scene import Sightings, Surroundings

# Log-odds of being in front: per person height that the feet are lower in the image, per doubling
# of the size, for joints lying on the other's mask, and per metre nearer.
FRONT_WEIGHTS = {'feet_lower': 6.0, 'larger': 1.5, 'joints_on_mask': 4.0, 'nearer': 8.0}
# Whatever else the segmentation outlines is in front of a joint that it covers, unless the
# person's own mask shows the opposite.
_THING_IN_FRONT = 0.7
_MAX_LOG_ODDS = 5.0
# Where the masks are asked: at the spot, and around it at the distance of its tolerance.
_PROBES = np.array([[0, 1, 0, -1, 0], [0, 0, 1, 0, -1]])[..., None, None]


@dataclass(frozen=True)
class Covers:
    """How the masks of an image lie over K spots on each of T people.

    Attributes:
        by_others: (T, K, M) in [0, 1], share of the spot's neighbourhood that each mask covers.
            The masks are those of the T people (each person's own counts 0), of the strangers
            and of the objects.
        on_own: (T, K) in [-1, 1]: 1 on the person's own mask, -1 off it, 0 unknown.
        on_region: (T, K) likewise, for the region where a semantic model sees anybody.
    """

    by_others: np.ndarray
    on_own: np.ndarray
    on_region: np.ndarray

    def of(self, spots: slice) -> 'Covers':
        """Return those of some of the spots."""
        return Covers(self.by_others[:, spots], self.on_own[:, spots], self.on_region[:, spots])


def measure_covers(
    sightings: Sightings,
    surroundings: Surroundings,
    spots_xy: np.ndarray,
    tolerances: np.ndarray,
) -> Covers:
    """Ask every mask about the neighbourhoods of spots (T, K, 2) px, `tolerances` (T, K) px wide.

    Beyond the image, and without a mask, nobody knows.
    """
    region = surroundings.person_region
    masks = (*sightings.people.masks, *surroundings.strangers, *surroundings.objects, region)
    reach = tolerances * _PROBES  # (2, P, T, K)
    x = np.rint(spots_xy[..., 0] + reach[0]).clip(-1, sightings.image_size[0]).astype(np.intp)
    y = np.rint(spots_xy[..., 1] + reach[1]).clip(-1, sightings.image_size[1]).astype(np.intp)
    hits = _look_up(_stack(masks, sightings.image_size), x, y)[..., : len(masks)]
    share = hits.sum(axis=0, dtype=np.uint8) / _PROBES.shape[1]
    own = np.arange(len(tolerances))
    in_image = np.all((spots_xy > -0.5) & (spots_xy + 0.5 < sightings.image_size), axis=-1)
    has_own = np.array([mask is not None for mask in sightings.people.masks], bool)
    # A spot is on a mask even where only part of its neighbourhood is.
    on_own = 2 * np.maximum(share[own, :, own], hits[0, own, :, own]) - 1
    on_own *= in_image & has_own[:, None]
    on_region = 2 * np.maximum(share[..., -1], hits[0, ..., -1]) - 1
    on_region *= in_image & (region is not None)
    share[own, :, own] = 0.0
    return Covers(share[..., :-1], on_own, on_region)


def _stack(masks: Sequence[BoxMask | None], image_size: tuple[int, int]) -> np.ndarray:
    """Return (P, H + 2, W + 2) uint8: bit m % 8 of plane m // 8 is mask m, with an empty rim."""
    width, height = image_size
    planes = np.zeros((-(-len(masks) // 8), height + 2, width + 2), np.uint8)
    for index, mask in enumerate(masks):
        if mask is not None:
            rows, columns = mask.bitmap.shape
            part = planes[index // 8, mask.y + 1 :, mask.x + 1 :][:rows, :columns]
            part |= mask.bitmap[: len(part), : part.shape[1]].view(np.uint8) << np.uint8(index % 8)
    return planes


def _look_up(planes: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return (..., 8 P) uint8, 1 where a mask covers the pixel x, y (...), from -1 to the rim."""
    bits = planes.reshape(len(planes), -1)[:, (y + 1) * planes.shape[2] + (x + 1)]
    return np.unpackbits(np.moveaxis(bits, 0, -1), axis=-1, bitorder='little')


def probability_in_front(
    sightings: Sightings, covers: Covers, depths_m: np.ndarray, joints: slice
) -> np.ndarray:
    """Return the (T, K, M) probability that what has mask m is in front of spot k of person t.

    Masks show what is not hidden: a spot off its own mask is behind whatever covers it. A spot
    on both masks is behind if the other one is in front as a whole. The people's depths (T,) m
    help where they are known. Which of the spots are joints, `joints` says.
    """
    people = len(depths_m)
    off, on = np.maximum(-covers.on_own, 0.0), np.maximum(covers.on_own, 0.0)
    people_front = people_in_front(sightings, covers.of(joints), depths_m)
    # The pose model overlooked them: whoever stands there hides them.
    people_front[~sightings.found] = 1.0
    otherwise = np.empty(covers.by_others.shape)
    otherwise[..., :people] = people_front[:, None]
    otherwise[..., people:] = _THING_IN_FRONT * (1 - on)[..., None]
    return off[..., None] + (1 - off)[..., None] * otherwise


def people_in_front(sightings: Sightings, covers: Covers, depths_m: np.ndarray) -> np.ndarray:
    """Return the (T, T) probability that person j (column) is in front of person i (row)."""
    evidence = {
        'feet_lower': feet_lower(sightings),
        'larger': larger(sightings),
        'joints_on_mask': joints_on_mask(sightings, covers),
        'nearer': nearer(depths_m),
    }
    log_odds = sum(FRONT_WEIGHTS[name] * value for name, value in evidence.items())
    return 1.0 / (1.0 + np.exp(-np.clip(log_odds, -_MAX_LOG_ODDS, _MAX_LOG_ODDS)))


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
    behind = (covers.by_others[..., :people] * vote[..., None]).sum(axis=1)
    return (behind - behind.T) / (1 + np.abs(behind) + np.abs(behind.T))


def nearer(depths_m: np.ndarray) -> np.ndarray:
    """Return the (T, T) metres by which j is nearer than i; 0 where either depth is NaN."""
    difference = depths_m[:, None] - depths_m[None]
    return np.where(np.isnan(difference), 0.0, difference)
