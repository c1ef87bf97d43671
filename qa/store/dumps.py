"""PostgreSQL's own programs `pg_dump` and `pg_restore`, as backups use them."""

import os
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from pathlib import Path
from typing import IO

from sqlalchemy import URL

from qa.errors import StoreError

MAGIC = b"PGDMP"
"""How a dump in PostgreSQL's custom format begins."""
KEPT_PREFIX = "qa_kept_"
"""Schemas in which a restore keeps what was there before begin so."""
_COPY = re.compile(rb'COPY (?:"?[\w$]+"?\.)?"?(\w+)"? \(.*FROM stdin;$')


def has_programs() -> bool:
    """Whether `pg_dump` and `pg_restore` are on the path."""
    return all(shutil.which(name) for name in ("pg_dump", "pg_restore"))


def write_dump(url: URL, file: Path, snapshot: str) -> None:
    """Dump a database as one open transaction sees it.

    Args:
        snapshot: what `pg_export_snapshot()` said in that transaction.

    Raises:
        StoreError: the program failed, for example because the server is newer than it.
    """
    options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
    options += [f"--exclude-schema={KEPT_PREFIX}*", f"--file={file}"]
    _run("pg_dump", url, *options)


def load_dump(url: URL, file: Path) -> None:
    """Put a dump into a database that has none of its tables, all of it or nothing.

    Raises:
        StoreError: the program failed.
    """
    options = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
    _run("pg_restore", url, *options, str(file))


def count_dump(file: Path) -> dict[str, int]:
    """Read a dump to its end and count the rows of each table; holds one row at a time.

    Raises:
        StoreError: it is damaged or cut off, or `pg_restore` is not installed.
    """
    if shutil.which("pg_restore") is None:
        raise StoreError(f"{file.name} is a PostgreSQL dump; install pg_restore to read it")
    command = ["pg_restore", "--data-only", "--file=-", str(file)]
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, stdin=subprocess.DEVNULL
        ) as program,
    ):
        assert program.stdout is not None  # it is a pipe
        rows = _count(program.stdout)
        if program.wait():
            raise StoreError(f"the backup {file.name} is damaged or cut off: {_said(errors)}")
    return rows


def _count(lines: IO[bytes]) -> dict[str, int]:
    rows: Counter[str] = Counter()
    table = None
    for line in lines:
        if table is None:
            found = _COPY.match(line.rstrip(b"\n"))
            if found:
                table = found[1].decode()
                rows[table] += 0
        elif line == b"\\.\n":
            table = None
        else:
            rows[table] += 1
    return dict(rows)


def _run(program: str, url: URL, *options: str) -> None:
    from psycopg.conninfo import make_conninfo

    _, known = url.get_dialect()().create_connect_args(url)
    password = known.pop("password", None)  # never among the arguments, which everybody can read
    environment = {**os.environ, **({"PGPASSWORD": str(password)} if password else {})}
    with tempfile.TemporaryFile() as errors:
        done = subprocess.run(
            [program, f"--dbname={make_conninfo(**known)}", *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env=environment,
            check=False,
        )
        if done.returncode:
            raise StoreError(f"{program} failed: {_said(errors)}")


def _said(errors: IO[bytes]) -> str:
    """Pick the line that says what went wrong; lines behind it may hold people's data."""
    errors.seek(0)
    lines = errors.read(10_000).decode("utf-8", "replace").splitlines()
    return next((line for line in lines if "error" in line), (lines or ["no reason given"])[0])
