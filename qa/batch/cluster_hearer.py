"""The actor that Ray runs: one worker process on some node. It never touches the database."""

from contextlib import ExitStack

from qa.batch.cluster_words import CannotStart, Recipe, Started
from qa.batch.jobs import Job, Result, Transcriber
from qa.batch.working import answer
from qa.errors import ClusterError, ConfigError, QAError


class Hearer:
    """An actor: one worker process somewhere in the cluster."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._stack = ExitStack()
        self._transcriber: Transcriber | None = None

    def start(self) -> Started | CannotStart:
        """Make what transcribes; a second call is harmless."""
        import qa

        try:
            if self._transcriber is None and qa.__version__ == self._recipe.version:
                made = self._recipe.task.factory(self._recipe.task.settings)
                self._transcriber = self._stack.enter_context(made)
        except QAError as error:
            return CannotStart(error)
        return Started(qa.__version__)

    def answer(self, job: Job) -> Result | CannotStart:
        """Do one job."""
        if self._transcriber is None:
            return CannotStart(ClusterError("a worker was given work before it had started"))
        try:
            return answer(self._transcriber, job, self._recipe.task)
        except ConfigError as error:
            return CannotStart(error)

    def ping(self) -> None:
        """Tell that all earlier work is over, and that this worker lives."""
