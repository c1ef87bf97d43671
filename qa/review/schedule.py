"""The schedule of fines and rewards: what each sentence of the regulations costs.

The sums are data; each item quotes the sentence that it comes from. What a sentence leaves open is
a `Terms`, whose readings stand on every assessment sheet. Money is an integer number of fen (分).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Final

from qa.types import Grade

YUAN: Final = 100
"""Fen in a yuan."""
REPEAT_AFTER: Final = 3
"""超过 3 次的: from the next case on, a repeated one costs more."""
REPEAT_FEN: Final = 50 * YUAN
JOINT_PERCENT: Final = 20
STREAK_MONTHS: Final = 3
JOINT: Final = "joint"
STREAK: Final = "streak"
NO_REGULATION: Final = "none"


@dataclass(frozen=True, slots=True)
class Item:
    """One sentence of a regulation that names a sum.

    Attributes:
        regulation: its number, 000 to 004.
        sentence: its number in the list of sentences of all regulations.
        quote: the sentence itself.
        fen: for one case; 0 where the sentence names none.
        repeats: whether cases within a window are counted and cost more from the fourth on.
    """

    item: str
    regulation: str
    sentence: int
    quote: str
    fen: int
    repeats: bool = False


def _by_id(*items: Item) -> Mapping[str, Item]:
    return {item.item: item for item in items}


ITEMS: Final = _by_id(
    Item(
        "serious",
        "001",
        43,
        "工作中浮现严重违纪行为,每次均罚 10 元,超过 3 次的每次加罚 50 元",
        10 * YUAN,
        repeats=True,
    ),
    Item(
        "unanswered",
        "000",
        99,
        "不得无故不接电话,或将电话放置一边,一经发现,除以20元/次罚款",
        20 * YUAN,
    ),
    Item("private_call", "000", 100, "发现公话私用的,除以50元/次处罚", 50 * YUAN),
    Item("shouting", "000", 103, "不得在通话中大吼大叫。一经发现处以50元/次罚款", 50 * YUAN),
    Item("emergency", "000", 104, "处罚100元/次", 100 * YUAN),
    Item(
        "complaint",
        "000",
        105,
        "话务员被客户投诉的,一经查实,不论任何原因,处罚200元/次",
        200 * YUAN,
    ),
    Item("unreported", "002", 133, "未汇报者,原则上罚款20元/次", 20 * YUAN),
    Item(JOINT, "002", 135, "并对部门负责人进行20%连带处罚", 0),
    Item(STREAK, "003", 155, "連續三個月考核成績優秀的話務員,給予表彰和獎勵", 0),
)
"""Every sum of the regulations, by item."""

ENTERABLE: Final = tuple(item for item in ITEMS if item not in (JOINT, STREAK))
"""What a person may enter on a call, where no rule finds it."""

_REGULATIONS: Final = {
    "heating-repair": "001",
    "heating-callback": "001",
    "gas-service": "000",
    "phone-etiquette": "002",
}
_ALL = "*"
_RULES: Final[Mapping[str, Mapping[str, str]]] = {
    "001": {_ALL: "serious"},
    "000": {"GS04": "private_call", "AC04": "shouting"},
    "002": {},
}
"""Which sentence a confirmed `fine` flag falls under, by regulation and rule."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How the regulations are read where they leave it open; settings `ledger.*` of these names."""

    window: str = "month"
    repeat: str = "add"
    counts_per: str = "call"
    books_at: str = "final"
    abuse_is_fined: bool = False
    joint_person: str = ""
    joint_covers: str = "reports"
    excellent_score: int = 95
    excellent_calls: int = 20
    streak_repeats: str = "every_month"
    reward_fen: int = 0
    regulations: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The readings as JSON, the same for the same readings."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @property
    def name(self) -> str:
        """SHA-256 of `text`, 64 hexadecimal digits."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @classmethod
    def parse(cls, text: str) -> "Terms":
        """Read what `text` wrote; readings that a newer program added have their default.

        Raises:
            ValueError: it is no JSON object.
        """
        values = json.loads(text)
        if not isinstance(values, dict):
            raise ValueError("terms are a JSON object")
        known = cls.__dataclass_fields__
        return cls(**{name: value for name, value in values.items() if name in known})


def item_of(ruleset_id: str, rule_id: str, grade: Grade, terms: Terms) -> str | None:
    """Say which sentence a flag falls under; None where no regulation names a sum for it.

    Only rules of the grade `fine` cost money.
    """
    if grade is not Grade.FINE:
        return None
    regulation = terms.regulations.get(ruleset_id, _REGULATIONS.get(ruleset_id, NO_REGULATION))
    rules = _RULES.get(regulation, {})
    if regulation == "000" and rule_id == "FP01" and terms.abuse_is_fined:
        return "shouting"
    return rules.get(rule_id, rules.get(_ALL))


def window_of(day: date, terms: Terms) -> str:
    """Name the window that a day lies in: within one, cases are counted together."""
    quarter = (day.month + 2) // 3
    return {
        "month": f"{day:%Y-%m}",
        "quarter": f"{day.year}-Q{quarter}",
        "year": f"{day.year}",
        "ever": "",
    }[terms.window]


def cost(item: Item, ordinal: int, terms: Terms) -> int:
    """Say what one case costs, fen.

    Args:
        ordinal: which case of its window it is, from 1.
    """
    if not item.repeats or ordinal <= REPEAT_AFTER:
        return item.fen
    return REPEAT_FEN if terms.repeat == "instead" else item.fen + REPEAT_FEN


def joint_cost(item: Item, fen: int, terms: Terms) -> int:
    """Say what a case costs the department head besides, fen; rounded down."""
    is_covered = terms.joint_covers == "all" or item.regulation == ITEMS[JOINT].regulation
    return fen * JOINT_PERCENT // 100 if terms.joint_person and is_covered else 0
