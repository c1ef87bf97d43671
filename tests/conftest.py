"""What all tests share: clean settings, and the speech model where a test is marked `model`."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

from qa.errors import ConfigError
from qa.transcribe.models import model_path

IN_CI = os.environ.get("CI", "").lower() not in ("", "0", "false")
# A busy machine must not fail a property test; in CI the same examples come up every time.
settings.register_profile("qa", deadline=None, max_examples=60, derandomize=IN_CI)
settings.load_profile("qa")

MODELS_DIR = os.environ.get("QA_MODELS_DIR")
pytest_plugins = ("tests.support.databases",)
# Markers of tests that need a part which a user's machine may lack; CI installs all of them.
PARTS = ("model", "voices", "postgres", "browser", "ray", "s3", "sherpa")
MODELS = {"model": "base", "voices": "campplus"}


@pytest.fixture(autouse=True)
def clean_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the settings of the machine's user out of the tests, except where the models lie."""
    for name in list(os.environ):
        if name.startswith("QA_") and name != "QA_MODELS_DIR":
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def base_model() -> Path:
    """The verified folder of the model `base`; use it in tests marked `model`."""
    return model_path("base", models_dir=Path(MODELS_DIR) if MODELS_DIR else None)


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker, model in MODELS.items():
        if item.get_closest_marker(marker) is None:
            continue
        try:
            model_path(model, models_dir=Path(MODELS_DIR) if MODELS_DIR else None)
        except ConfigError as error:
            pytest.skip(f"the model '{model}' cannot be had: {error}".splitlines()[0])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn the skip of a test that needs a part into a failure in CI, where all parts must be."""
    report = yield
    needs_part = any(item.get_closest_marker(name) for name in PARTS)
    if IN_CI and report.skipped and needs_part and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} must not be skipped in CI. {reason}"
    return report
