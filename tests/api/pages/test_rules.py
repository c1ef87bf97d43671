"""Rules: each can be read, tried on a dialogue and on the archive, published, taken back."""

import re
from dataclasses import fields

import pytest

from qa.api.rule_views import readable, rule_view, what_to_say
from qa.api.words import WORDS
from qa.batch.asked_runs import WorkOptions, do_run
from qa.codec import to_plain
from qa.records import UserRole
from qa.scoring.ruleset import bundled_rulesets, load_ruleset
from qa.store.audit_reading import AuditFilter, every_entry
from qa.store.runs import next_waiting
from tests.api.pages.conftest import HOSTILE, Browser, Open, Site
from tests.support.call_folders import RULESET
from tests.support.people import person

DIALOGUE = """坐席: 您好，大龙供暖报修，幺零八为您服务，请问您有什么问题？
客户: 我家不热。
坐席: 今天保证给您修好。"""


@pytest.mark.parametrize("ruleset_id", bundled_rulesets())
def test_every_rule_says_what_it_listens_for(ruleset_id: str) -> None:
    ruleset = load_ruleset(ruleset_id)
    for rule in ruleset.rules:
        assert f"looks_{rule.check.kind}" in WORDS, rule.check.kind
        for lang in ("zh", "en"):
            view = rule_view(rule, ruleset, lang)
            assert view.looks and view.title and view.examples
            assert all(example.outcome for example in view.examples)
        parameters = {f.name: to_plain(getattr(rule.check, f.name)) for f in fields(rule.check)}
        if parameters.get("slots"):
            assert [name for name, _ in view.slots]


def test_scripts_come_from_the_rules_own_examples() -> None:
    greeting = load_ruleset("heating-repair").rule("GR01")
    assert greeting is not None
    assert what_to_say(greeting) == ("您好，大龙供暖报修，幺零八为您服务，请问您有什么问题？",)


@pytest.mark.parametrize(
    ("notation", "shown"),
    [
        ("[您|你]好", "〔您/你〕好"),
        ("[请问|]您贵姓", "（请问）您贵姓"),
        ("^不可能", "不可能"),
        ("有[病|毛病]~吧", "有〔病/毛病〕…吧"),
        ("[一|二|三|四|五|六|七]", "〔一/二/三/四/五…（7）〕"),
        ("平常的话", "平常的话"),
    ],
)
def test_patterns_are_written_for_people(notation: str, shown: str) -> None:
    assert readable(notation) == shown


def test_rules_can_be_read_by_agents(site: Site, opened: Open) -> None:
    agent = opened(site.people.agents["112"])
    assert "大龙供暖报修" in agent.get("/rules")
    listed = agent.get("/rules/heating-repair")
    for rule in load_ruleset("heating-repair").rules:
        assert f"/rules/heating-repair/{rule.rule_id}" in listed
    page = agent.get("/rules/heating-repair/IP01")
    assert "今天" in page and "违规" in page and "001 §" in page
    assert "/drafts" not in page
    for gone in ("/rules/none", "/rules/heating-repair/XX99", "/rules/..%2f..%2fetc"):
        assert agent.client.get(gone).status_code == 404, gone


def test_the_share_of_calls_is_that_of_the_reader(site: Site, opened: Open) -> None:
    """An agent's share is counted over the own calls; nobody learns of others' by it."""
    lead = opened(site.people.lead).get("/rules/heating-repair/GR01")
    agent = opened(site.people.agents["312"]).get("/rules/heating-repair/GR01")
    counts = [re.search(r"/ (\d+) 通", page) for page in (lead, agent)]
    found = [int(match[1]) if match else 0 for match in counts]
    assert found[0] >= found[1]


def test_a_dialogue_is_judged_and_forgotten(site: Site, opened: Open) -> None:
    agent = opened(site.people.agents["112"])
    status, _, page = agent.post(
        "/try", ruleset="heating-repair", dialogue=DIALOGUE, agent_id="108", rings="2"
    )
    assert status == 200
    assert "IP01" in page and "无效承诺" in page and "确认后扣 20" in page
    assert "今天保证给您修好" in page


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"dialogue": "没有说话人"}, "第 1 行看不懂"),
        ({"dialogue": DIALOGUE, "ruleset": "none"}, "没有这套规则"),
        ({"dialogue": DIALOGUE, "ruleset": "../../etc/passwd"}, "没有这套规则"),
        ({"dialogue": DIALOGUE, "started": "yesterday"}, "填得不对"),
        ({"dialogue": DIALOGUE, "rings": "many"}, "填得不对"),
        ({"dialogue": "坐席: 好" * 10_000}, "太长"),
    ],
)
def test_what_cannot_be_read_is_said(
    site: Site, opened: Open, form: dict[str, str], said: str
) -> None:
    agent = opened(site.people.agents["112"])
    status, _, page = agent.post("/try", **({"ruleset": "heating-repair"} | form))
    assert status == 422 and said in page


def test_hostile_dialogues_are_escaped(site: Site, opened: Open) -> None:
    agent = opened(site.people.agents["112"])
    _, _, page = agent.post(
        "/try", ruleset="heating-repair", dialogue=f"坐席: {HOSTILE}保证修好", name=HOSTILE
    )
    assert HOSTILE not in page


def test_forms_without_the_token_are_refused(site: Site, opened: Open) -> None:
    head = opened(site.people.head)
    for address in ("/try", "/drafts", "/notices", "/drafts/roll-back", "/messages/read"):
        assert head.client.post(address, data={"text": "x"}).status_code == 403, address


def test_only_publishers_see_drafts_and_notices(site: Site, opened: Open) -> None:
    for user in (site.people.lead, site.people.agents["112"], person(site.store, UserRole.ADMIN)):
        browser = opened(user)
        for address in ("/drafts", "/notices"):
            assert browser.client.get(address).status_code == 403, address


def test_a_wrong_draft_is_refused_with_its_line(site: Site, opened: Open) -> None:
    text = RULESET.read_text("utf-8").replace("check: ", "check: no_such_", 1)
    status, _, page = opened(site.people.head).post("/drafts", text=text)
    assert status == 422
    assert re.search(r"line \d+", page) and "草稿不能使用" in page
    assert next_waiting_of(site) is None


def next_waiting_of(site: Site) -> object:
    with site.store.reading() as session:
        return next_waiting(session)


def test_a_draft_is_tried_published_and_taken_back(site: Site, opened: Open) -> None:
    head = opened(site.people.head)
    status, address, _ = head.post("/drafts", text=_draft(), days="0")
    assert status == 303 and address.startswith("/drafts/")
    assert "排队等候" in head.get(address)
    _do_what_waits(site)
    page = head.get(address)
    assert "GR01" in page and "会有哪些变化" in page and "按坐席" in page
    assert head.client.get(f"{address}/progress").json()["state"] == "done"

    status, _, page = head.post(f"{address}/publish", note=" ")
    assert status == 422 and "请写明为什么发布" in page
    status, _, _ = head.post(f"{address}/publish", note="开头语扣分改为 1")
    assert status == 303
    assert "开头语扣分改为 1" in head.get("/drafts")
    assert "−1<" in head.get("/rules/heating-repair/GR01")
    status, _, page = head.post(f"{address}/publish", note="again")
    assert status == 422  # exactly this one is in force

    status, _, _ = head.post("/drafts/roll-back", ruleset_id="heating-repair", note="试过了")
    assert status == 303
    assert "−10<" in head.get("/rules/heating-repair/GR01")
    status, _, _ = head.post("/drafts/roll-back", ruleset_id="heating-repair", note="again")
    assert status == 409
    with site.store.reading() as session:
        actions = [entry.action for entry in every_entry(session, AuditFilter())]
    assert "ruleset.publish" in actions and "ruleset.roll_back" in actions


def _draft() -> str:
    return (
        "id: heating-repair\ntitle: 草稿\ntitle_en: Draft\nversion: 9\n"
        "include: [heating-repair]\nadjust:\n  GR01: {points: 1}\n"
    )


def _do_what_waits(site: Site) -> None:
    with site.store.reading() as session:
        run = next_waiting(session)
    assert run is not None
    do_run(site.store, site.settings, run, WorkOptions())


def test_a_trial_of_another_kind_is_not_shown(site: Site, opened: Open) -> None:
    assert opened(site.people.head).client.get("/drafts/999999").status_code == 404


def test_notices_are_entered_and_taken_back(site: Site, opened: Open) -> None:
    head = opened(site.people.head)
    form = {"festival": "春节", "first": "2026-02-15", "last": "2026-02-21", "number": HOSTILE}
    assert head.post("/notices", **form)[0] == 303
    page = head.get("/notices")
    assert "2026-02-21" in page and HOSTILE not in page
    assert head.post("/notices", **form)[0] == 409
    assert head.post("/notices", **(form | {"last": "2026-02-01"}))[0] == 422
    assert head.post("/notices", **(form | {"first": "soon"}))[0] == 422
    gone = {"festival": "春节", "first": "2026-02-15"}
    assert head.post("/notices/remove", **gone)[0] == 303
    assert head.post("/notices/remove", **gone)[0] == 404
    assert "2026-02-21" not in head.get("/notices")


def test_english_pages_have_no_chinese_words_of_ours(site: Site, opened: Open) -> None:
    head: Browser = opened(site.people.head)
    for address in ("/rules", "/try", "/drafts", "/notices"):
        page = head.get(f"{address}?lang=en")
        assert "质检项" not in page and "试算" not in page, address
