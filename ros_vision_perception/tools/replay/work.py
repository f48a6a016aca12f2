"""Several bags, one after the other or side by side in processes of their own."""

from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ros_vision_perception.tools.replay.job import Job, finished, run


def run_all(jobs: Sequence[Job], side_by_side: int) -> dict[str, dict[str, Any]]:
    """Do all jobs that are not done yet; return the figures of each, by the name of its bag.

    Raises:
        PerceptionError: when one cannot be done; those done before stay.
    """
    figures = {job.output.name: finished(job) for job in jobs}
    open_jobs = [job for job in jobs if figures[job.output.name] is None]
    with _bar() as bar:
        for job in jobs:
            if job not in open_jobs:
                _say(bar, job, 'done before')
        if side_by_side == 1 or len(open_jobs) < 2:
            for job in open_jobs:
                figures[job.output.name] = _run_here(job, bar)
        else:
            figures |= _run_aside(open_jobs, side_by_side, bar)
    return {name: done for name, done in figures.items() if done is not None}


def _run_here(job: Job, bar: Progress) -> dict[str, Any]:
    task = bar.add_task(job.output.name, total=None)

    def progress(done: int, of: int) -> None:
        bar.update(task, completed=done, total=of)

    return run(job, progress, lambda line: _say(bar, job, line))


def _run_aside(jobs: Sequence[Job], side_by_side: int, bar: Progress) -> dict[str, dict[str, Any]]:
    task = bar.add_task('bags', total=len(jobs))
    figures: dict[str, dict[str, Any]] = {}
    # No fork: the threads of the libraries would not survive it.
    with ProcessPoolExecutor(side_by_side, get_context('spawn')) as pool:
        running: dict[Future, Job] = {pool.submit(_run_quietly, job): job for job in jobs}
        for future in as_completed(running):
            job = running[future]
            figures[job.output.name], said = future.result()
            for line in said:
                _say(bar, job, line)
            bar.advance(task)
    return figures


def _run_quietly(job: Job) -> tuple[dict[str, Any], list[str]]:
    said: list[str] = []
    return run(job, lambda _done, _of: None, said.append), said


def _say(bar: Progress, job: Job, line: str) -> None:
    # Not as rich would have it: what stands in brackets is no markup.
    bar.console.print(f'{job.output.name}: {line}', markup=False, highlight=False, soft_wrap=True)


def _bar() -> Progress:
    columns = (
        TextColumn('{task.description}'),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=Console(stderr=True))
