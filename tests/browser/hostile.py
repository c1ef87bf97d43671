"""Texts that try to run as script, and an archive that holds them wherever people write."""

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from itertools import islice, product
from pathlib import Path

from qa.batch.rulesets import RulesetLoader
from qa.cli.demo_accounts import DemoAccount, demo_accounts
from qa.config import load_settings
from qa.scoring.dialogue import parse_dialogue
from qa.store.scorecards import RulesetRecord, put_rulesets
from qa.store.tables import AgentRow, CallRow, TicketRow
from tests.support.call_folders import open_store
from tests.support.review_archive import UNTIL, Made, keep_calls

RUN = "window.hacked=1"
_BREAKS = ("", "'", '"', "`", "</", "-->", "]]>", "</title>", "</textarea>", "</script>")
_ATTACKS = (
    f"<script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"<svg onload={RUN}>",
    f'" onmouseover="{RUN}" autofocus onfocus="{RUN}',
    f"' onclick='{RUN}' x='",
    f"javascript:{RUN}//",
    f"<a href=javascript:{RUN}>看</a>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'>",
    f"{{{{constructor.constructor('{RUN}')()}}}}",
    f"${{{RUN}}}",
    f"<style>@import'javascript:{RUN}'</style>",
    f"<details open ontoggle={RUN}>",
    f"<math><mtext><img src=x onerror={RUN}></mtext></math>",
    f"<ScRiPt>{RUN}</sCrIpT>",
    f"&lt;script&gt;{RUN}&lt;/script&gt;",
    f"\u202e<script>{RUN}</script>\u202c",
    f"<base href=//evil.invalid/><script>{RUN}</script>",
    f"%3Cscript%3E{RUN}%3C/script%3E",
    f"\\u003cscript\\u003e{RUN}\\u003c/script\\u003e",
    f"<input autofocus onfocus={RUN}>",
)
STRINGS = tuple(before + attack for before, attack in islice(product(_BREAKS, _ATTACKS), 200))
_PER_CALL = 10


def hostile_archive(data_dir: Path) -> tuple[list[str], tuple[DemoAccount, ...]]:
    """Fill a data folder with judged calls that hold `STRINGS`, ten each, in every text.

    Returns:
        The ids of the calls, and accounts to look at them with.
    """
    settings = load_settings(data_dir=data_dir)
    made = [
        _call(number, STRINGS[start : start + _PER_CALL])
        for number, start in enumerate(range(0, len(STRINGS), _PER_CALL))
    ]
    with open_store(settings) as store:
        ruleset = RulesetLoader.of(store, settings).load("heating-repair")
        with store.writing() as session:
            put_rulesets(
                session, [RulesetRecord(ruleset.hash, ruleset.ruleset_id, ruleset.title)], UNTIL
            )
            session.add_all(
                AgentRow(agent_id=f"{number}{texts[7]}"[:200], name=texts[7], team=texts[8])
                for number, texts in enumerate(_groups())
            )
        keep_calls(store, made, ruleset, UNTIL)
        return [one.call.call_id for one in made], demo_accounts(store)


def _groups() -> list[tuple[str, ...]]:
    return [STRINGS[start : start + _PER_CALL] for start in range(0, len(STRINGS), _PER_CALL)]


def _call(number: int, texts: tuple[str, ...]) -> Made:
    dialogue = (
        f"坐席: 您好，大龙供暖报修{texts[0]}\n客户: 我家不热{texts[1]}\n"
        f"坐席: 放心，今天保证给您修好{texts[2]}\n"
    )
    transcript = replace(
        parse_dialogue(dialogue), recording_id=sha256(dialogue.encode()).hexdigest()
    )
    ticket = TicketRow(
        ticket_id=f"T{number}{texts[9]}"[:200],
        name=texts[3],
        phone=texts[4],
        address=texts[5],
        problem=texts[6],
        station=texts[8],
    )
    call = CallRow(
        call_id=f"{number}{texts[9]}"[:200],
        recording_id=transcript.recording_id,
        path=f"/recordings/{texts[9]}.wav",
        has_metadata=True,
        started_at=UNTIL - timedelta(hours=number + 1),
        agent_id=f"{number}{texts[7]}"[:200],
        direction="inbound",
        ring_count=2,
        released_by="customer",
        caller_number=texts[4][:200],
        ticket_id=ticket.ticket_id,
        source=texts[8],
        context="",
    )
    return Made(call, ticket, transcript)
