"""Words of the agents' list."""

from collections.abc import Mapping
from typing import Final

from qa.reasons import Wording

WORDS: Final[Mapping[str, Wording]] = {
    "agents_title": Wording("坐席汇总", "Agents"),
    "lowest": Wording("最低分", "Lowest"),
    "missed": Wording("最常违规的质检项", "Most missed rules"),
    "agents_note": Wording(
        "按工号排列，不作排名。待定项未扣分，需人工复核。",
        "In order of number; no ranking. Undecided lines cost no points until a person decides.",
    ),
    "no_agents": Wording("还没有已评分的通话。", "No call has been judged yet."),
}
