"""One bag from its messages to a bag of results: what a worker process does."""

from collections.abc import Callable
from dataclasses import dataclass
import json
from pathlib import Path
import shutil
from typing import Any

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.tools.replay.inputs import open_bag
from ros_vision_perception.tools.replay.output import BagOutput
from ros_vision_perception.tools.replay.player import Player, Recipe, Report, load
from ros_vision_perception.tools.replay.rerun_file import recording

# Lies in the bag of results: what it was made from, and what came out.
REPORT = 'replay.json'


@dataclass(frozen=True)
class Job:
    """What to do with one bag.

    Attributes:
        recipe: what to make of it.
        output: folder of the bag to write.
        rerun: file for the viewer of Rerun; None for none.
    """

    recipe: Recipe
    output: Path
    rerun: Path | None = None


# Told how many images are done, of how many.
Progress = Callable[[int, int], object]
# The figures of a job, and the lines that were said.
Done = tuple[dict[str, Any], list[str]]


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
    if known.get('job') != job.recipe.description:
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


def forget(job: Job) -> None:
    """Remove the results of a job that is done already; raises as `finished` does."""
    if finished(job) is not None:
        shutil.rmtree(job.output)


def run(job: Job, progress: Progress, report: Report) -> dict[str, Any]:
    """Replay one bag; return the figures: frames, results, dropped, tracks.

    Args:
        job: what to do.
        progress: told how far it is.
        report: told one line when something takes long or is wrong with the bag.

    Raises:
        PerceptionError: when it cannot be done. Then no output is left.
    """
    recipe = job.recipe
    with open_bag(recipe.bag, recipe.selection) as bag:
        player = Player(recipe, bag)
        models = load(recipe.parameters, report)
        with BagOutput(job.output) as output, recording(job.rerun, recipe.bag.stem) as record:
            for message in player.messages(models, report, record):
                output.write(message)
                progress(player.images, player.count)
            progress(player.images, player.images)
            figures = player.figures
            told = {'job': recipe.description, 'figures': figures}
            output.note(REPORT, json.dumps(told, indent=2))
    return figures


def run_quietly(job: Job) -> Done:
    """Do a job in a process of its own, where nobody watches; see `run`."""
    said: list[str] = []
    return run(job, lambda _done, _of: None, said.append), said
