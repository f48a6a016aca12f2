"""Several bags side by side on the machines of a Ray cluster."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
import logging
import os
import socket
from typing import Any

from ros_vision_perception.core.errors import ConfigurationError, PerceptionError
from ros_vision_perception.tools.replay.job import Done, Job, run_quietly

_LOCAL = ('auto', 'local')
_CLIENT = 'ray://'
# Ray itself would try for 14 minutes.
_PATIENCE_S = 5.0


def completed(jobs: Sequence[Job], address: str) -> Iterator[tuple[Job, Done]]:
    """Do jobs; yield each when it is done.

    Bags, results and models lie in folders that all machines have at the same paths.

    Args:
        jobs: to do.
        address: of the cluster, as Ray has it: HOST:PORT, ray://HOST:PORT, auto; local for one
            that begins here and ends with this.

    Raises:
        PerceptionError: when Ray is not installed, the cluster cannot be reached, or a job cannot
            be done.
    """
    with _cluster(address) as ray:
        there = ray.remote(num_cpus=_cpus(ray, jobs))(_run_there)
        folder = os.getcwd()
        running = {there.remote(job, folder): job for job in jobs}
        while running:
            done, _ = ray.wait(list(running), num_returns=1)
            for reference in done:
                yield running.pop(reference), _result(ray, reference)


def _run_there(job: Job, folder: str) -> Done:
    os.chdir(folder)
    return run_quietly(job)


def _cpus(ray: Any, jobs: Sequence[Job]) -> int:
    """Return how many of a machine's cores a job takes; more than any has would wait for ever."""
    wanted = max((job.recipe.parameters.threads for job in jobs), default=1)
    most = max(
        (node['Resources'].get('CPU', 0) for node in ray.nodes() if node['Alive']), default=1
    )
    return max(1, min(wanted, int(most)))


def _result(ray: Any, reference: Any) -> Done:
    try:
        done: Done = ray.get(reference)
    except PerceptionError as error:  # Ray has dressed it up with its traceback
        raise getattr(error, 'cause', None) or error from None
    except ray.exceptions.RayError as error:
        raise PerceptionError(f'Ray: {" ".join(str(error).split())}') from error
    return done


@contextmanager
def _cluster(address: str) -> Iterator[Any]:
    try:
        import ray
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"--ray needs Ray: no module {error.name}; cure: pip install 'ray[client]'"
        ) from error
    _check(address)
    try:
        ray.init(address=address, logging_level=logging.ERROR, log_to_driver=False)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise ConfigurationError(f'--ray {address}: {" ".join(str(error).split())}') from error
    try:
        yield ray
    finally:
        ray.shutdown()


def _check(address: str) -> None:
    if address in _LOCAL:
        return
    host, _, port = address.removeprefix(_CLIENT).rpartition(':')
    if not host or not port.isdecimal():
        raise ConfigurationError(
            f'--ray: got {address!r}, expected HOST:PORT, ray://HOST:PORT, auto or local'
        )
    try:
        with closing(socket.create_connection((host, int(port)), _PATIENCE_S)):
            pass
    except OSError as error:
        raise ConfigurationError(f'--ray {address} cannot be reached: {error}') from error
