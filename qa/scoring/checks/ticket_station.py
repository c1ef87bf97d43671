"""The repair station on the ticket is the one that serves the address (TK04)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from qa.scoring.check import Check, Example, Scene
from qa.scoring.checks.read_back import not_judged
from qa.scoring.checks.ticket_matches import ticket_verdict
from qa.scoring.readback.ticket_places import compare_station
from qa.types import Outcome, Verdict

_STATIONS = {"幸福小区": "城东维修站", "阳光花园": "城西维修站"}
_CALL = (
    "客户: 我家暖气不热。\n坐席: 暖气不热，您家地址？\n客户: 幸福小区三号楼二单元五零一。\n"
    "坐席: 幸福小区三号楼二单元五零一，对吗？\n客户: 对。\n坐席: 感谢您的来电，再见。"
)


@dataclass(frozen=True)
class TicketStation(Check):
    """The ticket went to the station that serves the compound which the customer confirmed.

    Why: a ticket for another station comes back hours later.
    Mistakes: compounds are heard by sound; where the names of two stations' compounds sound alike,
    the sound is asked. An empty table, a compound that is not in it, no ticket, or an address that
    was not confirmed leave the rule undecided.

    Attributes:
        stations: the station table: compound to station.
    """

    kind = "ticket_station"
    stations: Mapping[str, str] = field(default_factory=dict)
    examples = (
        Example(
            {"stations": _STATIONS},
            _CALL,
            Outcome.MET,
            {"ticket": {"ticket_id": "1", "station": "城东维修站"}},
        ),
        Example(
            {"stations": _STATIONS},
            _CALL,
            Outcome.VIOLATED,
            {"ticket": {"ticket_id": "1", "station": "城西维修站"}},
        ),
        Example({}, _CALL, Outcome.UNDECIDED, {"ticket": {"ticket_id": "1", "station": "城东站"}}),
        Example({"stations": _STATIONS}, _CALL, Outcome.UNDECIDED),
    )

    def run(self, scene: Scene) -> Verdict:
        """Look the compound up and compare the station."""
        if early := not_judged(scene):
            return early
        ticket = scene.call.ticket
        if ticket is None or not ticket.station:
            return Verdict(Outcome.UNDECIDED, "metadata_missing", (("field", "ticket"),))
        compared = compare_station(scene, ticket.station, self.stations) if self.stations else None
        if compared is None:
            return Verdict(Outcome.UNDECIDED, "station_unknown")
        return ticket_verdict(scene, "station", (compared,))
