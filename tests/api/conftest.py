"""The pages as people see them: an archive of few calls, and clients that are logged in."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from qa.api.app import create_app
from qa.records import UserRole
from tests.support.people import log_in, person
from tests.support.review_store import Review, review_store

BASE = "http://127.0.0.1:8787"


@pytest.fixture(scope="module")
def review(backend: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Review]:
    """An archive of few calls, on the database that the module runs on."""
    with review_store(tmp_path_factory.mktemp("review")) as made:
        yield made


@pytest.fixture(scope="module")
def app(review: Review) -> FastAPI:
    return create_app(review.store, review.settings)


@pytest.fixture
def client(app: FastAPI, review: Review) -> Iterator[TestClient]:
    """A head's browser."""
    with TestClient(app, base_url=BASE, raise_server_exceptions=False) as made:
        log_in(made, review.store, person(review.store, UserRole.HEAD))
        yield made
