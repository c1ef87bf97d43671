"""Who is who: the source's channel map, believed unless the call speaks against it."""

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.transcribe.roles import AGENT_CUES, SURE_LEAD, agent_weight, assign_roles
from qa.types import Role

AGENT = "您好，大龙供暖报修，幺零八为您服务，请问您有什么问题？请问您的姓名？"
CUSTOMER = "喂，我家暖气不热，从昨天晚上就凉了，你们赶紧来人看看。"
LEFT = (Role.AGENT, Role.CUSTOMER)
RIGHT = (Role.CUSTOMER, Role.AGENT)


@pytest.mark.parametrize(
    ("texts", "agent_channel", "roles"),
    [((AGENT, CUSTOMER), "left", LEFT), ((CUSTOMER, AGENT), "right", RIGHT)],
)
def test_a_map_that_fits_is_followed(
    texts: tuple[str, str], agent_channel: Literal["left", "right"], roles: tuple[Role, ...]
) -> None:
    found = assign_roles(texts, agent_channel=agent_channel)
    assert (found.roles, found.confidence, found.note) == (roles, 1.0, None)


@pytest.mark.parametrize(
    ("texts", "agent_channel", "roles"),
    [((CUSTOMER, AGENT), "left", RIGHT), ((AGENT, CUSTOMER), "right", LEFT)],
)
def test_a_swapped_recording_is_turned_round_and_noted(
    texts: tuple[str, str], agent_channel: Literal["left", "right"], roles: tuple[Role, ...]
) -> None:
    found = assign_roles(texts, agent_channel=agent_channel)
    assert (found.roles, found.note) == (roles, "channels_swapped")
    assert found.confidence >= 0.9


def test_a_doubtful_map_is_kept_but_rules_abstain() -> None:
    found = assign_roles(("喂。", "请稍等。"), agent_channel="left")
    assert (found.roles, found.note) == (LEFT, "channels_doubtful")
    assert found.confidence < 0.6


def test_without_any_cue_the_map_is_believed() -> None:
    found = assign_roles(("喂，哪里？", CUSTOMER), agent_channel="left")
    assert (found.roles, found.note) == (LEFT, None)
    assert 0.6 <= found.confidence < 1.0


def test_a_customer_who_repeats_one_cue_swaps_nothing() -> None:
    found = assign_roles(("喂。", "登记了吗？登记，登记，登记！"), agent_channel="left")
    assert found.roles == LEFT


def test_a_silent_channel_is_the_other_ones_partner() -> None:
    assert assign_roles((AGENT, ""), agent_channel="left").roles == LEFT
    assert assign_roles(("", AGENT), agent_channel="left").note == "channels_swapped"
    assert assign_roles(("", ""), agent_channel="left").note is None


@pytest.mark.parametrize("texts", [(AGENT,), ("",), ()])
def test_mono_has_no_roles(texts: tuple[str, ...]) -> None:
    found = assign_roles(texts, agent_channel="left")
    assert found.roles == (Role.UNKNOWN,) * len(texts)
    assert (found.confidence, found.note) == (0.0, None)


def test_cues_count_once_each_and_punctuation_does_not_hide_them() -> None:
    assert agent_weight("为您服务，为您，服务") == agent_weight("为您服务") == 3
    assert agent_weight("为，您服务") == 3
    assert agent_weight(CUSTOMER) == 0


_said = st.lists(st.sampled_from([*AGENT_CUES, "嗯", "我家不热"]), max_size=5).map("，".join)


@given(_said, _said)
def test_turning_the_channels_and_the_map_round_changes_nothing(left: str, right: str) -> None:
    one = assign_roles((left, right), agent_channel="left")
    other = assign_roles((right, left), agent_channel="right")
    assert other.roles == one.roles[::-1]
    assert (other.confidence, other.note) == (one.confidence, one.note)


@given(_said, _said)
def test_the_note_tells_how_far_the_map_was_believed(left: str, right: str) -> None:
    lead = agent_weight(left) - agent_weight(right)
    found = assign_roles((left, right), agent_channel="left")
    assert sorted(found.roles) == sorted(LEFT)
    assert (found.roles == RIGHT) == (found.note == "channels_swapped") == (lead <= -SURE_LEAD)
    assert (found.note == "channels_doubtful") == (-SURE_LEAD < lead < 0)
