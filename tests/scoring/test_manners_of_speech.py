"""Manners of speech that turn words round, each with its near misses: echoes of the customer,
apologies for oneself, denials by saying a word twice, polite idioms, quotations, hypotheses."""

from dataclasses import replace
from functools import cache

import pytest

from qa.scoring.check import Scene
from qa.scoring.dialogue import parse_dialogue
from qa.scoring.ruleset import Rule, load_ruleset
from qa.types import Attitude, Direction, KeyedAnswers, Outcome
from tests.scoring.judging import CALL, judge

SAID: dict[tuple[str, str], list[str]] = {
    ("FP03", "MET"): [
        "全家都不热，整趟楼都这样。您住哪儿？",
        "您是说一单元楼上楼下都这样，是吧？",
        "您这栋楼都这样，那是主管道的事，我报上去。",
        "每个屋都这样，我记下了。",
        "您家几组片都这样？",
        "邻居家也都这样，好，我备注整栋楼不热。",
        "听明白了吗？没明白我换个说法。",
        "没听懂我再换个说法给您讲。",
        "要是没懂我给您重说一遍。",
        "没清楚我慢点儿说。",
        "您没明白我举个例子。",
        "没消息我给您打电话。",
        "楼道里一抹黑，师傅带手电去。",
        "您说得我一头雾水，麻烦您再讲一遍，我给您记。",
    ],
    ("FP03", "VIOLATED"): [
        "怎么年年不热？||年年都这样。",
        "为啥不热？||老楼都这样，没办法。",
        "为啥不热？||都这样。",
        "凭什么？||规定就这样。",
        "给个说法吧。||没什么说法。",
        "有动静吗？||没有消息。",
        "退款的事儿我这儿两眼一抹黑。",
        "这事我们也是一头雾水。",
        "上头怎么定的，我这边一无所知。",
        "你帮我捎个话也行啊。||捎不了。",
        "你帮我转告一下。||转告不了。",
    ],
    ("FP04", "MET"): [
        "对不住，让您说了好几遍，是我们没跟上。",
        "真是，叫您讲了三遍，我这耳朵。",
        "抱歉让您打了好几次电话。",
        "辛苦您说了好几遍，我这就记上。",
        "难为您跑了八趟，我给您催。",
        "不烦不烦，您有什么不懂的尽管问。",
        "不烦，您问吧。",
        "哪能烦呢，您慢慢说。",
        "一点儿也不烦，您接着讲。",
        "我不嫌您烦，您说。",
        "不累不累，应该的。",
        "不麻烦不麻烦，您再说一遍。",
        "怎么会嫌您烦呢。",
        "您不烦我就不烦，慢慢来。",
        "师傅原话是爱找谁找谁，对吧？这态度不行。",
        "他原话是爱投诉投诉去，我记下来。",
        "原话是你烦不烦，是吗？",
        "师傅撂下一句爱修不修，就走了，对吗？",
        "他给您来了一句少废话，我都写上了。",
        "他的原话就是你有完没完，我给您上报。",
        "他说的是爱咋咋地，对吧？",
        "收费员甩了一句随你便，是这意思吧？",
        "人家回了一句你告去吧，这不应该。",
        "您的意思是他嫌您啰嗦，我记下了。",
        "别跟我客气，您说。",
        "别跟我在这儿客气了，大姐。",
        "别跟我外道。",
    ],
    ("FP04", "VIOLATED"): [
        "我说了好几遍了，你听不懂啊。",
        "你让我说了八百遍了。",
        "跟您讲了三四遍了。",
        "你烦不烦。",
        "烦不烦啊，又打来。",
        "您累不累啊，一天八个电话。",
        "真烦人，别烦我。",
        "爱找谁找谁。",
        "我就一句话，爱投诉投诉去。",
    ],
    ("FP02", "MET"): [
        "没听清的话再打来问，别跟我客气。",
        "您别跟我们客气，有事就打。",
        "别跟我见外，大爷。",
        "甭跟我说谢谢，应该的。",
        "您可别跟我不好意思，随时打。",
        "有事别不找我们。",
        "别找不着我们电话，我给您念一遍。",
        "您可以在网上自己搜一下我们的公众号，里面能报修。",
        "您要怪就怪我，是我没记清楚，我重新登记。",
        "责任在我们身上，我给您上报。",
        "您不能怪师傅，他是按地址找的，我再核实一下。",
    ],
    ("FP02", "VIOLATED"): [
        "别跟我说，跟我说没用。",
        "您别找我们，找物业去。",
        "橱柜是厂家装的，不是我们手底下的人，您这得怪厂家。",
        "合同是合同，装是装，这盆脏水泼不到我们身上。",
        "给我个电话。||网上自己搜。",
        "这个屎盆子可扣不到我们头上。",
        "您要怪就怪开发商。",
        "自己百度去。",
        "您得怨装修的，谁让他们乱改。",
    ],
    ("FP01", "VIOLATED"): [
        "我看你们公司的人都是属猪的吧，连数都数不明白。",
        "你们一个个都是属驴的，听不懂话。",
        "你们家都是属王八的吧，缩着不吭声。",
        "你们公司都是饭桶。",
        "你们全是一群蠢货。",
    ],
    ("FP01", "MET"): [
        "您家两口子都是属猪的，是吧？",
        "都是属狗的，今年本命年，那祝您平安。",
        "那些人都是骗子，您别信，我们不上门收钱。",
    ],
    ("EV06", "NOT_APPLICABLE"): [
        "客户: 我先问一句，要是师傅修不好，我能投诉他不？",
        "客户: 万一师傅态度不好，我找谁投诉他？",
        "客户: 如果师傅乱收钱，可以投诉吗？",
        "客户: 要是师傅骂人我能不能投诉他啊？",
        "客户: 师傅要是糊弄，往哪投诉他？",
        "客户: 不是要投诉师傅，就问问几点来。",
    ],
    ("EV06", "MET"): [
        "客户: 那个师傅骂我，我能不能投诉他？",
        "客户: 师傅收了我两百块不开票，我要投诉他。",
        "客户: 你们师傅态度恶劣，投诉电话多少？",
    ],
    ("EV01", "NOT_APPLICABLE"): [
        "客户: 上回也是你接的，帮我催了三回，我儿女都没你上心。",
        "客户: 你帮我催了好几次，谁都没你负责。",
        "客户: 管子里现在没动静了，也不热。",
        "客户: 半个月前师傅来过，修得挺好。",
        "客户: 要是报了没动静我再打。",
    ],
    ("EV01", "MET"): [
        "客户: 我催了三回了，没人管。",
        "客户: 半个月前我就报了，你们跟睡着了似的，一点动静没有。",
        "客户: 我都报了半个月了，一点动静没有。",
        "客户: 上礼拜登记的，到现在啥信儿没有。",
        "客户: 三天前就打电话报了，连个回音都没有。",
        "客户: 报了修，任何消息也没有。",
        "客户: 我催了两回，半点反应都没有。",
        "客户: 一个礼拜前我就反映过，还没人修。",
    ],
    ("EV08", "MET"): [
        "客户: 你们能不能把停暖的通知往楼门口贴一张。",
        "客户: 最好把收费标准贴到大厅墙上。",
        "客户: 停暖的通知能不能也贴楼道里，光发微信我看不着。",
        "客户: 给你们支个招，报修弄个小程序。",
    ],
    ("EV08", "NOT_APPLICABLE"): [
        "客户: 我没看着通知，是不是停暖了？",
        "客户: 楼门口贴了通知，说明天检修，是真的吗？",
        "客户: 能不能给我发个短信通知一下师傅几点到。",
    ],
    ("RB01", "MET"): [
        "我孩子才俩月，卧室就十五度。||卧室只有十五度，理解理解。地址给我？",
        "全屋一点儿热气没有，我受不了。||全屋都不热。住哪儿啊？",
    ],
    ("EV05", "MET"): [
        "客户: 上回那个师傅一进门就套鞋套，嘴也甜。",
    ],
}


def spoken(said: str) -> str:
    """Write 客户的话||坐席的话 as a dialogue; without || it is the agent's."""
    asked, _, answer = said.rpartition("||")
    return f"客户: {asked}\n坐席: {answer}" if asked else f"坐席: {answer}"


@pytest.mark.parametrize(("rule", "outcome"), SAID)
def test_what_is_meant_decides_and_not_the_words(rule: str, outcome: str) -> None:
    for said in SAID[rule, outcome]:
        dialogue = said if ": " in said else spoken(said)
        assert judge(rule, dialogue).outcome is Outcome[outcome], said


@pytest.mark.parametrize(
    ("outcome", "dialogue"),
    [
        (
            "NOT_APPLICABLE",
            "客户: 我想问一下，我家暖气水流得慢，能不能自己买个泵装上？\n"
            "坐席: 这个不行，您要是觉得不热，我给您登记让师傅来看。\n"
            "客户: 先不用了。\n"
            "坐席: 好的，感谢您的来电，再见。",
        ),
        (
            "NOT_APPLICABLE",
            "客户: 我问一下，片子上头不热，我自己放点水行不行？\n"
            "坐席: 不行，系统里的水不能放，您需要的话我给您报个单子。\n"
            "客户: 不用了，我再看看。\n"
            "坐席: 好的，再见。",
        ),
        (
            "VIOLATED",
            "客户: 我想问一下，我家不热，能不能自己放水？\n"
            "坐席: 不能放，要是不热我给您登记，行吧？\n"
            "客户: 行，登记吧。\n"
            "坐席: 好，登记上了，感谢您的来电，再见。\n"
            "客户: 再见。",
        ),
    ],
)
def test_who_asks_what_one_may_do_oneself_reports_nothing(outcome: str, dialogue: str) -> None:
    assert judge("RB04", dialogue).outcome is Outcome[outcome]


@cache
def rule_of(ruleset: str, rule_id: str) -> Rule:
    return next(rule for rule in load_ruleset(ruleset).rules if rule.rule_id == rule_id)


COMPLAINTS = {
    "VIOLATED": [
        "我的花瓶到手碎成八瓣了！",
        "你们送来的蛋糕全压扁了，我闺女过生日就等这个！",
        "运费说好十五，怎么收我二十二？",
        "我找你们总部。",
        "一箱苹果给我颠成泥，全都烂了，咋整？",
        "打开一看屏都裂成两半了。",
        "凭什么又收我八块钱？",
        "把你们经理叫来，你们这叫送货？",
        "奶粉罐砸瘪了，孩子还咋喝？",
    ],
    "NOT_APPLICABLE": [
        "少了一位，后头还有个幺。",
        "我寄个玻璃杯，会不会压碎了？",
        "怕路上压扁，能加个箱子不？",
        "单号我报少了一位。",
        "我寄到你们总部，地址是哪？",
        "旧箱子都散架了，给我换个箱子寄。",
        "怎么收费，按斤吗？",
    ],
}


@pytest.mark.parametrize("outcome", COMPLAINTS)
def test_complaints_are_told_from_mishaps_of_speech(outcome: str) -> None:
    """The agent apologises to nobody, so that whoever complained was not apologised to."""
    end = "\n坐席: 好的，记下了，感谢您的来电，再见。\n客户: 再见。"
    for said in COMPLAINTS[outcome]:
        scene = Scene(parse_dialogue(f"客户: {said}{end}"), CALL)
        assert rule_of("courier", "CO04").check.run(scene).outcome is Outcome[outcome], said


ANSWERS = [
    ("嘎嘎好使。", "那没挑儿，满意！", "要啥钱呀，一口水都没喝。", "十个，都给你们。"),
    ("屋里跟蒸笼似的。", "没得挑，嘴也甜。", "一个子儿没要。", "满分。"),
    ("挺好使的。", "没得挑。", "要什么钱啊。", "给个十分。"),
]
REFUSALS = [
    ("根本没修好，还是凉的。热了十分钟就凉了，那也叫修好？", "不满意！", "没有。", "两分！"),
    ("热了两天就凉了。", "不满意。", "没收。", "两个。"),
]


@pytest.mark.parametrize(
    ("answers", "solved"), [*((a, True) for a in ANSWERS), *((a, False) for a in REFUSALS)]
)
def test_callback_answers_are_read_in_dialect(
    answers: tuple[str, str, str, str], solved: bool
) -> None:
    asked = ("问题解决了吗？", "维修工态度如何？", "跟您收费了吗？", "请您打分，一到十分。")
    lines = [f"坐席: {q}\n客户: {a}" for q, a in zip(asked, answers, strict=True)]
    talk = parse_dialogue("\n".join([*lines, "坐席: 感谢您的合作，再见。\n客户: 再见。"]))
    attitude = Attitude.SATISFIED if solved else Attitude.DISSATISFIED
    right = KeyedAnswers(solved, attitude, False, 10 if solved else 2, None)
    for keyed, outcome in ((right, "MET"), (replace(right, solved=not solved), "VIOLATED")):
        call = replace(CALL, direction=Direction.OUTBOUND, keyed=keyed)
        check = rule_of("heating-callback", "CBV").check
        assert check.run(Scene(talk, call)).outcome is Outcome[outcome]
