"""What the run and its connection to a cluster say to each other; nothing of Ray is needed here."""

from dataclasses import dataclass

from qa.batch.jobs import Job, Result
from qa.batch.working import Task
from qa.errors import QAError


@dataclass(frozen=True, slots=True)
class Recipe:
    """What every worker of the cluster is made of.

    Attributes:
        task: of the run; where the model runs is decided for each worker.
        version: of this package; a node with another one cannot be used.
    """

    task: Task
    version: str


@dataclass(frozen=True, slots=True)
class Started:
    """A worker holds its model; `version` is that of the package on its node."""

    version: str


@dataclass(frozen=True, slots=True)
class CannotStart:
    """A worker, or the connection itself, cannot start."""

    error: QAError


@dataclass(frozen=True, slots=True)
class Answered:
    """A result, and the node it comes from (its id and its address)."""

    node: str
    place: str
    result: Result


@dataclass(frozen=True, slots=True)
class Turn:
    """The connection's half of a turn: what is done, and how many jobs it can take.

    Attributes:
        notices: what happened to nodes and workers, for the log.
        ready: workers that hold their model.
    """

    answers: tuple[Answered, ...]
    wanted: int
    notices: tuple[str, ...]
    ready: int


@dataclass(frozen=True, slots=True)
class Orders:
    """The run's half of a turn.

    Attributes:
        banned: nodes that are not to be used any more, by id, each with its reason.
    """

    jobs: tuple[Job, ...] = ()
    banned: tuple[tuple[str, str], ...] = ()
