"""Imports go in one direction, libraries stay in their rooms, scoring stays pure (style.md 3)."""

import ast
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# From the entry points to the foundations. A module may import what stands on a later step only;
# the names on one step are strangers to each other.
STEPS = (
    ("cli",),
    ("api",),
    ("batch",),
    ("pipeline", "store", "reports"),
    ("review",),
    ("masking",),
    ("ingest", "transcribe", "scoring"),
    ("turns", "config_listing"),
    ("text", "config", "codec", "wording"),
    ("config_reports", "config_words"),
    ("reasons", "sections"),
    ("packed", "records", "refusals", "vault"),
    ("types", "errors", "logs"),
    ("slotted",),
)
STEP_OF = {name: number for number, names in enumerate(STEPS) for name in names}

# Library -> where it may be imported (patterns of paths below the repository).
ROOMS = {
    **dict.fromkeys(
        ("faster_whisper", "ctranslate2", "webrtcvad", "pydub", "soundfile", "soxr", "av"),
        ("qa/transcribe/*",),
    ),
    "numpy": (
        "qa/transcribe/*",
        "qa/scoring/grams.py",
        "qa/scoring/lexicon.py",
        "qa/scoring/ruleset_turns.py",
        "qa/scoring/sweep.py",
        "qa/scoring/turn_classes.py",
    ),
    "rapidfuzz": ("qa/scoring/match.py",),
    "onnxruntime": ("qa/transcribe/campplus.py",),
    "onnx": ("qa/transcribe/campplus.py", "qa/transcribe/sherpa.py"),
    "sherpa_onnx": ("qa/transcribe/sherpa.py",),
    "orjson": ("qa/packed/*",),
    **dict.fromkeys(("sqlalchemy", "alembic"), ("qa/store/*",)),
    "argon2": ("qa/store/passwords.py",),
    "xlsxwriter": ("qa/reports/*",),
    "cryptography": ("qa/vault/*",),
    **dict.fromkeys(("fastapi", "starlette", "jinja2", "uvicorn"), ("qa/api/*",)),
    **dict.fromkeys(
        ("pydantic", "pydantic_settings"),
        (
            *("qa/api/*", "qa/config.py", "qa/codec.py", "qa/ingest/*", "qa/scoring/ruleset*.py"),
            *("qa/scoring/conditions/*", "qa/sections.py", "qa/config_*.py"),
        ),
    ),
    "prometheus_client": ("qa/api/metrics.py",),
    **dict.fromkeys(("s3fs", "fsspec", "botocore"), ("qa/ingest/objects.py",)),
    "ray": ("qa/batch/cluster_*.py",),
    **dict.fromkeys(("typer", "click", "rich"), ("qa/cli/*",)),
}

# What would make a scorecard depend on anything but its inputs.
IMPURE_MODULES = {
    *("time", "random", "secrets", "uuid", "socket", "ssl", "http", "urllib", "httpx", "requests"),
    *("subprocess", "tempfile", "shutil"),
}
CLOCK_CALLS = {"now", "utcnow", "today"}
FILE_CALLS = {"open", "read_text", "read_bytes", "write_text", "write_bytes"}
MAY_READ_FILES = "qa/scoring/ruleset*.py"


def violations(path: str, source: str) -> list[str]:
    """What a module does that its room forbids; `path` is relative to the repository."""
    tree = ast.parse(source)
    found = [
        problem
        for line, module in imported_modules(path, tree)
        for problem in import_problems(path, module, line)
    ]
    if path.startswith("qa/scoring/"):
        found += purity_problems(path, tree)
    return found


def imported_modules(path: str, tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and full dotted name of everything imported, wherever in the module it stands."""
    package = path.removesuffix(".py").split("/")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *(node.module or "").split(".")]).strip(".")
            # `from qa import types` names the module only in its second half.
            for alias in node.names:
                yield node.lineno, f"{base}.{alias.name}"


def import_problems(path: str, module: str, line: int) -> Iterator[str]:
    library = module.split(".")[0]
    where = f"{path}:{line} imports {module}"
    if library == "qa":
        yield from direction_problems(path, module, where)
    rooms = ROOMS.get(library)
    if rooms and not any(fnmatch(path, room) for room in rooms):
        yield f"{where}: {library} belongs in {', '.join(rooms)}"
    if path.startswith("qa/scoring/") and library in IMPURE_MODULES:
        yield f"{where}: scoring knows no clock, chance, process or network"


def direction_problems(path: str, module: str, where: str) -> Iterator[str]:
    importer, imported = room_of(path.removesuffix(".py").split("/")), room_of(module.split("."))
    if importer is None or imported in (None, importer):
        return
    for name in (importer, imported):
        if name not in STEP_OF:
            yield f"{where}: '{name}' stands on no step; give it one in {Path(__file__).name}"
            return
    if STEP_OF[imported] <= STEP_OF[importer]:
        yield f"{where}: imports go from {' > '.join('/'.join(step) for step in STEPS)}"


def room_of(parts: list[str]) -> str | None:
    """The folder or module directly below `qa`; None for the package itself (its version)."""
    name = parts[1] if len(parts) > 1 else "__init__"
    return None if name.startswith("__") else name


def purity_problems(path: str, tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name in CLOCK_CALLS:
            yield f"{path}:{node.lineno} asks the time with {name}()"
        if name in FILE_CALLS and not fnmatch(path, MAY_READ_FILES):
            yield f"{path}:{node.lineno} opens a file with {name}(); only ruleset.py reads files"


MODULES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("qa/**/*.py"))


@pytest.mark.parametrize("path", MODULES)
def test_module_keeps_to_its_room(path: str) -> None:
    assert violations(path, (ROOT / path).read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("qa/scoring/a.py", "from qa.store import tables"),
        ("qa/scoring/a.py", "from qa import pipeline"),
        ("qa/scoring/a.py", "from ..transcribe import engine"),
        ("qa/scoring/a.py", "def f():\n    import numpy as np"),
        ("qa/scoring/checks/a.py", "from rapidfuzz import fuzz"),
        ("qa/scoring/a.py", "import random"),
        ("qa/scoring/a.py", "from datetime import datetime\nx = datetime.now()"),
        ("qa/scoring/a.py", "from pathlib import Path\nx = Path('a').read_text()"),
        ("qa/scoring/a.py", "x = open('a')"),
        ("qa/store/a.py", "from fastapi import Request"),
        ("qa/store/a.py", "from qa.reports import layout"),
        ("qa/review/a.py", "from qa.store import tables"),
        ("qa/batch/a.py", "import sqlalchemy.orm"),
        ("qa/batch/a.py", "from qa.cli.app import main"),
        ("qa/api/a.py", "import typer"),
        ("qa/types/call.py", "from qa.errors import QAError"),
        ("qa/text.py", "import pydantic"),
        ("qa/transcribe/a.py", "if TYPE_CHECKING:\n    from qa.pipeline import Worker"),
        ("qa/cli/a.py", "from qa.newroom import thing"),
    ],
)
def test_forbidden_imports_are_seen(path: str, source: str) -> None:
    assert len(violations(path, source)) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("qa/cli/a.py", "import typer\nfrom qa.scoring.ruleset import load_ruleset"),
        ("qa/scoring/match.py", "from rapidfuzz import fuzz\nfrom qa.types import Span"),
        ("qa/scoring/ruleset_yaml.py", "import pydantic\nx = open('a')"),
        ("qa/scoring/a.py", "from datetime import date\nx = date.fromisoformat('2026-01-01')"),
        ("qa/transcribe/a.py", "from qa.transcribe.b import c\nimport time"),
        ("qa/store/a.py", "import qa\nfrom qa import __version__"),
    ],
)
def test_allowed_imports_pass(path: str, source: str) -> None:
    assert violations(path, source) == []
