"""Runs the tests of a folder on SQLite and on a real PostgreSQL.

A plugin of `tests/conftest.py`. In the folders of `ON_BOTH`, settings that name no
database lead to one of their own: a file in their data folder, or a database of a PostgreSQL
server that is started once for all tests. Tests that name a file themselves stay on it.
"""

import itertools
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from benchlib.postgres import Cluster, NoPostgresError
from sqlalchemy import text

from qa.config import DatabaseSettings, Settings
from qa.store.store import Store
from tests.support.waiting import SLOW_S

ON_BOTH = ("tests/store/", "tests/batch/", "tests/api/", "tests/review/", "tests/ingest/")
OPENERS = {"open_store", "settings_for", "review_store", "login_house"}
"""Helpers by which a module opens stores; one that has none of them runs once."""
SQLITE, POSTGRES = "sqlite", "postgres"
POSTGRES_DIALECT = "postgresql"
_ROOT = Path(__file__).parents[2]
_TEMPLATE = "qa_template"


class Databases:
    """Databases of one server, made from a template that is up to date.

    Attributes:
        cluster: the server.
    """

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._numbers = itertools.count(1)
        self._of: dict[Path, str] = {}
        cluster.execute(f"CREATE DATABASE {_TEMPLATE}")
        Store.open(cluster.url(_TEMPLATE)).close()

    def url(self, folder: Path) -> str:
        """Return the database of a data folder; make it when it is asked for first."""
        folder = folder.absolute()
        if folder not in self._of:
            name = f"qa_{next(self._numbers)}"
            self.cluster.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
            self._of[folder] = name
        return self.cluster.url(self._of[folder])

    def empty(self) -> str:
        """Return the URL of a new database without tables."""
        name = f"qa_{next(self._numbers)}"
        self.cluster.execute(f"CREATE DATABASE {name}")
        self._of[Path(f"/{name}")] = name
        return self.cluster.url(name)

    def drop_all(self) -> None:
        """Drop every database but the template, whoever is still connected."""
        for name in self._of.values():
            self.cluster.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        self._of.clear()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Databases]:
    """A PostgreSQL server for the whole run of the tests."""
    try:
        cluster = Cluster()
    except NoPostgresError as error:
        pytest.skip(str(error))
    with cluster:
        yield Databases(cluster)


@pytest.fixture(scope="module")
def postgres(postgres_server: Databases) -> Iterator[Databases]:
    """The server's databases, gone after the module; mark the test `postgres`."""
    yield postgres_server
    postgres_server.drop_all()


@pytest.fixture(scope="module", autouse=True)
def backend(request: pytest.FixtureRequest) -> Iterator[str]:
    """Which database settings lead to in this module: `sqlite` or `postgres`."""
    kind = getattr(request, "param", SQLITE)
    if kind == SQLITE:
        yield kind
        return
    databases: Databases = request.getfixturevalue("postgres")
    with pytest.MonkeyPatch.context() as patch:
        _put_into_settings(patch, databases)
        yield kind


def _put_into_settings(patch: pytest.MonkeyPatch, databases: Databases) -> None:
    """Let settings that name no database name one of these, by their data folder.

    The settings themselves hold the address, because worker processes get them.
    """
    made, copied = Settings.__init__, Settings.model_copy

    def make(self: Settings, **values: Any) -> None:
        made(self, **values)
        if self.database.url is None:
            self.__dict__["database"] = DatabaseSettings(url=databases.url(self.data_dir))

    def copy(self: Settings, *, update: Any = None, deep: bool = False) -> Settings:
        if update and "data_dir" in update and "database" not in update:
            update = {**update, "database": DatabaseSettings(url=databases.url(update["data_dir"]))}
        return copied(self, update=update, deep=deep)

    patch.setattr(Settings, "__init__", make)
    patch.setattr(Settings, "model_copy", copy)


def environment_of(settings: Settings) -> dict[str, str]:
    """Return what a program that is started must find in its environment to open this database."""
    return {
        **os.environ,
        "QA_BATCH__WAIT_S": "0",  # who is refused is refused at once
        "QA_DATA_DIR": str(settings.data_dir),
        "QA_DATABASE__URL": settings.database_url,
    }


def wait_until_one_waits(store: Store) -> None:
    """Wait until somebody waits for rows that a transaction of this very test holds.

    Raises:
        AssertionError: nobody came to wait.
    """
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
        "AND datname = current_database()"
    )
    deadline = time.monotonic() + SLOW_S
    while time.monotonic() < deadline:
        with store.reading() as session:
            if session.get_bind().dialect.name != POSTGRES_DIALECT:
                return  # SQLite has one writer: others wait before they have read anything
            if session.execute(waiting).scalar():
                return
        time.sleep(0.02)
    raise AssertionError("nobody waits for what is held")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests of the folders twice where their module opens stores."""
    path = metafunc.definition.path
    if not path.is_relative_to(_ROOT) or "backend" not in metafunc.fixturenames:
        return
    inside = path.relative_to(_ROOT).as_posix().startswith(ON_BOTH)
    if inside and OPENERS & vars(metafunc.module).keys():
        both = [SQLITE, pytest.param(POSTGRES, marks=pytest.mark.postgres)]
        metafunc.parametrize("backend", both, indirect=True, scope="module")
