"""Several bags, one after the other or side by side in processes of their own."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import Any

from ros_vision_perception.tools.replay import cluster
from ros_vision_perception.tools.replay.job import Done, Job, finished, run, run_quietly
from ros_vision_perception.tools.replay.progress import Bar


def run_all(
    jobs: Sequence[Job], side_by_side: int, ray_address: str | None
) -> dict[str, dict[str, Any]]:
    """Do all jobs that are not done yet; return the figures of each, by the name of its bag.

    Args:
        jobs: to do.
        side_by_side: how many processes on this machine.
        ray_address: of a Ray cluster to do them; None for this machine.

    Raises:
        PerceptionError: when one cannot be done; those done before stay.
    """
    figures = {job.output.name: finished(job) for job in jobs}
    open_jobs = [job for job in jobs if figures[job.output.name] is None]
    with Bar() as bar:
        for job in jobs:
            if job not in open_jobs:
                bar.say(f'{job.output.name}: done before')
        if ray_address is not None and open_jobs:
            figures |= _told(cluster.completed(open_jobs, ray_address), len(open_jobs), bar)
        elif side_by_side == 1 or len(open_jobs) < 2:
            for job in open_jobs:
                figures[job.output.name] = _run_here(job, bar)
        else:
            figures |= _told(_completed(open_jobs, side_by_side), len(open_jobs), bar)
    return {name: done for name, done in figures.items() if done is not None}


def _run_here(job: Job, bar: Bar) -> dict[str, Any]:
    name = job.output.name
    return run(job, bar.task(name), lambda line: bar.say(f'{name}: {line}'))


def _completed(jobs: Sequence[Job], side_by_side: int) -> Iterator[tuple[Job, Done]]:
    # No fork: the threads of the libraries would not survive it.
    with ProcessPoolExecutor(side_by_side, get_context('spawn')) as pool:
        running = {pool.submit(run_quietly, job): job for job in jobs}
        for future in as_completed(running):
            yield running[future], future.result()


def _told(done: Iterable[tuple[Job, Done]], count: int, bar: Bar) -> dict[str, dict[str, Any]]:
    """Return the figures of each, and tell meanwhile what is done and what was said."""
    show = bar.task('bags')
    show(0, count)
    figures: dict[str, dict[str, Any]] = {}
    for job, (row, said) in done:
        name = job.output.name
        figures[name] = row
        for line in said:
            bar.say(f'{name}: {line}')
        show(len(figures), count)
    return figures
