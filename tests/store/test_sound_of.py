"""What to play of a call is found by its places alone, and is what the whole call would say."""

from collections.abc import Iterator

import pytest
from sqlalchemy import update

from qa.api.recordings import Recordings
from qa.api.service import Service, load_call
from qa.errors import NotFoundError
from qa.records import Scope
from qa.store.queries import EVERYTHING
from qa.store.queries_queue import sound_of
from qa.store.tables import CallRow
from tests.support.review_store import CALLS, Review, review_store


@pytest.fixture(scope="module")
def review(backend: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Review]:
    """An archive of few calls, on the database that the module runs on."""
    with review_store(tmp_path_factory.mktemp("sound")) as made:
        yield made


def test_every_call_plays_what_its_page_shows(review: Review) -> None:
    recordings = Recordings(review.settings)
    service = Service(review.store, recordings, review.settings)
    found = {}
    for call_id in CALLS:
        loaded = load_call(service, EVERYTHING, call_id)
        with review.store.reading() as session:
            found[call_id] = sound_of(session, EVERYTHING, call_id)
        assert found[call_id] == (loaded.recording_id, loaded.detail.path)
    recordings.close()
    assert len(set(found.values())) == len(CALLS)
    assert all(recording_id for recording_id, _ in found.values())


def test_only_the_own_scope_is_played(review: Review) -> None:
    with review.store.reading() as session:
        assert sound_of(session, Scope(agent_id="108"), "clean")[0]
        with pytest.raises(NotFoundError):
            sound_of(session, Scope(agent_id="136"), "clean")
        with pytest.raises(NotFoundError):
            sound_of(session, EVERYTHING, "no-such-call")


def test_a_replaced_call_plays_what_replaced_it(review: Review) -> None:
    replaced = update(CallRow).where(CallRow.call_id == "clean")
    with review.store.reading() as session:
        heir = sound_of(session, EVERYTHING, "open")
        assert sound_of(session, EVERYTHING, "clean") != heir
    with review.store.writing() as session:
        session.execute(replaced.values(replaced_by="open"))
    try:
        with review.store.reading() as session:
            assert sound_of(session, EVERYTHING, "clean") == heir
    finally:
        with review.store.writing() as session:
            session.execute(replaced.values(replaced_by=None))
