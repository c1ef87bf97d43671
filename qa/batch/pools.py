"""Where the work is done: processes of this machine, or workers on a cluster."""

from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self

from qa.batch.jobs import Job, Result, WorkerFactory
from qa.batch.local import LocalPool
from qa.batch.rulesets import Rulesets
from qa.config import Settings


class Pool(Protocol):
    """What a stage needs of whatever does its work: hand in jobs, take results."""

    def __enter__(self) -> Self:
        """Nothing is started before there is work."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        """End all workers."""

    @property
    def unfinished(self) -> int:
        """Jobs handed in whose result has not come out."""

    def submit(self, jobs: Sequence[Job]) -> None:
        """Hand in jobs."""

    def poll(self, timeout_s: float) -> list[Result]:
        """Wait until at least one result is there, or the time is over.

        Raises:
            QAError: workers cannot start.
        """


def open_pool(
    settings: Settings,
    workers: int,
    *,
    factory: WorkerFactory,
    rulesets: Rulesets | None,
    engine: str,
) -> Pool:
    """Open what the settings ask for: a cluster where they name workers of one, else this machine.

    Args:
        workers: processes on this machine, at least 1; a cluster has those of its settings.
        engine: fingerprint of what the workers hear with.

    Raises:
        ConfigError: Ray is not installed, or there is no token.
    """
    if not settings.cluster.workers:
        return LocalPool(factory, settings, workers, rulesets)
    from qa.batch.cluster import ClusterPool

    return ClusterPool(factory, settings, rulesets, engine)
