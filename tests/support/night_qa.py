"""The command `qa` with talking files, which kills itself with signal 9 at a chosen point.

Run as a program: `NIGHT_KILL=score:advanced python -m tests.support.night_qa nightly DIR`.
Points are
`STAGE:started`, `STAGE:advanced`, `STAGE:finished`, and `checks` while spot checks are drawn. At
most one worker's result is on its way then: what is kept and what is not is the program's own
doing.
"""

if __name__ == "__main__":
    import os
    import signal
    from collections.abc import Iterator
    from contextlib import contextmanager
    from typing import Any

    import qa.batch.hearing
    import qa.batch.local
    import qa.batch.reviewing
    import qa.batch.runner
    import qa.cli.progress
    from qa.batch.events import Advanced, Event, Listener, StageFinished, StageStarted
    from qa.cli.app import main
    from tests.support.talking_files import ENGINE, factory

    POINT = os.environ.get("NIGHT_KILL", "")
    NAMES = {StageStarted: "started", Advanced: "advanced", StageFinished: "finished"}
    SHOWN, DRAW = qa.cli.progress.shown_progress, qa.batch.reviewing.draw_day

    def die_at(point: str) -> None:
        if point == POINT:
            os.kill(os.getpid(), signal.SIGKILL)

    @contextmanager
    def shown() -> Iterator[Listener]:
        with SHOWN() as listener:

            def heard(event: Event) -> None:
                listener(event)
                if type(event) in NAMES:
                    die_at(f"{event.stage}:{NAMES[type(event)]}")  # type: ignore[union-attr]

            yield heard

    def draw(*given: Any) -> Any:
        drawn = DRAW(*given)
        if drawn:
            die_at("checks")
        return drawn

    qa.batch.local.real_worker = factory  # type: ignore[assignment]
    qa.batch.runner._real_engine = lambda settings: ENGINE
    qa.batch.hearing._real_engine = lambda settings: ENGINE
    qa.cli.progress.shown_progress = shown
    qa.batch.reviewing.draw_day = draw
    main()
