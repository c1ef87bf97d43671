"""PDF of a report's HTML by Chromium, where there is one; else the browser's own print does it."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from qa.config_reports import ReportSettings
from qa.errors import ConfigError

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_TIMEOUT_S = 60
# Nothing is fetched: the file holds no address that is loaded, and no host resolves.
_ARGUMENTS = (
    *("--headless=new", "--disable-gpu", "--no-first-run", "--disable-extensions"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--host-resolver-rules=MAP * ~NOTFOUND", "--no-pdf-header-footer"),
)


def find_chromium(settings: ReportSettings) -> Path | None:
    """Find the browser: the one of the settings, else under its usual names; None without one."""
    if settings.chromium is not None:
        return settings.chromium if settings.chromium.is_file() else None
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    return Path(found) if found else None


def make_pdf(settings: ReportSettings, html: bytes) -> bytes:
    """Print a report's HTML.

    Raises:
        ConfigError: there is no Chromium, or it failed; the message says what to do instead.
    """
    browser = find_chromium(settings)
    if browser is None:
        raise ConfigError(
            "there is no Chromium (reports.chromium): open the HTML file and print it in a browser"
        )
    with tempfile.TemporaryDirectory(prefix="tingjian-pdf-") as folder:
        page, pdf = Path(folder, "report.html"), Path(folder, "report.pdf")
        page.write_bytes(html)
        command = [
            *(str(browser), *_ARGUMENTS, *_sandbox()),
            *(f"--user-data-dir={folder}/profile", f"--print-to-pdf={pdf}", page.as_uri()),
        ]
        try:
            done = subprocess.run(command, capture_output=True, timeout=_TIMEOUT_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ConfigError(f"Chromium did not make the PDF: {type(error).__name__}") from error
        if not pdf.is_file():
            raise ConfigError(f"Chromium did not make the PDF: exit code {done.returncode}")
        return pdf.read_bytes()


def _sandbox() -> tuple[str, ...]:
    """Leave the sandbox on, but for root, whom Chromium refuses it."""
    return ("--no-sandbox",) if os.geteuid() == 0 else ()
