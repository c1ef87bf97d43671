"""Charts: the drawing and the table hold the same figures, and vendored scripts are as listed."""

import hashlib
import json
import re

import jinja2
import pytest

from qa.api.charts import Chart, Series
from qa.api.rendering import STATIC, _templates

HOSTILE = "</script><script>alert(1)</script>"


def drawn(chart: Chart) -> str:
    template = _templates.from_string(
        "{% from 'charts.html' import chart %}{{ chart(it, w) }}",
    )
    return template.render(it=chart, w=lambda key: key)


def test_table_holds_the_figures_of_the_drawing() -> None:
    chart = Chart(
        title="走势",
        head="周",
        labels=("3", "10"),
        long=("3 月 3 日", "3 月 10 日"),
        series=(
            Series("本人", (87.25, None), counts=(4, 0), few=(True, True)),
            Series("班组", low=(80.0, None), high=(91.0, None), tone="quiet"),
        ),
        decimals=1,
    )
    assert chart.rows() == [
        ("3 月 3 日", ["87.2 (4)", "80.0 … 91.0"]),
        ("3 月 10 日", ["– (0)", "–"]),
    ]
    html = drawn(chart)
    block = re.search(r'<script type="application/json">(.*?)</script>', html)
    assert block is not None
    spec = json.loads(block[1])
    assert spec["series"][0]["values"] == [87.25, None]
    assert spec["series"][1]["high"] == [91.0, None]
    assert "87.2 (4)" in html


def test_names_from_people_cannot_leave_the_data_block() -> None:
    html = drawn(Chart(HOSTILE, HOSTILE, (HOSTILE,), (Series(HOSTILE, (1,)),)))
    assert html.count("<script") == 1 and html.count("</script>") == 1
    block = re.search(r'<script type="application/json">(.*?)</script>', html)
    assert block is not None and json.loads(block[1])["labels"] == [HOSTILE]


def test_a_chart_without_figures_says_so() -> None:
    chart = Chart("走势", "周", ("1",), (Series("本人", (None,)),))
    assert not chart.has_figures
    assert "chart_empty" in drawn(chart) and 'class="plot"' not in drawn(chart)


def test_a_band_needs_both_edges() -> None:
    with pytest.raises(ValueError, match="two edges"):
        Series("班组", low=(1.0,))


def test_vendored_scripts_are_the_listed_ones() -> None:
    listed = (STATIC / "vendor" / "VENDORED.md").read_text("utf-8")
    for path in sorted((STATIC / "vendor").glob("**/*.js")):
        assert hashlib.sha256(path.read_bytes()).hexdigest() in listed, path.name
        assert path.relative_to(STATIC / "vendor").as_posix() in listed


def test_the_environment_escapes() -> None:
    assert isinstance(_templates, jinja2.Environment) and _templates.autoescape is True
