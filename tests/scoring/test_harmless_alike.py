"""Words that sound like a forbidden one and are none, beside those that are (FP, IP, CL, EV)."""

import pytest

from qa.types import Outcome
from tests.scoring.judging import GREETING, judge

HARMLESS = [
    ("FP01", "轮不着我操这个心，您放心，我给您转过去。"),
    ("FP01", "这个您不用操心，我操作一下就行。"),
    ("FP01", "您就靠你们楼长跟他说一声也行。"),
    ("FP04", "现在分不清是自来水还是暖气水，让师傅去认一认。"),
    ("FP04", "上下水管我也分不清，师傅到了一看就知道。"),
    ("FP04", "一天收三条确实打扰您了，抱歉让您烦心了。"),
    ("FP04", "就这一组不热还是都不热？"),
    ("FP04", "好嘞，没别的事我先挂了啊，再见。"),
    ("FP04", "这事我也弄不明白，我找师傅问问给您回话。"),
    ("FP02", "户内的地热要是堵了，清洗得您自己找人，我们师傅先上门看。"),
    ("FP02", "退不退不是我这儿能定的，我把您这个要求报上去，营业厅会有人跟您说。"),
    ("FP03", "自己拆容易影响整趟管，出了事儿也说不清，您还是先申请。"),
    ("IP01", "赔不赔得看鉴定，我先给您登记。"),
    ("IP01", "这钱退不退我做不了主。"),
]
FORBIDDEN = [
    ("FP01", "我操，你有完没完。"),
    ("FP04", "您连几号楼都分不清啊。"),
    ("FP04", "就这点事也值得打电话？"),
    ("FP02", "这个不归我们管，您自己想办法吧。"),
    ("FP02", "您自己找人修去。"),
    ("IP01", "您拉个单子，到时候我们照单给您出这笔钱。"),
    ("IP01", "那屋必上二十二度，上不去您唯我是问。"),
    ("IP01", "您放心拉回来，钱我当场原数退到您账上。"),
    ("IP01", "三年之内趴一天窝，我赔您两台新的。"),
    ("IP01", "您的损失我个人掏钱给您补上。"),
    ("IP01", "住出毛病我管您一辈子。"),
]
EVENTS = [
    ("EV02", "不是说师傅打给我吗，我等到现在谁也没搭理我一声。", Outcome.MET),
    ("EV02", "前天报的，人影没见着，电话也没接着一个。", Outcome.MET),
    ("EV02", "我电话没接着，他打了两个我没听见。", Outcome.NOT_APPLICABLE),
    ("EV06", "那个年轻的师傅在沙发上躺着玩手机，我看着来气。", Outcome.MET),
    ("EV06", "昨天师傅来过了，修完又凉了。", Outcome.NOT_APPLICABLE),
    ("EV08", "要我说呀，你们该弄个夜班维修队。", Outcome.MET),
    ("EV08", "你们应该今天来修吧？", Outcome.NOT_APPLICABLE),
]
INQUIRIES = [
    ("你好，我家想把暖气过户，上哪儿办？", "营业厅能办，您带着房本直接去。"),
    ("喂，是送水的吗？给我送两桶。", "您打错了，我们这儿是供暖报修。"),
    ("我想问问几号停暖？", "四月二十号停。"),
]


def call(said: str) -> str:
    closing = "坐席: 好，维修人员会尽快跟您联系，感谢您的来电，再见。\n客户: 再见。"
    return f"坐席: {GREETING}\n客户: 我问个事。\n坐席: {said}\n客户: 哦。\n{closing}"


@pytest.mark.parametrize(("rule_id", "said"), HARMLESS)
def test_what_is_harmless_convicts_nobody(rule_id: str, said: str) -> None:
    assert judge(rule_id, call(said)).outcome is not Outcome.VIOLATED


@pytest.mark.parametrize(("rule_id", "said"), FORBIDDEN)
def test_what_is_meant_convicts(rule_id: str, said: str) -> None:
    assert judge(rule_id, call(said)).outcome is Outcome.VIOLATED


@pytest.mark.parametrize(("rule_id", "said", "outcome"), EVENTS)
def test_events_in_the_customers_own_words(rule_id: str, said: str, outcome: Outcome) -> None:
    dialogue = f"坐席: {GREETING}\n客户: {said}\n坐席: 好的，我给您登记。\n客户: 再见。"
    assert judge(rule_id, dialogue).outcome is outcome


@pytest.mark.parametrize(("asks", "answer"), INQUIRIES)
@pytest.mark.parametrize(
    ("leave", "outcome"),
    [("不客气，感谢您的来电，再见。", Outcome.MET), ("嗯，再见。", Outcome.VIOLATED)],
)
def test_no_repairer_is_promised_to_who_reports_nothing(
    asks: str, answer: str, leave: str, outcome: Outcome
) -> None:
    lines = [f"坐席: {GREETING}", f"客户: {asks}", f"坐席: {answer}", "客户: 好。"]
    dialogue = "\n".join([*lines, f"坐席: {leave}", "客户: 再见。"])
    assert judge("CL01", dialogue).outcome is outcome
