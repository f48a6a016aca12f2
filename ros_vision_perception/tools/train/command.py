"""Trains the network that tells activities, on motion made up and recorded; needs torch."""

import argparse
from pathlib import Path
import shlex

from ros_vision_perception.core.activity import ACTIVITIES
from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.pipeline.activity import load_activity
from ros_vision_perception.tools.evaluate import recorded as evaluation
from ros_vision_perception.tools.evaluate.recorded import report
from ros_vision_perception.tools.recordings.classes import read_classes
from ros_vision_perception.tools.recordings.gather import Recorded, gather, split
from ros_vision_perception.tools.train import network
from ros_vision_perception.tools.train.mixture import mixed
from ros_vision_perception.tools.train.samples import Samples, make


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit status.

    Raises:
        PerceptionError: when it cannot do what is asked.
    """
    arguments = _parser().parse_args(argv)
    network.require_torch()
    _check(arguments)
    learned, held = _read(arguments) if arguments.recordings else (None, None)
    samples = _samples(arguments, learned)
    weights = network.learn(samples, arguments.epochs, arguments.seed, report)
    arguments.output.write_bytes(network.write(weights, _metadata(arguments, learned, held)))
    print(f'wrote {arguments.output}')
    if held is not None and len(held.labels):
        _judge(held, arguments.output)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog='train', description=__doc__)
    tasks = parser.add_subparsers(required=True, metavar='TASK', dest='task')
    task = tasks.add_parser('activity', help='what people do over time')
    task.add_argument('--seed', type=int, default=0, help='another one, other motion')
    task.add_argument(
        '--clips', type=int, default=1000, help='made-up clips of 20 s; 0: only recordings'
    )
    task.add_argument('--epochs', type=int, default=6)
    evaluation.add_arguments(task)
    task.add_argument(
        '--share', type=float, default=0.3, metavar='S',
        help='how much of what is learned from is recorded, if any is; default 0.3',
    )  # fmt: skip
    task.add_argument(
        '--output', type=Path, default=Path('activity.onnx'), metavar='FILE',
        help='the ONNX file to write; default: %(default)s',
    )  # fmt: skip
    return parser


def _check(arguments: argparse.Namespace) -> None:
    if not 0 < arguments.share < 1:
        raise ConfigurationError(f'--share: expected more than 0, less than 1; {arguments.share}')
    if arguments.output.is_dir() or not arguments.output.parent.is_dir():
        raise ConfigurationError(f'--output: expected a file in a folder; {arguments.output}')
    least = 0 if arguments.recordings else 1
    for name, value, minimum in (
        ('--clips', arguments.clips, least),
        ('--clips-per-class', arguments.clips_per_class, 1),
        ('--epochs', arguments.epochs, 1),
    ):
        if value < minimum:
            raise ConfigurationError(f'{name}: expected {minimum} or more; got {value}')


def _read(arguments: argparse.Namespace) -> tuple[Recorded, Recorded]:
    """Return the recordings to learn from and those to judge by, and tell what was read."""
    table = read_classes(arguments.classes)
    most = arguments.clips_per_class
    recorded = gather(arguments.recordings, table, most, arguments.seed, report)
    for line in recorded.told:
        report(line)
    learned, held = (recorded.take(people) for people in split(recorded, arguments.seed))
    report(
        f'held out: {len(held.labels)} people of {len(set(held.sources))} sources, to judge by'
        if len(held.labels)
        else 'held out: nobody, all are of one source'
    )
    return learned, held


def _samples(arguments: argparse.Namespace, learned: Recorded | None) -> Samples:
    """Return the windows to learn from."""
    if not arguments.clips and learned is not None:
        return learned.samples
    report(f'making up {arguments.clips} clips ...')
    made_up = make(arguments.clips, arguments.seed)
    if learned is None:
        return made_up
    samples = mixed(made_up, learned.samples, arguments.share)
    count, recorded = len(learned.samples.weights), samples.weights[len(made_up.weights) :]
    share = recorded.sum() / samples.weights.sum()
    report(f'{count} recorded looks count {recorded[0]:.2f} times each: {share:.2f} of all')
    return samples


def _metadata(
    arguments: argparse.Namespace, learned: Recorded | None, held: Recorded | None
) -> dict[str, str]:
    """Return what the file says of itself: the command, and what was learned from."""
    options = [f'--{name} {getattr(arguments, name)}' for name in ('seed', 'clips', 'epochs')]
    data = [f'{arguments.clips} made-up clips'] if arguments.clips else []
    if learned is not None and held is not None:
        paths = shlex.join(map(str, arguments.recordings))
        options += [f'--recordings {paths}', f'--clips-per-class {arguments.clips_per_class}']
        options += [f'--share {arguments.share}'] if arguments.clips else []
        if arguments.classes != evaluation.BUILT_IN:
            options.append(f'--classes {shlex.quote(str(arguments.classes))}')
        data += [learned.summary, f'not from {held.summary}, held out']
    return {
        'made_by': ' '.join(('ros-vision-perception train activity', *options)),
        'learned_from': '; '.join(data),
        'activities': ','.join(ACTIVITIES),
    }


def _judge(held: Recorded, path: Path) -> None:
    """Print how well the network that was written does on who was held out."""
    classify = load_activity(str(path))
    if classify is None:
        return
    print('held-out recordings     looks: precision recall  true    of   clips: precision recall')
    for name, figure in evaluation.figures(held, classify).items():
        clips = figure['clips']
        print(
            f'  {name:22}{_share(figure["precision"]):>16}{_share(figure["recall"]):>7}'
            f'{figure["true"]:>6}{figure["of"]:>6}'
            f'{_share(clips["precision"]):>18}{_share(clips["recall"]):>7}'
            f'{clips["true"]:>6}{clips["of"]:>6}'
        )


def _share(value: float | None) -> str:
    return '-' if value is None else f'{value:.2f}'
