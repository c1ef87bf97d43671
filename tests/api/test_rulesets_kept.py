"""Rulesets are kept between requests, and never a moment longer than they are in force."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from qa.api.recordings import Recordings
from qa.api.rulesets import Current, loader_of, ruleset_in_force
from qa.api.service import Service
from qa.config import Settings
from qa.errors import ConfigError
from qa.ingest.rows import StationEntry
from qa.scoring.ruleset import BUNDLED
from qa.store.publications import Draft, Signature, publish_ruleset, roll_back
from qa.store.stations import put_stations
from tests.support.call_folders import open_store, settings_for

RULESET = "gas-service"
SIGNED = Signature("吴部长", datetime(2026, 3, 1, tzinfo=UTC))


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    settings = settings_for(tmp_path)
    with open_store(settings) as store:
        recordings = Recordings(settings)
        yield Service(store, recordings, settings)
        recordings.close()


def test_what_has_not_changed_is_read_once(service: Service) -> None:
    assert loader_of(service) is loader_of(service)
    assert ruleset_in_force(service, RULESET) is ruleset_in_force(service, RULESET)


def test_each_publication_and_rollback_counts_at_once(service: Service) -> None:
    bundled = ruleset_in_force(service, RULESET)
    for title in ("第一次", "第二次"):
        _publish(service, title)
        assert ruleset_in_force(service, RULESET).title == title
        assert RULESET in loader_of(service).published_ids
    for title in ("第一次", bundled.title):
        with service.store.writing() as session:
            roll_back(session, RULESET, SIGNED)
        assert ruleset_in_force(service, RULESET).title == title
    assert Current.of(service).in_force(RULESET).publication is None


def test_stations_that_a_folder_hands_in_count_at_once(service: Service) -> None:
    before = Current.of(service).values
    seen = set()
    for station in ("城东维修站", "城西维修站"):
        with service.store.writing() as session:
            put_stations(session, "stations.csv", [StationEntry("幸福小区", station)])
        assert station in Current.of(service).values
        seen.add(Current.of(service).values)
    with service.store.writing() as session:
        put_stations(session, "stations.csv", [])
    assert Current.of(service).values == before
    assert len(seen) == 2


def test_a_named_table_is_read_again_once_it_is_written(service: Service, tmp_path: Path) -> None:
    path = tmp_path / "stations.yaml"
    path.write_text("幸福小区: 城东维修站\n", encoding="utf-8")
    named = _with_stations(service, path)
    assert "城东维修站" in Current.of(named).values
    kept = loader_of(named)
    assert loader_of(named) is kept
    path.write_text("幸福小区: 城西维修站\n", encoding="utf-8")
    later = path.stat().st_mtime_ns + 1_000_000
    os.utime(path, ns=(later, later))
    assert "城西维修站" in Current.of(named).values
    path.unlink()
    with pytest.raises(ConfigError):
        loader_of(named)


def test_other_settings_on_the_same_store_see_their_own_tables(
    service: Service, tmp_path: Path
) -> None:
    path = tmp_path / "stations.yaml"
    path.write_text("幸福小区: 城东维修站\n", encoding="utf-8")
    named = _with_stations(service, path)
    assert "城东维修站" in Current.of(named).values
    assert "城东维修站" not in Current.of(service).values
    assert "城东维修站" in Current.of(named).values


def _with_stations(service: Service, path: Path) -> Service:
    settings = service.settings
    scoring = settings.scoring
    tables = scoring.tables.model_copy(update={"stations": path})
    scoring = scoring.model_copy(update={"tables": tables})
    changed: Settings = settings.model_copy(update={"scoring": scoring})
    return replace(service, settings=changed)


def _publish(service: Service, title: str) -> None:
    text = (BUNDLED / f"{RULESET}.yaml").read_text(encoding="utf-8")
    old = next(line for line in text.splitlines() if line.startswith("title:"))
    draft = loader_of(service).parse(text.replace(old, f"title: {title}"), "a test")
    with service.store.writing() as session:
        publish_ruleset(
            session,
            Draft(RULESET, draft.version, draft.hash, text.replace(old, f"title: {title}")),
            SIGNED,
        )
