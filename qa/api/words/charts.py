"""Words of charts and of the choice of days."""

from collections.abc import Mapping
from typing import Final

from qa.reasons import Wording

WORDS: Final[Mapping[str, Wording]] = {
    "chart_table": Wording("看数字", "Figures as a table"),
    "chart_empty": Wording("这段时间还没有数据。", "There are no figures for these days."),
}
