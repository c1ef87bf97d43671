"""The ticket's address and repair station beside what both sides called the place."""

from collections.abc import Mapping, Sequence

from qa.scoring.addresses import (
    Address,
    Compound,
    compound_likeness,
    parse_address,
    same_compound,
)
from qa.scoring.check import Scene
from qa.scoring.hypotheses import Kind
from qa.scoring.readback.address_said import PARTS, AddressTalk, Said, address_talk, valid_marks
from qa.scoring.readback.details import judge_detail, talk_of
from qa.scoring.readback.digits import subsequence
from qa.scoring.readback.findings import MET
from qa.scoring.readback.marks import Mark
from qa.scoring.readback.places import spoken
from qa.scoring.readback.tickets import Agreement, Compared, Place, listen, stands, unconfirmed
from qa.scoring.sounds import sound_regex
from qa.scoring.syllables import syllables
from qa.text import fold


def compare_address(scene: Scene, written: str, names: tuple[str, ...]) -> tuple[Compared, ...]:
    """Compare the ticket's address part by part: compound by sound, numbers exactly."""
    detail = judge_detail(scene, "address", names)
    if detail.state not in MET:
        return (Compared("address", unconfirmed(detail.state), detail.matches),)
    talk = talk_of(scene)
    said = address_talk(talk, names)
    address = parse_address(written)
    compound = compare_compound(scene, address.compound, names)
    return (compound, *(_compare_part(scene, said, address, part) for part in PARTS))


def _compare_part(scene: Scene, said: AddressTalk, address: Address, part: str) -> Compared:
    """Compare one number; one that neither the ticket nor the call has is equal."""
    wanted = getattr(address, part)
    mine = valid_marks(said.customer, part)[-1:]
    theirs = said.agent.of(part)
    if mine:
        theirs = [m for m in theirs if m.value == mine[0].value] or theirs
    heard = [*mine, *theirs[-1:]]
    matches = tuple(
        track.match(mark.start, mark.end, expected=wanted, similarity=float(mark.value == wanted))
        for track, marks in ((said.customer.track, mine), (said.agent.track, theirs[-1:]))
        for mark in marks
    )
    return Compared(part, _agreement(scene, said, wanted, heard), matches)


def _agreement(scene: Scene, said: AddressTalk, wanted: str, heard: list[Mark]) -> Agreement:
    if not wanted and not heard:
        return Agreement.EQUAL
    if not wanted or not heard:
        sure = len(heard) == 2 and all(mark.clear for mark in heard)
        return Agreement.DIFFERENT if sure else Agreement.UNSURE
    values = {mark.value for mark in heard}
    if wanted in values or {v.lstrip("0") for v in values} & {wanted.lstrip("0")}:
        return Agreement.EQUAL
    certain = talk_of(scene).is_certain
    alone = not said.customer.marks  # read from the records
    if alone and not _says_yes(scene, heard[-1]):
        return Agreement.UNSURE
    said_by = 1 if alone and certain else 2
    same = len(heard) == said_by and len(values) == 1 and all(mark.clear for mark in heard)
    if same and (certain or not _swallowed(heard[0].value, wanted)):
        return Agreement.DIFFERENT
    mark = heard[-1]
    if not (wanted.isdigit() and mark.value.isdigit()):
        return Agreement.UNSURE
    track = said.agent.track if said.agent.marks and mark in said.agent.marks else None
    place = Place(track or said.customer.track, mark.number, Kind.NUMBER)
    found = listen(scene, place, spoken(wanted), spoken(mark.value))
    if found is Agreement.DIFFERENT and _swallowed(mark.value, wanted):
        return Agreement.UNSURE  # the place may end before the digit that was lost
    return found


YES = "^[嗯啊哦哎诶]{0,3}(?:对|嗯|没错|是的|是这|是啊|是$|就是|就这)(?!吗|么|不)"
"""How a customer's reply begins who agrees to an address that the agent read out."""
NOT_YES = "(?<!对)不|没(?!错|搬|变|问题)|搬(?<!没搬)|改|换|(?<!没)错|以前|原来|之前|过去"
"""What such a reply holds that takes the agreement back (嗯，我搬家了)."""


def _says_yes(scene: Scene, mark: Mark) -> bool:
    """Whether the customer's words right after a number of the agent's say yes to it."""
    talk = talk_of(scene)
    reply = talk.reply_to(mark.end - 1)
    yes = sound_regex(YES).search(reply) is not None
    return yes and not sound_regex(NOT_YES).search(reply) and not talk.objected_to(mark.end - 1)


def _swallowed(heard: str, wanted: str) -> bool:
    """Whether both sides may have lost the same digit to the recogniser (160 for 1603)."""
    pairs = [(heard, wanted)]
    if heard.isdigit() and wanted.isdigit():
        pairs.append((spoken(heard)[0], spoken(wanted)[0]))
    return any(len(a) < len(b) and subsequence(a, b) for a, b in pairs)


def compare_compound(scene: Scene, written: str, names: tuple[str, ...]) -> Compared:
    """Compare the ticket's compound with what both sides called it, by sound.

    Where a station table names the compounds, the ticket's name must be the best of the table on
    one side at least; look-alikes are put to the sound.
    """
    said = address_talk(talk_of(scene), names)
    written = fold(written).text
    if not written:
        return Compared("compound", Agreement.UNSURE)
    known = written if written in names else ""
    if not known:
        known = next((name for name in names if same_compound(fold(name).text, written)), "")
    if not known:  # 南岗区滨江新城
        known = max((n for n in names if written.endswith(fold(n).text)), key=len, default="")
    mine, theirs = _named(said.customer), _named(said.agent)
    matches = tuple(
        side.track.match(c.start, c.end, expected=written, similarity=c.similarity)
        for side, c in ((said.customer, mine), (said.agent, theirs))
        if c
    )
    agreement = (
        _known_compound(scene, said, known)
        if known and (mine or theirs)
        else _unknown_compound(said, written, talk_of(scene).is_certain)
    )
    if agreement is Agreement.DIFFERENT and not matches:
        if not talk_of(scene).is_certain:
            return Compared("compound", Agreement.UNSURE)
        matches = judge_detail(
            scene, "address", names
        ).matches  # where the address was given and repeated
    return Compared("compound", agreement, matches)


def _named(side: Said) -> Compound | None:
    """Return the name of the table that a side used last, if surely; else the likest."""
    firm = [c for c in side.compounds if c.similarity >= FIRM and c.sure]
    return firm[-1] if firm else max(side.compounds, key=lambda c: c.similarity, default=None)


def _known_compound(scene: Scene, said: AddressTalk, known: str) -> Agreement:
    mine, theirs = _named(said.customer), _named(said.agent)
    heard = [(said.agent, theirs), (said.customer, mine)]
    if all(c is not None and c.name == known for _, c in heard):
        return Agreement.EQUAL
    firm = [c.name == known for _, c in heard if c and c.similarity >= FIRM and c.sure]
    if firm and all(firm):
        return Agreement.EQUAL
    others = {c.name for _, c in heard if c and c.name != known}
    if len(firm) == 2 and not any(firm) and len(others) == 1:
        return Agreement.DIFFERENT
    side, other = next(
        ((s, c) for s, c in heard if c and c.name != known), next((s, c) for s, c in heard if c)
    )
    if other.name == known:
        if other.rival and not other.sure:
            place = Place(side.track, (other.start, other.end), Kind.VALUE)
            return listen(scene, place, (known,), (other.rival,))
        return Agreement.EQUAL
    place = Place(side.track, (other.start, other.end), Kind.VALUE)
    return listen(scene, place, (known,), (other.name,))


FIRM = 0.85
"""Likeness from which a name of the table was surely meant."""


def _unknown_compound(address: AddressTalk, written: str, certain: bool) -> Agreement:
    """Compare a compound that no table has: all of it must sound the same on one side."""
    heard = [
        side.track.text[a:b]
        for side in (address.customer, address.agent)
        for a, b in side.names
        if a < b
    ]
    wanted = syllables(written)
    spoken_names = [syllables(text) for text in heard]
    if any(stands(wanted, s) or (len(s) > 2 and s == wanted[-len(s) :]) for s in spoken_names):
        return Agreement.EQUAL
    if any(same_compound(text, written) for text in heard):
        return Agreement.EQUAL
    alike = max((compound_likeness(text, written) for text in heard), default=1.0)
    return Agreement.DIFFERENT if certain and heard and alike < 1.0 else Agreement.UNSURE


def compare_station(scene: Scene, station: str, stations: Mapping[str, str]) -> Compared | None:
    """Compare the ticket's station with the one that serves the confirmed compound.

    Returns:
        None where the table does not have the compound.
    """
    names = tuple(stations)
    detail = judge_detail(scene, "address", names)
    said = address_talk(talk_of(scene), names)
    if detail.state not in MET and not _compound_confirmed(scene, said):
        return Compared("station", unconfirmed(detail.state), detail.matches)
    sides = [(side, c) for side in (said.agent, said.customer) if (c := _named(side))]
    heard = [c for _, c in sides]
    if not heard or max(c.similarity for c in heard) < KNOWN:
        return None
    matches = tuple(
        side.track.match(c.start, c.end, expected=c.name, similarity=c.similarity)
        for side, c in sides
    )
    candidates = _candidates(heard)
    fitting = {name for name in candidates if same_station(station, stations[name])}
    if fitting == candidates:
        return Compared("station", Agreement.EQUAL, matches)
    if not fitting and len(heard) == 2 and len(candidates) == 1 and _is_firm(heard, candidates):
        return Compared("station", Agreement.DIFFERENT, matches)
    side, place = sides[0]
    backed = any(c.name in fitting for c in heard)
    written = fitting or _nearest(place.name, station, stations)
    if not written:
        return Compared("station", Agreement.UNSURE, matches)
    found = listen(
        scene,
        Place(side.track, (place.start, place.end), Kind.VALUE),
        sorted(written)[:2],
        sorted(candidates - fitting)[:2],
    )
    if backed and found is Agreement.DIFFERENT:
        found = Agreement.UNSURE  # the sound alone convicts nobody against the words
    return Compared("station", found, matches)


def _compound_confirmed(scene: Scene, said: AddressTalk) -> bool:
    """Whether the compound at least was repeated and not objected to, whatever became of the room.

    The station hangs on the compound alone.
    """
    talk = talk_of(scene)
    mine, theirs = _named(said.customer), _named(said.agent)
    if not (mine and theirs) or mine.name != theirs.name:
        return False
    firm = min(mine.similarity, theirs.similarity) >= FIRM and mine.sure and theirs.sure
    later = talk.time(said.agent.track, theirs.end) > talk.time(said.customer.track, mine.start)
    return firm and later


def _candidates(heard: Sequence[Compound]) -> set[str]:
    """Return the compounds that may have been meant: those that both sides may have said."""
    each = [{c.name} if c.sure or not c.rival else {c.name, c.rival} for c in heard]
    common = set.intersection(*each)
    return common or set.union(*each)


def _is_firm(heard: Sequence[Compound], candidates: set[str]) -> bool:
    """Whether one side said the one candidate surely, and the other one nearly."""
    name = next(iter(candidates))
    best = [c for c in heard if c.name == name and c.sure]
    return bool(best) and max(c.similarity for c in best) >= FIRM


def _nearest(name: str, station: str, stations: Mapping[str, str]) -> set[str]:
    """Return the ticket's station's compound that sounds most like what was heard."""
    served = [n for n, s in stations.items() if same_station(station, s)]
    likeness = {n: compound_likeness(fold(n).text, fold(name).text) for n in served}
    best = max(likeness, key=lambda n: likeness[n], default=None)
    return {best} if best else set()


KNOWN = 0.65
"""Likeness under which a compound is none of the table."""


def same_station(left: str, right: str) -> bool:
    """Whether two written stations are one: 城东站 is 城东维修站."""
    return _without_ending(fold(left).text) == _without_ending(fold(right).text)


def _without_ending(text: str) -> str:
    for ending in ("维修站", "服务站", "供热站", "供暖站", "维修所", "维修点", "站"):
        if text.endswith(ending) and len(text) > len(ending):
            return text.removesuffix(ending)
    return text
