"""One bag from its messages to a bag of results: what a worker process does."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
import json
from pathlib import Path
from typing import Any

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.nodes import perception_node
from ros_vision_perception.nodes.parameters import PerceptionParameters
from ros_vision_perception.nodes.result_messages import SKELETON, TOPICS, ResultMessages
from ros_vision_perception.pipeline.activity import load_activity
from ros_vision_perception.pipeline.networks import Networks
from ros_vision_perception.pipeline.perception import Perception
from ros_vision_perception.tools.replay.inputs import BagInput, Decoded, Selection, open_bag
from ros_vision_perception.tools.replay.output import BagOutput
from ros_vision_perception.tools.replay.rerun_file import recording
from ros_vision_perception.tools.replay.stream import Answer, Stream

# Lies in the bag of results: what it was made from, and what came out.
REPORT = 'replay.json'
_SKELETON = f'/{SKELETON}'


@dataclass(frozen=True)
class Job:
    """What to do with one bag.

    Attributes:
        bag: to read.
        output: folder of the bag to write.
        selection: what to read.
        topics: names of the results to write.
        with_inputs: whether to copy what was read.
        parameters: of the perception.
        rerun: file for the viewer of Rerun; None for none.
    """

    bag: Path
    output: Path
    selection: Selection
    topics: tuple[str, ...]
    with_inputs: bool
    parameters: PerceptionParameters
    rerun: Path | None = None

    @property
    def description(self) -> dict[str, str]:
        """What the results depend on, for people and to tell whether they are there already."""
        return {
            'bag': str(self.bag.resolve()),
            'selection': repr(self.selection),
            'topics': ', '.join(self.topics),
            'with_inputs': str(self.with_inputs),
            'parameters': repr(self.parameters),
        }


# Told how many images are done, of how many.
Progress = Callable[[int, int], object]
Report = Callable[[str], object]


def finished(job: Job) -> dict[str, Any] | None:
    """Return the figures of a job that is done already, None of one that is not.

    Raises:
        ConfigurationError: when its output is there and is something else, or made without the
            recording that is asked for.
    """
    if not job.output.exists():
        return None
    report = job.output / REPORT
    known = json.loads(report.read_text()) if report.is_file() else {}
    if known.get('job') != job.description:
        raise ConfigurationError(
            f'{job.output} is there and was not made by this replay; '
            'expected another --output, or remove it'
        )
    if job.rerun is not None and not job.rerun.exists():
        raise ConfigurationError(
            f'{job.output} was made before, without {job.rerun}; '
            'expected another --output, or remove it'
        )
    figures: dict[str, Any] = known['figures']
    return figures


def run(job: Job, progress: Progress, report: Report) -> dict[str, Any]:
    """Replay one bag; return the figures: frames, results, dropped, tracks.

    Args:
        job: what to do.
        progress: told how far it is.
        report: told one line when something takes long or is wrong with the bag.

    Raises:
        PerceptionError: when it cannot be done. Then no output is left.
    """
    with open_bag(job.bag, job.selection) as bag:
        if job.with_inputs and bag.is_ros1:
            raise ConfigurationError(
                f'{job.bag} is a bag of ROS 1, whose messages ROS 2 does not read: '
                'expected no --inputs'
            )
        # What comes of a bag must not depend on when an engine is ready.
        backends = replace(job.parameters.backends, run_meanwhile=False)
        pose, segmentation = perception_node.load(job.parameters, Networks(backends, report))
        classify = load_activity(job.parameters.activity_model)
        perception = Perception(pose, segmentation, job.parameters.fusion, classify)
        stream = Stream(perception, job.parameters, report)
        messages = ResultMessages(
            pose.skeleton, pose.model_name, segmentation.model_name if segmentation else ''
        )
        with BagOutput(job.output) as output, recording(job.rerun, job.bag.stem) as record:
            figures = _write(job, bag, stream, messages, output, record, progress, report)
            output.note(REPORT, json.dumps({'job': job.description, 'figures': figures}, indent=2))
    return figures


def _write(
    job: Job,
    bag: BagInput,
    stream: Stream,
    messages: ResultMessages,
    output: BagOutput,
    record: Callable[[Answer], None],
    progress: Progress,
    report: Report,
) -> dict[str, Any]:
    inputs = bag.messages(report)
    results, tracks = 0, set()
    for answer in stream.answers(_copied(inputs, output) if job.with_inputs else inputs):
        arrived_ns = answer.origin.arrived_ns
        if results == 0:
            output.latch(_SKELETON, TOPICS[SKELETON], arrived_ns, messages.skeleton)
        for topic in job.topics:
            data = messages.write(topic, answer.result, answer.origin)
            if data is not None:
                output.write(f'/{topic}', TOPICS[topic], arrived_ns, data)
        record(answer)
        results += 1
        tracks |= {human.track_id for human in answer.result.humans.people}
        progress(stream.images, bag.count)
    return {
        'frames': stream.images,
        'results': results,
        'dropped': stream.dropped,
        'tracks': len(tracks),
    }


def _copied(messages: Iterable[Decoded], output: BagOutput) -> Iterator[Decoded]:
    for message in messages:
        topic, kind = message.connection.topic, message.connection.msgtype
        output.copy(topic, kind, message.time_ns, bytes(message.data))
        yield message
