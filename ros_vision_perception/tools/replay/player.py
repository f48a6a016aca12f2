"""One bag through the perception, to messages in their order."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.nodes import perception_node
from ros_vision_perception.nodes.parameters import PerceptionParameters
from ros_vision_perception.nodes.result_messages import SKELETON, TOPICS, Answer, ResultMessages
from ros_vision_perception.pipeline.activity import load_activity
from ros_vision_perception.pipeline.networks import Networks
from ros_vision_perception.pipeline.perception import Perception
from ros_vision_perception.tools.replay.inputs import IMAGE, OTHER, BagInput, Selection
from ros_vision_perception.tools.replay.outgoing import Offer, Outgoing
from ros_vision_perception.tools.replay.stream import Stream

Report = Callable[[str], object]
# Ours, also where a bag has topics of these names.
_RESULTS = {topic: Offer(f'/{topic}', TOPICS[topic], topic == SKELETON) for topic in TOPICS}
_NAMES = {offer.topic for offer in _RESULTS.values()}


class Copied(Enum):
    """What goes along with the results: messages of the bag, as they are."""

    NOTHING = 'nothing'
    INPUTS = 'inputs'
    EVERYTHING = 'everything'


@dataclass(frozen=True)
class Recipe:
    """What to make of one bag.

    Attributes:
        bag: to read.
        selection: what to read.
        topics: names of the results.
        copied: what goes along.
        parameters: of the perception.
    """

    bag: Path
    selection: Selection
    topics: tuple[str, ...]
    copied: Copied
    parameters: PerceptionParameters

    @property
    def description(self) -> dict[str, str]:
        """What the results depend on, for people and to tell whether they are there already."""
        return {
            'bag': str(self.bag.resolve()),
            'selection': repr(self.selection),
            'topics': ', '.join(self.topics),
            'copied': self.copied.value,
            'parameters': repr(self.parameters),
        }


@dataclass(frozen=True)
class Models:
    """What is loaded once for any number of bags.

    Attributes:
        perception: what looks at the images.
        messages: what writes the results.
    """

    perception: Perception
    messages: ResultMessages


def load(parameters: PerceptionParameters, report: Report) -> Models:
    """Load the models; raises PerceptionError when that cannot be done."""
    # What comes of a bag must not depend on when an engine is ready.
    backends = replace(parameters.backends, run_meanwhile=False)
    pose, segmentation = perception_node.load(parameters, Networks(backends, report))
    classify = load_activity(parameters.activity_model)
    mask_model = segmentation.model_name if segmentation else ''
    return Models(
        Perception(pose, segmentation, parameters.fusion, classify),
        ResultMessages(pose.skeleton, pose.model_name, mask_model),
    )


class Player:
    """Plays a bag once.

    Attributes:
        offers: the topics on which messages come.
        count: how many images there are, without regard to the limits of time.
        images: how many of them were read.
    """

    def __init__(self, recipe: Recipe, bag: BagInput) -> None:
        """Play `bag`, opened; raises ConfigurationError when ROS 2 does not know its messages."""
        if bag.is_ros1 and recipe.copied is not Copied.NOTHING:
            raise ConfigurationError(
                f'{recipe.bag} is a bag of ROS 1, whose messages ROS 2 does not read: '
                'expected neither --inputs nor --live'
            )
        self._recipe, self._bag = recipe, bag
        self._everything = recipe.copied is Copied.EVERYTHING
        copies = bag.offers(everything=self._everything)
        self._copies: dict[str, Offer] = {}
        if recipe.copied is not Copied.NOTHING:
            self._copies = {name: copies[name] for name in copies.keys() - _NAMES}
        results = [_RESULTS[topic] for topic in (SKELETON, *recipe.topics)]
        self.offers = [*results, *self._copies.values()]
        self.count, self.images = bag.count, 0

    def messages(
        self,
        models: Models,
        report: Report,
        record: Callable[[Answer], object] = lambda _answer: None,
    ) -> Iterator[Outgoing]:
        """Yield the messages in their order.

        Nothing but results comes out of the order of the recording: what waited for another
        input comes after it.

        Args:
            models: begin anew.
            report: told one line when something is wrong with the bag.
            record: told each result before it is written.
        """
        self._record = record
        self._stream = Stream(models.perception, self._recipe.parameters, report)
        self._results, self._tracks = 0, set[int]()
        for message in self._bag.messages(report, everything=self._everything):
            offer = self._copies.get(message.connection.topic)
            if offer is not None:
                yield Outgoing(offer, message.time_ns, bytes(message.data), is_result=False)
            if message.kind != OTHER:
                self.images += message.kind == IMAGE
                yield from self._written(self._stream.take(message), models.messages)
        yield from self._written(self._stream.end(), models.messages)

    @property
    def figures(self) -> dict[str, Any]:
        """How many frames, results and tracks there were, and what was dropped."""
        return {
            'frames': self._stream.images,
            'results': self._results,
            'dropped': self._stream.dropped,
            'tracks': len(self._tracks),
        }

    def _written(self, answers: Iterable[Answer], messages: ResultMessages) -> Iterator[Outgoing]:
        for answer in answers:
            time_ns = answer.origin.arrived_ns
            self._record(answer)
            if self._results == 0:
                yield Outgoing(_RESULTS[SKELETON], time_ns, messages.skeleton, is_result=True)
            for topic in self._recipe.topics:
                data = messages.write(topic, answer)
                if data is not None:
                    yield Outgoing(_RESULTS[topic], time_ns, data, is_result=True)
            self._results += 1
            self._tracks |= {human.track_id for human in answer.result.humans.people}
