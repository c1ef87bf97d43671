"""Who a phrase is aimed at, and whose detail is read back: the customer's or a neighbour's."""

import pytest

from qa.types import Outcome
from tests.scoring.judging import GREETING, judge

MET, VIOLATED, UNDECIDED = Outcome.MET, Outcome.VIOLATED, Outcome.UNDECIDED
SAID = [
    # kin that somebody has, and kin in a curse
    ("FP01", "那户主就写他奶奶，他奶奶住的那屋不热。", MET),
    ("FP01", "名字报你妈的还是你的？听你妈的就行。", MET),
    ("FP01", "是他奶奶的名字，我改过来。", MET),
    ("FP01", "你妈的，没完没了了。", VIOLATED),
    ("FP01", "去你妈的。", VIOLATED),
    ("FP01", "他奶奶的，又来了。", VIOLATED),
    # who did it or who laid it down: a person hears it; refusing the matter convicts
    ("FP02", "又不是我拧的。", UNDECIDED),
    ("FP02", "这规定也不是我定的。", UNDECIDED),
    ("FP02", "问谁都没用。", UNDECIDED),
    ("FP02", "您别跟我喊，我听得见。", MET),
    ("FP02", "您别冲我嚷嚷，慢慢说。", MET),
    ("FP02", "啥时候热我上哪儿知道去。", MET),
    ("FP02", "您别找我，找物业去。", VIOLATED),
    ("FP02", "您别跟我喊，这事不归我们管。", VIOLATED),
    ("FP02", "这又不是我答应的。", VIOLATED),
    ("FP02", "这事不是我们负责的。", VIOLATED),
    ("FP02", "跟我说没用，您问他们去。", VIOLATED),
    ("FP03", "啥时候热我上哪儿知道去。", VIOLATED),
    ("FP03", "问谁都没用。", VIOLATED),
    # waiting at home for somebody who comes, and waiting for nothing
    ("FP03", "师傅这就过去，您就在家等着。", MET),
    ("FP03", "那您就踏实等着，师傅到了敲门。", MET),
    ("FP03", "您就放心等着，有信儿我告诉您。", MET),
    ("FP03", "那就等着。", VIOLATED),
    ("FP03", "没师傅了，您只能等着。", VIOLATED),
    ("FP03", "没办法，您就在家等着吧。", VIOLATED),
    # somebody who calls every day: said of a third party, or to the customer
    ("FP04", "那个施工队天天打电话来问。", UNDECIDED),
    ("FP04", "您怎么天天打，烦不烦。", VIOLATED),
    ("FP04", "您别天天打了。", VIOLATED),
    ("FP04", "要不您来当这个经理得了。", VIOLATED),
    ("FP04", "干脆您来当站长吧。", VIOLATED),
    ("FP04", "您是来吵架的吧。", VIOLATED),
    ("FP04", "我知道您不是来吵架的，您别急。", MET),
    ("FP04", "要不您来当面说，营业厅在兴隆街。", MET),
    # a promise that is refused, also behind the first part of its form
    ("IP01", "退费得测温以后按规定走，我不能跟您说一定退。", MET),
    ("IP01", "明天几点我不敢说一定到，师傅会提前联系您。", MET),
    ("IP01", "今天我没法跟您保证一定修好。", MET),
    ("IP01", "测温以后一定给您退费。", VIOLATED),
    ("IP01", "钱我不敢说一定退，但是明天一定给您修好。", VIOLATED),
    ("IP01", "今天肯定给您修好。", VIOLATED),
]


@pytest.mark.parametrize(("rule_id", "said", "outcome"), SAID)
def test_whom_and_what_a_phrase_means(rule_id: str, said: str, outcome: Outcome) -> None:
    dialogue = f"坐席: {GREETING}\n客户: 我家暖气不热。\n坐席: {said}\n客户: 哦。"
    assert judge(rule_id, dialogue).outcome is outcome


FRIENDS = [
    ("FP01", "喂，是我，周末打麻将三缺一。", "你傻啊，我上班呢。"),
    ("FP01", "他妈说彩礼少点儿，还要领证。", "你傻啊，那可不能答应。"),
    ("FP04", "妈，我钥匙丢了，你啥时候回来？", "哎呀妈在上班，别占线，回来吃饺子。"),
    ("FP04", "姐，晚上吃火锅去不？", "快说，几点？我六点下班。"),
    ("FP03", "老公，晚上吃啥？", "不知道，买点菜吧。"),
    ("FP01", "哥，晚上喝酒去？老地方见。", "滚蛋，我值班呢。"),
]
CUSTOMERS = [
    ("FP01", "我家暖气不热，我还得去接孩子。", "你傻啊，登记完再走。"),
    ("FP01", "我媳妇说漏水了，让你们来看看。", "你傻啊，先关阀门。"),
    ("FP04", "咱妈家暖气不热，晚上吃饭都冷。", "快挂吧，别占线。"),
    ("FP04", "我要投诉，天天不热。", "快说，几号楼。"),
    ("FP03", "我老公报修的，啥时候来？", "不知道。"),
    ("FP01", "喂？说话啊。", "滚蛋。"),
    ("FP03", "气卡插上没反应，等着做饭呢，晚上吃啥？", "那我也爱莫能助。"),
]


@pytest.mark.parametrize(("rule_id", "caller", "said"), FRIENDS)
def test_what_is_said_to_friends_convicts_nobody(rule_id: str, caller: str, said: str) -> None:
    leave = "客户: 行，那我跟他说一声去。\n坐席: 挂了啊。"
    dialogue = f"坐席: 喂，你好。\n客户: {caller}\n坐席: {said}\n{leave}"
    assert judge(rule_id, dialogue).outcome is not VIOLATED


@pytest.mark.parametrize(("rule_id", "caller", "said"), CUSTOMERS)
def test_a_customer_who_speaks_of_kin_is_a_customer(rule_id: str, caller: str, said: str) -> None:
    dialogue = f"坐席: {GREETING}\n客户: {caller}\n坐席: {said}\n客户: 你怎么说话呢。"
    assert judge(rule_id, dialogue).outcome is VIOLATED


CLOSING = "坐席: 维修人员会尽快跟您联系，感谢您的来电，再见。\n客户: 再见。"
ADDRESS = "坐席: 您家的地址？\n客户: 惠民家园{given}。\n坐席: 惠民家园{read}。\n客户: {reply}。"
ADDRESSES = [
    ("六号楼三单元五零三，楼上那就是六零三", "六号楼三单元五零三", MET),
    ("六号楼三单元五零三，我家楼上是六零三", "六号楼三单元五零三", MET),
    ("六号楼三单元五零三，对门五零四也不热", "六号楼三单元五零三", MET),
    ("六号楼三单元五零三，两个屋都不热", "六号楼三单元五零三", MET),
    ("六号楼三单元五零三，楼上那就是六零三", "六号楼三单元六零三", VIOLATED),
    ("六号楼三单元五零三，不是五零三，是六零三", "六号楼三单元五零三", VIOLATED),
    ("六号楼三单元五零三", "六号楼三单元五零二", VIOLATED),
]


@pytest.mark.parametrize(("given", "read", "outcome"), ADDRESSES)
def test_a_neighbours_flat_is_not_the_callers(given: str, read: str, outcome: Outcome) -> None:
    talk = ADDRESS.format(given=given, read=read, reply="嗯")
    dialogue = f"坐席: {GREETING}\n客户: 我家漏水了。\n坐席: 漏水。\n{talk}\n{CLOSING}"
    assert judge("RB02", dialogue).outcome is outcome


ORDINARY = (
    "坐席: 您家的地址？\n客户: 惠民家园六号楼三单元五零三。\n坐席: 惠民家园六号楼三单元五零三。"
)
NAMES = [
    (ORDINARY + "姓名？\n客户: 聂宏伟，三个耳朵那个聂。\n坐席: 聂宏伟。", "RB02", MET),
    (ORDINARY + "姓名？\n客户: 聂宏伟，三个耳朵那个聂。\n坐席: 聂宏伟。", "RB03", MET),
    ("坐席: 北湖花苑二号楼一单元五零二，揣玉林？\n客户: 对。", "RB03", MET),
    ("坐席: 柏青松，电话幺八七零四二幺五五二八？\n客户: 对。", "RB03", MET),
    ("坐席: 柏青松，电话幺八七零四二幺五五二八？\n客户: 不对，不是我。", "RB03", UNDECIDED),
    ("坐席: 电话幺八七零四二幺五五二八？\n客户: 对。", "RB03", VIOLATED),
    (
        "坐席: 地址？\n客户: 金桥小区二号楼一单元一零一，迟桂英是我妈的名字，写她吧。\n"
        "坐席: 姓名写迟桂英，电话？\n客户: 幺五八四二二零三三九幺。\n客户: 喂？我以为断了呢。",
        "RB03",
        MET,
    ),
    (
        "坐席: 地址？\n客户: 金桥小区二号楼一单元一零一，王立新，我是租户。\n"
        "坐席: 姓名写王立新，电话？\n客户: 幺五八四二二零三三九幺。",
        "RB03",
        MET,
    ),
    (
        "坐席: 地址？\n客户: 金桥小区二号楼一单元一零一。\n"
        "坐席: 姓名？\n客户: 王立新。\n坐席: 姓名写周小平，电话？\n客户: 行。",
        "RB03",
        UNDECIDED,
    ),
]


@pytest.mark.parametrize(("talk", "rule_id", "outcome"), NAMES)
def test_a_name_is_whose_it_is(talk: str, rule_id: str, outcome: Outcome) -> None:
    dialogue = f"坐席: {GREETING}\n客户: 我家漏水了。\n坐席: 漏水。\n{talk}\n{CLOSING}"
    assert judge(rule_id, dialogue).outcome is outcome


CHANGES = [
    ("上回师傅说要换个阀，等了四天了，到底换不换？", "还是暖气阀门要换，地址？", MET),
    ("我家那个阀得换了。", "阀门该换了，地址？", MET),
    ("师傅让换个阀。", "要换阀门，地址？", MET),
    ("上回师傅说要换个阀，等了四天了。", "您等着吧，地址？", VIOLATED),
    ("我想换个阀。", "嗯，地址？", VIOLATED),
    ("我家漏水了。", "要换人，地址？", VIOLATED),
]


@pytest.mark.parametrize(("given", "read", "outcome"), CHANGES)
def test_what_is_to_be_changed_is_a_problem(given: str, read: str, outcome: Outcome) -> None:
    dialogue = f"坐席: {GREETING}\n客户: {given}\n坐席: {read}\n客户: 红旗小区。\n{CLOSING}"
    assert judge("RB01", dialogue).outcome is outcome


HEARD = [
    ("EV08", "暖气漏水，我说你们能不能快点来个人！", Outcome.NOT_APPLICABLE),
    ("EV08", "我说你们公司该赶紧派人过来。", Outcome.NOT_APPLICABLE),
    ("EV08", "我觉得你们应该弄个夜班维修队。", MET),
    ("EV08", "我说你们能不能提前通知一声停暖。", MET),
    ("EV05", "你们派来那师傅，进屋转一圈就走了，你说多有水平。", Outcome.NOT_APPLICABLE),
    ("EV05", "你们派来那师傅特别有水平。", MET),
]


@pytest.mark.parametrize(("rule_id", "said", "outcome"), HEARD)
def test_what_the_customer_means(rule_id: str, said: str, outcome: Outcome) -> None:
    dialogue = f"坐席: {GREETING}\n客户: {said}\n坐席: 好的。\n客户: 再见。"
    assert judge(rule_id, dialogue).outcome is outcome
