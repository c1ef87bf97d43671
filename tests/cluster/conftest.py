"""A cluster of real Ray nodes, once for all tests here; they leave it with both nodes running."""

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from benchlib.ray_nodes import RayNodes

from tests.support.talking_files import let_go

ROOT = Path(__file__).resolve().parents[2]


class House:
    """A head and one more node, with the logs that their workers write."""

    def __init__(self, folder: Path) -> None:
        self.heard, self.places = folder / "heard.log", folder / "places.log"
        environment = {
            "PYTHONPATH": str(ROOT),
            "TALKING_LOG": str(self.heard),
            "PLACES_LOG": str(self.places),
        }
        self.nodes = RayNodes(environment)
        self.forget()

    def start(self, number: int, **options: int) -> None:
        blind = {"BLIND": "1"} if options.pop("blind", 0) else {}
        environment = {"PLACE": f"node{number}", **blind}
        self.nodes.start(number, environment=environment, **options)

    def forget(self) -> None:
        """Empty the logs; recordings with the order `!held` are held again."""
        for log in (self.heard, self.places):
            log.write_text("")
        for mark in (".held", ".go"):
            self.heard.with_suffix(mark).unlink(missing_ok=True)

    def let_go(self) -> None:
        """Let the nodes hear recordings with the order `!held`."""
        let_go(self.heard)


@pytest.fixture(scope="session")
def whole_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    if find_spec("ray") is None:
        pytest.skip("Ray is not installed: pip install 'tingjian[cluster]'")
    house = House(tmp_path_factory.mktemp("cluster"))
    before = dict(os.environ)
    with house.nodes:
        os.environ.update(house.nodes.environment)
        house.start(0, cpus=1, gpus=1)
        house.nodes.wait(0)
        house.start(1)
        house.nodes.wait(1)
        yield house
    for name in house.nodes.environment:
        os.environ.pop(name)
    os.environ.update(before)


@pytest.fixture
def house(whole_house: House) -> House:
    """The cluster with both nodes there, and empty logs."""
    whole_house.forget()
    return whole_house
