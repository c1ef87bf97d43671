"""Whether a call came to its end: words that are also said amidst a call end none."""

import pytest

from qa.scoring.check import Scene
from qa.scoring.dialogue import parse_dialogue
from qa.scoring.leave import took_leave
from qa.types import Call, Outcome, ReleasedBy
from tests.scoring.judging import judge

ENDINGS = [
    (True, "客户: 行，谢谢啊。\n坐席: 嗯，没别的事就到这儿了。"),
    (True, "客户: 谢谢。\n坐席: 不客气。"),
    (True, "客户: 谢谢。\n坐席: 好的，给您记下了。"),
    (True, "客户: 那先这样吧，挂了啊。"),
    (True, "坐席: 感谢您的来电，祝您生活愉快。"),
    (False, "客户: 我家暖气不热。\n坐席: 这样吧，您把地址说一下。"),
    (False, "客户: 我家暖气不热。\n坐席: 感谢您的理解，您稍等，我查一下。"),
    (False, "客户: 我家暖气不热。\n坐席: 不客气，那您家地址是？"),
    (False, "客户: 刚才电话挂了，我家暖气不热。\n坐席: 您家地址。"),
    (False, "客户: 麻烦你了，我家暖气不热。\n坐席: 嗯，您家地址。"),
    (False, "客户: 我家暖气不热。\n坐席: 刚才电话挂了，是吧？"),
    (False, "客户: 我家暖气不热。\n坐席: 哦，刚才电话挂了，是吧。"),
    (False, "客户: 我家暖气不热。\n坐席: 您上次电话突然挂了。"),
    (True, "客户: 那行。\n坐席: 好，那我挂了啊。"),
    (True, "客户: 什么时候来？\n坐席: 等电话吧，挂了。\n客户: 哦。"),
    (False, "客户: 昨天师傅说没事了。\n坐席: 嗯。"),
]


@pytest.mark.parametrize(("expected", "ending"), ENDINGS)
def test_leave_is_taken_at_the_end_and_not_amidst_a_call(expected: bool, ending: str) -> None:
    scene = Scene(parse_dialogue(f"坐席: 您好，请问您有什么问题？\n{ending}"), Call("x"))
    assert took_leave(scene) is expected


@pytest.mark.parametrize(
    ("ending", "outcome"),
    [
        ("坐席: 感谢您的理解，您稍等，我查一下。", Outcome.UNDECIDED),
        ("坐席: 感谢您的理解，您稍等，我查一下。\n客户: 好。", Outcome.UNDECIDED),
        ("坐席: 感谢您的来电，我查一下您家的缴费情况。", Outcome.UNDECIDED),
        ("坐席: 给您报修了，感谢您的理解，再见。", Outcome.VIOLATED),
        ("坐席: 您稍等，师傅会去。\n客户: 好，谢谢，再见。", Outcome.VIOLATED),
    ],
)
def test_who_is_asked_to_wait_has_not_heard_the_closing_yet(ending: str, outcome: Outcome) -> None:
    dialogue = f"坐席: 您好。\n客户: 我家暖气不热。\n{ending}"
    assert judge("CL01", dialogue).outcome is outcome
    assert judge("CL01", dialogue, released_by=ReleasedBy.AGENT).outcome is Outcome.VIOLATED
