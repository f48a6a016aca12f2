"""How far the results of a run agree with the truth about the demo's scene."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from ros_vision_perception.core.association import assign
from ros_vision_perception.core.geometry import oks
from ros_vision_perception.core.human import Humans, JointState
from ros_vision_perception.render.palette import STATE_WORDS
from ros_vision_perception.tools.truth import Truth

# Of a result that may belong to a person at all.
_MIN_OKS = 0.2
# A person with fewer joints in view cannot be asked for.
_MIN_JOINTS_IN_VIEW = 5
# Ids of a person in the report.
_IDS_TOLD = 4


@dataclass
class Agreement:
    """Counts over all frames of a run.

    Attributes:
        frames: with a result.
        asked: people in view, over all frames.
        found: those of them who have a result.
        similarity: object keypoint similarity of these, over the joints in view, added up.
        states: (true state, state in the result) -> number of joints of the people found.
        occluders: joints hidden by another person who has a result; and how often the result
            names that very person.
        track_ids: person of the scene -> the ids that they had, with the number of frames.
    """

    frames: int = 0
    asked: int = 0
    found: int = 0
    similarity: float = 0.0
    states: Counter[tuple[JointState, JointState]] = field(default_factory=Counter)
    occluders: Counter[str] = field(default_factory=Counter)
    track_ids: dict[int, Counter[int]] = field(default_factory=dict)

    def add(self, truth: Truth, humans: Humans) -> None:
        """Compare one frame with the truth about it, over the joints that both have."""
        shared = [
            name for name in truth.skeleton.joint_names if name in humans.skeleton.joint_names
        ]
        theirs = np.array([humans.skeleton.index(name) for name in shared], np.int64)
        ours = np.array([truth.skeleton.index(name) for name in shared], np.int64)
        in_view = np.isin(truth.states, (JointState.VISIBLE, JointState.OCCLUDED_BY_SELF))
        asked = in_view.sum(axis=1) >= _MIN_JOINTS_IN_VIEW
        self.frames += 1
        self.asked += int(asked.sum())
        similarity = _similarity(truth, humans, ours, theirs)
        pairs = list(zip(*assign(np.where(similarity > _MIN_OKS, similarity, 0.0)), strict=True))
        people = {int(person): humans.people[found] for person, found in pairs}
        for person, found in pairs:
            if asked[person]:
                self.found += 1
                self.similarity += float(similarity[person, found])
        for person, human in people.items():
            self.track_ids.setdefault(person, Counter())[human.track_id] += 1
            for our, their in zip(ours, theirs, strict=True):
                state = JointState(truth.states[person, our])
                if state == JointState.UNKNOWN:
                    continue
                self.states[state, JointState(human.joints.states[their])] += 1
                occluder = people.get(int(truth.occluders[person, our]))
                if occluder is not None:
                    named = human.joints.occluder_track_ids[their] == occluder.track_id
                    self.occluders['named' if named else 'not named'] += 1

    def lines(self) -> list[str]:
        """Return the report, one finding per line."""
        total, right = self.states.total(), sum(n for (a, b), n in self.states.items() if a == b)
        lines = [
            f'people in view who were found   {_share(self.found, self.asked)}',
            f'object keypoint similarity      {_mean(self.similarity, self.found)}',
            f'joints whose state is right     {_share(right, total)}',
        ]
        for state in JointState:
            count = sum(n for (truth, _), n in self.states.items() if truth == state)
            if count:
                hits = _share(self.states[state, state], count)
                lines.append(f'  truly {STATE_WORDS[state]:24}  {hits}')
        lines.append(
            f'right person named as occluder  '
            f'{_share(self.occluders["named"], self.occluders.total())}'
        )
        for person, ids in sorted(self.track_ids.items()):
            most = ', '.join(f'#{track} in {n} frames' for track, n in ids.most_common(_IDS_TOLD))
            more = f', and {len(ids) - _IDS_TOLD} others' if len(ids) > _IDS_TOLD else ''
            lines.append(f'person {person + 1} was                    {most}{more}')
        return lines


def _similarity(truth: Truth, humans: Humans, ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Return the (N, M) similarity of people of the scene and of the result."""
    if not humans.people:
        return np.zeros((len(truth.states), 0))
    return oks(
        truth.joints_xy[:, ours],
        np.stack([human.joints.keypoints_xy[theirs] for human in humans.people]),
        truth.skeleton.sigmas[ours],
        truth.areas_px2[:, None],
        (truth.states[:, ours] == JointState.VISIBLE)[:, None],
    )


def _share(part: int, whole: int) -> str:
    return f'{part / whole:6.1%}  ({part} of {whole})' if whole else '     -'


def _mean(total: float, count: int) -> str:
    return f'{total / count:6.2f}' if count else '     -'
