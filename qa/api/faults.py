"""What a thread of the service says of a fault that it did not foresee, before it goes on."""

import logging
import traceback
from pathlib import Path


def log_fault(log: logging.Logger, what: str, error: Exception) -> None:
    """Log the kind and the place of a fault; its text may hold what nobody should read."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
    log.error("%s failed: %s at %s", what, type(error).__name__, place)
