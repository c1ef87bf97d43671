"""A service without calls, for everything about accounts."""

from collections.abc import Iterator

import pytest

from tests.support.login_house import House, login_house


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, backend: str) -> Iterator[House]:
    with login_house(tmp_path_factory.mktemp("house")) as made:
        yield made


@pytest.fixture(autouse=True)
def nothing_counted(house: House) -> None:
    house.forget_failures()
