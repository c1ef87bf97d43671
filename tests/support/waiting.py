"""How tests wait: for the state itself, and far longer than a busy machine takes to come to it."""

import subprocess
import time
from collections.abc import Callable

SLOW_S = 400
"""What anything may take that takes seconds on an idle machine; only a wrong test waits so long."""


def until(came: Callable[[], object], process: "subprocess.Popen[str] | None" = None) -> None:
    """Wait until something has come true.

    Args:
        process: what is to make it true; where it ends before, what it said is told.

    Raises:
        AssertionError: it never did.
    """
    deadline = time.monotonic() + SLOW_S
    while not came():
        if process is not None and process.poll() is not None and not came():
            raise AssertionError(f"it ended before: {process.communicate()}")
        if time.monotonic() > deadline:
            said = ""
            if process is not None:
                process.kill()
                said = str(process.communicate())
            raise AssertionError(f"it did not come true in time {said}")
        time.sleep(0.02)


def finish(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    """Wait for a program's end; its exit code, and what it wrote to stdout and stderr."""
    try:
        out, err = process.communicate(timeout=SLOW_S)
    except subprocess.TimeoutExpired:
        process.kill()
        raise AssertionError(f"it did not end: {process.communicate()}") from None
    return process.returncode, out or "", err or ""
