"""Several bags, one after the other or side by side in processes of their own."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import Any

from ros_vision_perception.tools.replay.job import Job, finished, run
from ros_vision_perception.tools.replay.progress import Bar


def run_all(jobs: Sequence[Job], side_by_side: int) -> dict[str, dict[str, Any]]:
    """Do all jobs that are not done yet; return the figures of each, by the name of its bag.

    Raises:
        PerceptionError: when one cannot be done; those done before stay.
    """
    figures = {job.output.name: finished(job) for job in jobs}
    open_jobs = [job for job in jobs if figures[job.output.name] is None]
    with Bar() as bar:
        for job in jobs:
            if job not in open_jobs:
                bar.say(f'{job.output.name}: done before')
        if side_by_side == 1 or len(open_jobs) < 2:
            for job in open_jobs:
                figures[job.output.name] = _run_here(job, bar)
        else:
            figures |= _run_aside(open_jobs, side_by_side, bar)
    return {name: done for name, done in figures.items() if done is not None}


def _run_here(job: Job, bar: Bar) -> dict[str, Any]:
    name = job.output.name
    return run(job, bar.task(name), lambda line: bar.say(f'{name}: {line}'))


def _run_aside(jobs: Sequence[Job], side_by_side: int, bar: Bar) -> dict[str, dict[str, Any]]:
    show = bar.task('bags')
    show(0, len(jobs))
    figures: dict[str, dict[str, Any]] = {}
    # No fork: the threads of the libraries would not survive it.
    with ProcessPoolExecutor(side_by_side, get_context('spawn')) as pool:
        running = {pool.submit(run_quietly, job): job.output.name for job in jobs}
        for future in as_completed(running):
            name = running[future]
            figures[name], said = future.result()
            for line in said:
                bar.say(f'{name}: {line}')
            show(len(figures), len(jobs))
    return figures


def run_quietly(job: Job) -> tuple[dict[str, Any], list[str]]:
    """Do a job in a process of its own; return the figures, and what was said."""
    said: list[str] = []
    return run(job, lambda _done, _of: None, said.append), said
