"""Ways in which Mandarin says a thing, whoever words it: each with a harmless twin."""

import pytest

from qa.types import Outcome
from tests.scoring.judging import GREETING, judge

MET, VIOLATED, UNDECIDED = Outcome.MET, Outcome.VIOLATED, Outcome.UNDECIDED
HEARD, ABSENT = Outcome.MET, Outcome.NOT_APPLICABLE

SAID = [
    # likened to an animal, told what body and mind are for, asked where one came from
    ("FP01", "傻了吧唧的。", VIOLATED),
    ("FP01", "你说你这老爷们咋虎了吧唧的呢。", VIOLATED),
    ("FP01", "您怕是得去精神病院看看。", VIOLATED),
    ("FP01", "精神病院是吧，几号楼？", MET),
    ("FP01", "你智力有问题吧。", VIOLATED),
    ("FP01", "家里老人智力有问题是吧，我备注上。", MET),
    ("FP01", "猪都比你聪明。", VIOLATED),
    ("FP01", "活着就是浪费粮食。", VIOLATED),
    ("FP01", "您住哪儿我可都看得见，出门小心着点儿。", VIOLATED),
    ("FP01", "您住哪儿我记下来了，外头结冰，出门小心。", MET),
    ("FP01", "您家温度计有毛病的话，师傅带个表过去量。", MET),
    ("FP01", "王八沟几组？", MET),
    # whose job it was, whom to go to, whose hands are tied
    ("FP02", "那是物业该干的，往我这儿报什么。", VIOLATED),
    ("FP02", "让他们掏人掏力去。", VIOLATED),
    ("FP02", "我这就让师傅过去。", MET),
    ("FP02", "您待会儿再打，让夜班的开。", VIOLATED),
    ("FP02", "责任在开发商，您告他们去。", VIOLATED),
    ("FP02", "责任要现场核实以后才能定。", MET),
    ("FP02", "热不热的我们客服决定不了。", VIOLATED),
    ("FP02", "今天来不来我定不了，只能说尽快。", MET),
    ("FP02", "他态度不好是我们的问题，给您道歉。", MET),
    ("FP02", "您跟他说去年也这样。", MET),
    ("FP02", "活的事您跟他们掰扯去。", VIOLATED),
    ("FP02", "您别跟我这儿唱大戏。", MET),
    ("FP02", "这事儿不赖我们，赖您自己没检查。", VIOLATED),
    # nobody knows, nobody can, nothing to be done
    ("FP03", "这谁说得上来呀。", VIOLATED),
    ("FP03", "我又不会算卦。", VIOLATED),
    ("FP03", "排到哪天算哪天。", VIOLATED),
    ("FP03", "凑合一宿吧。", VIOLATED),
    ("FP03", "反正我不懂。", VIOLATED),
    ("FP03", "姓啥我不记得了。", VIOLATED),
    ("FP03", "改不动，系统定死的。", VIOLATED),
    ("FP03", "系统里改不动，这样，我给站里打电话说一声。", MET),
    ("FP03", "今天谁也来不了。", VIOLATED),
    ("FP03", "今天来不了，明天上午第一个给您排上。", MET),
    ("FP03", "您整个家都这样？", MET),
    ("FP03", "不行啊，就今晚，您定了我好下单。", MET),
    ("FP03", "不行，您千万别动，这是公共阀门。", MET),
    # asked too often, too slow, one of many; mocked
    ("FP04", "同样的话我得说几回啊。", VIOLATED),
    ("FP04", "我刚才说的是上午，您看方便吗？", MET),
    ("FP04", "我跟站上说了好几遍了，现在再给您催一次。", MET),
    ("FP04", "我说的是中文吧。", VIOLATED),
    ("FP04", "换个能听懂话的人来接电话。", VIOLATED),
    ("FP04", "您家里有没有年轻人，我跟他说一下也行。", MET),
    ("FP04", "捡要紧的说。", VIOLATED),
    ("FP04", "能不能一口气说完。", VIOLATED),
    ("FP04", "好的，您想，不急。", MET),
    ("FP04", "投诉我的人多了，不差您一个。", VIOLATED),
    ("FP04", "这点事您也不嫌累得慌。", VIOLATED),
    ("FP04", "您要是耳朵没毛病，刚才那遍就该听明白了。", VIOLATED),
    ("FP04", "联系人写谁，请您说一下名字。", MET),
    ("FP04", "谁的钱都不是大风刮来的。", MET),
    ("FP04", "您咋不说赔您一套房呢。", VIOLATED),
    ("FP04", "横着可不就是没开嘛，您等师傅来。", MET),
    # what is staked, what will be seen, what is thrown in
    ("IP01", "什么时候有过修不利索的？", VIOLATED),
    ("IP01", "再凉一回，我冯字倒着写。", VIOLATED),
    ("IP01", "天一亮屋里准是暖烘烘的。", VIOLATED),
    ("IP01", "钱我做主了，全额给您打过去。", VIOLATED),
    ("IP01", "退多少我做不了主，我给您往上报。", MET),
    ("IP01", "票拿来我们给您报。", VIOLATED),
    ("IP01", "滞纳金我直接给您抹了。", VIOLATED),
    ("IP01", "带上低保证就行。", MET),
    ("IP01", "到时候按天数把钱给您打回卡里。", UNDECIDED),
    ("IP01", "这个我不能跟您打包票。", MET),
]
TOLD = [
    ("EV01", "你们光登记不干活啊，三天了。", HEARD),
    ("EV01", "昨天报的，师傅当天就来了。", ABSENT),
    ("EV01", "就说你来不来，你不来我就不报了。", ABSENT),
    ("EV02", "等了两天，师傅连个话都没有。", HEARD),
    ("EV02", "师傅打了，我没接着。", ABSENT),
    ("EV05", "师傅大冷天趴地上给我掏，真过意不去。", HEARD),
    ("EV05", "师傅焊的，到现在没漏过，人家那才叫手艺。", HEARD),
    ("EV05", "市场上的刘师傅弄的，那手艺没说的。", ABSENT),
    ("EV06", "那个维修的跟个大爷一样，支使我搬东西。", HEARD),
    ("EV06", "师傅修完比没修漏得还欢。", HEARD),
    ("EV06", "师傅说要换阀门，收四十。", ABSENT),
    ("EV07", "收费员收了我现金，票说改天送。", HEARD),
    ("EV07", "我在收费处交过了。", ABSENT),
    ("EV08", "你们应该入冬以前挨家查一遍。", HEARD),
    ("EV08", "你们多配俩师傅吧。", HEARD),
    ("EV08", "你们最好今天派人来。", ABSENT),
    ("PR01", "就你一个肯听我把话说完。", HEARD),
    ("PR01", "你工号多少，我要表扬你。", HEARD),
    ("PR01", "你真有耐心，我都急死了你还慢悠悠的。", ABSENT),
]
ANSWERED = [
    ("FP04", "我要投诉你！", "随便。", VIOLATED),
    ("FP04", "上午来还是下午来？", "随便。", MET),
    ("FP04", "我要投诉你！", "您投，给您登记上了，对不起。", MET),
    ("FP04", "你这是什么态度？", "我就这态度，怎么了。", VIOLATED),
    ("FP04", "你这是什么态度？", "对不起，我声音大了。", MET),
    ("FP04", "等一下，我找个笔。", "快点的，还有人呢。", VIOLATED),
    ("FP04", "等一下，我找个笔。", "不急，您慢慢找。", MET),
    ("FP03", "那得等几天啊？", "难说。", VIOLATED),
    ("FP03", "那得等几天啊？", "难说，我给您问一下站里。", MET),
    ("FP03", "你给我查查单子。", "不方便。", VIOLATED),
    ("FP03", "今天会停水吗？", "不会。", MET),
    ("FP02", "那你帮我问问。", "自己问去。", VIOLATED),
    ("FP02", "那你帮我问问。", "好，我问一下。", MET),
]


@pytest.mark.parametrize(("rule_id", "said", "outcome"), SAID)
def test_what_the_agent_says(rule_id: str, said: str, outcome: Outcome) -> None:
    dialogue = f"坐席: {GREETING}\n客户: 我家暖气不热。\n坐席: {said}\n客户: 哦。"
    assert judge(rule_id, dialogue).outcome is outcome


@pytest.mark.parametrize(("rule_id", "told", "outcome"), TOLD)
def test_what_the_customer_tells(rule_id: str, told: str, outcome: Outcome) -> None:
    assert judge(rule_id, f"坐席: {GREETING}\n客户: {told}\n坐席: 好的。").outcome is outcome


@pytest.mark.parametrize(("rule_id", "asked", "answer", "outcome"), ANSWERED)
def test_what_only_an_answer_says(rule_id: str, asked: str, answer: str, outcome: Outcome) -> None:
    dialogue = f"坐席: {GREETING}\n客户: {asked}\n坐席: {answer}\n客户: 哦。"
    assert judge(rule_id, dialogue).outcome is outcome


def test_a_quarrel_in_calm_words() -> None:
    dialogue = (
        "客户: 温度才十五。\n坐席: 您那温度计不准。\n客户: 刚买的怎么不准。\n"
        "坐席: 刚买的也不准。\n客户: 那你们来测，我又没骗你。\n坐席: 测过了，二十度，您不认罢了。"
    )
    assert judge("FP05", dialogue).outcome is VIOLATED
    calm = dialogue.replace("您那温度计不准", "那确实低").replace("您不认罢了", "咱们再测一次")
    assert judge("FP05", calm).outcome is MET
