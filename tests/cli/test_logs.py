"""A recorder that puts the caller's number into names of files: no log shows it."""

import logging
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from qa.logs import HidingFormatter, hide_mobiles
from tests.support.call_folders import make_folder, open_store, settings_for, settled
from tests.support.databases import environment_of
from tests.support.waiting import SLOW_S

ROOT = Path(__file__).resolve().parents[2]
PHONE = "13912345678"


def test_ids_and_tracebacks_lose_their_numbers() -> None:
    assert hide_mobiles(f"out-{PHONE}-20251118") == "out-139****5678-20251118"
    assert hide_mobiles("20251118093012345") == "20251118093012345"
    assert hide_mobiles("1763775015123") == "1763775015123"
    try:
        raise ValueError(f"call {PHONE}")
    except ValueError:
        record = logging.LogRecord("qa", 40, "a.py", 1, "call %s", (PHONE,), sys.exc_info())
    said = HidingFormatter("%(message)s").format(record)
    assert PHONE not in said and said.count("139****5678") == 2


@pytest.mark.parametrize(
    "name",
    [
        *(f"86{PHONE}.wav", f"+86{PHONE}", f"0086{PHONE}-1", f"0{PHONE}-801", f"out-9{PHONE}"),
        *(f"20251118{PHONE}", f"202511180930150{PHONE}", f"{PHONE}20251118093015"),
        "139-1234-5678.wav",
    ],
)
def test_numbers_as_exchanges_write_them_are_hidden_too(name: str) -> None:
    assert hide_mobiles(name) == name.replace("1234", "****")


def test_a_night_in_a_log_shows_no_number(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "in", 1)
    settled(folder / "day" / f"{PHONE}-in.wav", "!refuse\n坐席: 您好")
    settled(folder / "day" / f"{PHONE}-out.json", "{")
    settled(folder / "day" / f"{PHONE}-out.wav", "!die\n坐席: 您好")
    environment = environment_of(settings_for(tmp_path, workers=1))
    environment |= {"TALKING_LOG": str(tmp_path / "log"), "QA_BATCH__WORKERS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.talking_qa", "run", str(folder)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SLOW_S,
    )
    assert done.returncode == 1
    assert "139****5678-in.wav: not_audio" in done.stderr
    assert "139****5678-out.json" in done.stdout
    assert PHONE not in done.stderr + done.stdout


def test_values_of_statements_are_in_no_error(tmp_path: Path) -> None:
    with open_store(settings_for(tmp_path)) as store:
        with store.reading() as session, pytest.raises(DBAPIError) as raised:
            session.execute(text("SELECT :name FROM nowhere"), {"name": "王小明"})
        assert "王小明" not in str(raised.value)
        assert isinstance(raised.value.orig, sqlite3.OperationalError)
