"""Where the browser tests find Chromium and axe; each says why when it cannot."""

import os
import shutil
import subprocess
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_HERE = Path(__file__).parent
_AXE = _HERE / "node_modules" / "axe-core" / "axe.min.js"

# Background requests of the browser would only fail on a closed network, many at a time.
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--autoplay-policy=no-user-gesture-required",
)


class PartMissingError(Exception):
    """Something that the browser tests need is not on this machine."""


def find_chromium() -> Path:
    """Find the browser: `CHROMIUM`, else under its usual names.

    Raises:
        PartMissingError: there is none.
    """
    given = os.environ.get("CHROMIUM")
    found = given or next((path for name in _NAMES if (path := shutil.which(name))), None)
    if not found or not Path(found).is_file():
        raise PartMissingError("no Chromium: install it, or name it in CHROMIUM")
    return Path(found)


def axe_script() -> str:
    """Read the accessibility checker, fetched by npm where it is not there yet.

    Raises:
        PartMissingError: it cannot be had.
    """
    if not _AXE.is_file():
        npm = shutil.which("npm")
        if npm is None:
            raise PartMissingError(
                "axe-core is not installed, and there is no npm to fetch it with"
            )
        fetched = subprocess.run(
            [npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"],
            cwd=_HERE,
            capture_output=True,
            timeout=300,
            check=False,
        )
        if fetched.returncode or not _AXE.is_file():
            raise PartMissingError("npm could not fetch axe-core (npm ci in tests/browser)")
    return _AXE.read_text("utf-8")
