"""What this machine has: processor cores, memory, GPUs; and how many workers that makes."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from qa.config import Settings

_CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
_MEMORY_SHARE = 0.8
"""Of the machine's memory for all workers together; the rest is for everybody else."""
_MAX_DECODERS = 8
_TOGETHER_ON_GPU = 16
_VISIBLE = "CUDA_VISIBLE_DEVICES"


def core_count() -> int:
    """Count the processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def gpu_count(settings: Settings) -> int:
    """Count the GPUs that the model of the settings runs on; 0 where it runs on the processor."""
    from qa.transcribe.recognisers import runs_on_gpus

    if not runs_on_gpus(settings.hearing):
        return 0
    from qa.transcribe.devices import count_gpus

    return count_gpus()


def worker_count(settings: Settings, *, at_most: int) -> int:
    """Choose how many workers a run has: those of the settings, one per GPU, or one per core.

    Args:
        at_most: pieces of work.

    Returns:
        At least 1.
    """
    count = settings.batch.workers or gpu_count(settings) or core_count()
    return max(1, min(count, at_most))


def decoder_count(settings: Settings, gpus: int) -> int:
    """Choose how many processes decode for one worker, so that a GPU never waits for samples."""
    return settings.batch.decoders or max(
        1, min(_MAX_DECODERS, core_count() // gpus) if gpus else 1
    )


def together_count(settings: Settings, gpus: int) -> int:
    """Choose how many recordings a worker hears at once: on a GPU enough to fill it."""
    return settings.batch.together or (_TOGETHER_ON_GPU if gpus else 1)


def worker_memory_mb(settings: Settings, workers: int) -> int | None:
    """Choose what one worker may take, MiB; None where the machine does not say what it has."""
    if settings.batch.worker_memory_mb:
        return settings.batch.worker_memory_mb
    total = memory_mb()
    return None if total is None else int(total * _MEMORY_SHARE / max(1, workers))


def memory_mb() -> int | None:
    """Read how much memory this machine, or the container that this process is in, has, in MiB."""
    found = []
    with suppress(OSError, ValueError, AttributeError):
        found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    with suppress(OSError, ValueError):  # "max" where there is no limit
        found.append(int(_CGROUP_LIMIT.read_text()))
    return min(found) >> 20 if found else None


def resident_mb(pid: int) -> int | None:
    """Read how much memory a process takes, MiB; None where that cannot be told."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE") >> 20


def gpu_environment(number: int, gpus: int, environment: Mapping[str, str]) -> dict[str, str]:
    """Say by which variable a worker sees its GPU and no other; nothing where there is none.

    Args:
        number: of the worker, from 0.
        environment: where an administrator may have chosen GPUs already.
    """
    if gpus < 1:
        return {}
    given = [name for name in environment.get(_VISIBLE, "").split(",") if name.strip()]
    chosen = number % gpus
    return {_VISIBLE: given[chosen].strip() if chosen < len(given) else str(chosen)}
