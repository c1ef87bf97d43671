"""The terminal as the commands see it."""

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

PIPED_WIDTH = 100


def results() -> "Console":
    """Open stdout for results; 100 columns wide when it is piped and no one says otherwise."""
    from rich.console import Console

    console = Console()
    if not sys.stdout.isatty() and "COLUMNS" not in os.environ:
        console.width = PIPED_WIDTH
    return console
