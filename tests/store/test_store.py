"""The database: migrations, sessions, times, locks."""

import pkgutil
import sqlite3
from importlib import import_module
from pathlib import Path

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import qa.store.migrations
from qa.errors import ConfigError, StoreError
from qa.store.store import Store
from qa.store.tables import Table


def url(path: Path) -> str:
    return f"sqlite:///{path}"


def test_a_missing_file_and_its_folder_are_made(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "qa.sqlite3"
    with Store.open(url(path)) as store, store.reading() as session:
        assert session.execute(sqlalchemy.text("PRAGMA integrity_check")).scalar() == "ok"
        assert session.execute(sqlalchemy.text("PRAGMA journal_mode")).scalar() == "wal"
        assert session.execute(sqlalchemy.text("PRAGMA foreign_keys")).scalar() == 1
        assert session.execute(sqlalchemy.text("PRAGMA synchronous")).scalar() == 1


def test_an_old_empty_file_is_migrated_and_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "qa.sqlite3"
    sqlite3.connect(path).close()
    path.touch()
    for _ in range(2):
        with Store.open(url(path)) as store, store.reading() as session:
            version = session.execute(sqlalchemy.text("SELECT * FROM alembic_version")).all()
            assert [tuple(row) for row in version] == [(qa.store.migrations.HEAD,)]


def test_migrations_give_exactly_the_tables_of_the_code(tmp_path: Path) -> None:
    for module in pkgutil.iter_modules(qa.store.__path__):
        if module.name.startswith("tables"):
            import_module(f"qa.store.{module.name}")
    with Store.open(url(tmp_path / "qa.sqlite3")) as store, store.reading() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []


def test_head_is_the_last_migration() -> None:
    config = Config()
    folder = Path(qa.store.migrations.__file__).parent
    config.set_main_option("script_location", str(folder))
    assert ScriptDirectory.from_config(config).get_current_head() == qa.store.migrations.HEAD


def test_a_database_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "qa.sqlite3"
    Store.open(url(path)).close()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="a newer Tingjian made it"):
        Store.open(url(path))


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "qa.sqlite3"
    path.write_text("this is a letter, not a database\n" * 100)
    with pytest.raises(StoreError, match=r"cannot open the database.*not a database"):
        Store.open(url(path))
    assert path.read_text().startswith("this is a letter")


def test_wrong_urls_and_zones_are_config_errors(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"database\.url"):
        Store.open("no url at all")
    with pytest.raises(ConfigError, match="zone"):
        Store.open(url(tmp_path / "a.sqlite3"), timezone="Mars/Olympus")


def test_the_password_is_not_shown() -> None:
    with pytest.raises(StoreError) as caught:
        Store.open("postgresql+nodriver://user:hush@localhost/qa")
    assert "hush" not in str(caught.value)
