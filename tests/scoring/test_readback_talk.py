"""Read-back in other people's words: faults, wrong numbers, inquiries, names, short compounds."""

from dataclasses import replace

import pytest

from qa.scoring.check import Scene
from qa.scoring.checks.read_back import ReadBack
from qa.scoring.checks.ticket_matches import TicketMatches
from qa.scoring.checks.ticket_station import TicketStation
from qa.scoring.dialogue import parse_dialogue
from qa.types import Call, Outcome, ReleasedBy, Ticket

MET, VIOLATED = Outcome.MET, Outcome.VIOLATED
UNDECIDED, NOT_APPLICABLE = Outcome.UNDECIDED, Outcome.NOT_APPLICABLE
CALL = Call("test", released_by=ReleasedBy.CUSTOMER)
STATIONS = {
    "和平里小区": "城北维修站",
    "锦绣家园": "城南维修站",
    "锦绣花园": "城北维修站",
    "向阳小区": "铁西维修站",
    "向阳新村": "城北维修站",
    "机械厂家属院": "铁西维修站",
    "丰收里": "河东维修站",
}


def judged(detail: str, middle: str) -> Outcome:
    """Judge a detail in a call whose middle is given."""
    text = f"坐席: 您好，请问您有什么问题？\n{middle}\n坐席: 感谢您的来电，再见。"
    return ReadBack(detail).run(Scene(parse_dialogue(text), CALL)).outcome


FAULTS = [
    (MET, "家里水管子呼呼往外窜水。", "水管漏水是吧，"),
    (MET, "暖气片那个丝堵崩了，水流得满地都是。", "暖气片丝堵崩开，往外流水，"),
    (MET, "我家暖气一会儿热一会儿凉的。", "暖气时冷时热，"),
    (MET, "这暖气忽热忽凉，老折腾人。", "忽热忽凉，好的，"),
    (MET, "我家这水地热不热，踩上去冰手。", "地热不热，"),
    (MET, "我家那个水热不热啊，屋里凉哇哇的。", "家里凉，好的，"),
    (VIOLATED, "我家卧室漏水了。", "好的，要是再漏您先接个盆，"),
    (VIOLATED, "我家暖气不热。", "好的，天这么冷您受罪了，"),
    (VIOLATED, "屋里冻得不行。", "您别着凉了，"),
    (VIOLATED, "我家暖气不热。", "热不热呢，"),
    (MET, "墙上往下流水，顺着管子流的。", "管子往下流水，"),
    (MET, "屋里冷得跟冰窖似的。", "屋里冷，好的，"),
    (MET, "暖气不好使了，一点热乎气没有。", "暖气不好使，没热乎气，"),
    (MET, "管子根那儿往外洇水。", "管根洇水，"),
    (VIOLATED, "管子根那儿往外洇水。", "好的，"),
    (MET, "一组暖气头半截热后半截凉。", "半截热半截凉，"),
    (MET, "家里暖气片嗡嗡响。", "暖气片有响声，"),
    (MET, "我家暖气漏气了，呲呲的。", "漏气，好的，"),
    (VIOLATED, "我家暖气不热。", "好的，修完保证不会再不热了，"),
    (MET, "就主卧不热，别的屋都热。", "主卧不热吗，"),
]


@pytest.mark.parametrize(("outcome", "given", "reply"), FAULTS)
def test_a_fault_is_repeated_in_other_words(outcome: Outcome, given: str, reply: str) -> None:
    middle = (
        f"客户: {given}\n坐席: {reply}您家地址说一下？\n客户: 丰收里五号楼二单元三零一。\n"
        "坐席: 丰收里五号楼二单元三零一。\n客户: 嗯。"
    )
    assert judged("problem", middle) is outcome


REPORTS = [
    (
        NOT_APPLICABLE,
        "客户: 喂，中国移动吗？我查下话费。\n"
        "坐席: 先生您打错电话了，这里是供暖报修。\n"
        "客户: 哦不好意思。",
    ),
    (
        NOT_APPLICABLE,
        "客户: 我订的外卖怎么还没到？\n"
        "坐席: 您拨错了，我们是供暖的。您看一下订单上有没有联系电话。\n"
        "客户: 哦好。",
    ),
    (
        NOT_APPLICABLE,
        "客户: 我家燃气灶打不着火。\n"
        "坐席: 您好，燃气的不是我们这儿的业务，您拨燃气公司电话。\n"
        "客户: 哦，找错地方了，谢谢。",
    ),
    (
        NOT_APPLICABLE,
        "客户: 请问今年什么时候停暖？\n"
        "坐席: 您是哪个小区的？\n"
        "客户: 丰收里的。\n"
        "坐席: 丰收里四月六号停暖。\n"
        "客户: 好的谢谢。",
    ),
    (NOT_APPLICABLE, "客户: 我问问取暖费怎么交？\n坐席: 微信公众号就可以交。\n客户: 好，谢谢。"),
    (
        NOT_APPLICABLE,
        "客户: 你们营业厅地址在哪？\n坐席: 地址在人民大街二十号。\n客户: 行，知道了。",
    ),
    (NOT_APPLICABLE, "客户: 我想打听一下暖气片能不能自己换？\n坐席: 需要先申请。\n客户: 哦，好。"),
    (NOT_APPLICABLE, "客户: 是物业吗？\n坐席: 不是，您打错了。\n客户: 哎哟打错了。"),
    (
        VIOLATED,
        "客户: 我没打错吧，是供暖报修吗？我家漏水了。\n"
        "坐席: 漏水是吧，您家地址？\n"
        "客户: 丰收里五号楼。\n"
        "坐席: 好的，给您登记上了。\n"
        "客户: 嗯。",
    ),
    (
        VIOLATED,
        "客户: 刚才打错了，打到物业去了。我家暖气不热，丰收里五号楼二单元三零一。\n"
        "坐席: 暖气不热，好的，给您登记。\n"
        "客户: 嗯。",
    ),
]


@pytest.mark.parametrize(("outcome", "middle"), REPORTS)
def test_who_reports_nothing_is_not_concerned(outcome: Outcome, middle: str) -> None:
    assert judged("address", middle) is outcome


DETAILS = [
    (
        "name",
        MET,
        "几号楼？\n"
        "客户: 三号楼二单元五零一，隋玉兰，玉石的玉。\n"
        "坐席: 三号楼二单元五零一，隋玉兰，电话？\n"
        "客户: 幺三五零零二七八八四六。",
    ),
    (
        "name",
        MET,
        "您家地址？\n"
        "客户: 丰收里三号楼二单元五零一，尹志强，志气的志，强壮的强。\n"
        "坐席: 丰收里三号楼二单元五零一，尹志强先生，电话留一下？\n"
        "客户: 幺三五零零二七八八四六。",
    ),
    (
        "name",
        VIOLATED,
        "您家地址？\n"
        "客户: 丰收里三号楼二单元五零一，尹志强，志气的志，强壮的强。\n"
        "坐席: 丰收里三号楼二单元五零一，电话留一下？\n"
        "客户: 幺三五零零二七八八四六。",
    ),
    (
        "name",
        VIOLATED,
        "您家地址？\n"
        "客户: 丰收里三号楼二单元五零一，戴文静，安静的静。\n"
        "坐席: 丰收里三号楼二单元五零一，周文丽女士，电话留一下？\n"
        "客户: 幺三五零零二七八八四六。",
    ),
    (
        "name",
        MET,
        "您家地址？\n"
        "客户: 丰收里三号楼二单元五零一，我姓戴，戴文静。\n"
        "坐席: 丰收里三号楼二单元五零一，戴文静女士，电话留一下？\n"
        "客户: 幺三五零零二七八八四六。",
    ),
    (
        "name",
        MET,
        "您家地址？\n"
        "客户: 丰收里三号楼二单元五零一，戴文静。\n"
        "坐席: 丰收里三号楼二单元五零一，戴文静，电话？\n"
        "客户: 幺三五零零二七八八四六。",
    ),
    ("name", MET, "叫啥？\n客户: 戴文静。\n坐席: 戴文静，手机号？\n客户: 幺三五零零二七八八四六。"),
    (
        "name",
        VIOLATED,
        "叫啥？\n客户: 戴文静。\n坐席: 嗯，手机号？\n客户: 幺三五零零二七八八四六。",
    ),
    (
        "address",
        MET,
        "您家地址？\n"
        "客户: 丰收里三栋二单元五零一。\n"
        "坐席: 丰收里三栋二单元五零一，电话？\n"
        "客户: 幺三五零零二七八八四六，我家一冬天没热过，一冻一宿。\n"
        "坐席: 好。",
    ),
    (
        "address",
        MET,
        "您家地址？\n"
        "客户: 丰收里三幢二单元五零一。\n"
        "坐席: 丰收里三幢二单元五零一，记上了。\n"
        "客户: 去年安装的，一装就坏。",
    ),
    (
        "address",
        VIOLATED,
        "您家地址？\n"
        "客户: 丰收里三幢二单元五零一。\n"
        "坐席: 丰收里四幢二单元五零一，记上了。\n"
        "客户: 嗯。",
    ),
]


@pytest.mark.parametrize(("detail", "outcome", "middle"), DETAILS)
def test_details_given_together_or_asked_for_shortly(
    detail: str, outcome: Outcome, middle: str
) -> None:
    assert judged(detail, "客户: 我家暖气不热。\n坐席: 暖气不热，" + middle) is outcome


NUMBERS = [
    (
        "phone",
        MET,
        "客户: 幺三九四五五零七三二幺五。\n"
        "坐席: 幺三九四五五零七三二五幺。\n"
        "客户: 不对，是三二幺五。\n"
        "坐席: 幺三九，四五五零，七三二幺五，对吗？",
    ),
    (
        "phone",
        MET,
        "客户: 幺三九，四五五零，三二幺五。\n"
        "坐席: 幺三九，四五五零，三二五幺。\n"
        "客户: 不对，是三二幺五。\n"
        "坐席: 幺三九，四五五零，三二幺五。",
    ),
    (
        "phone",
        MET,
        "客户: 幺三九，四五五零，三二幺五。\n"
        "坐席: 幺三九，四五五零，三二五幺。\n"
        "客户: 后面是三二幺五，不是三二五幺。\n"
        "坐席: 哦，三二幺五。",
    ),
    (
        "phone",
        VIOLATED,
        "客户: 幺三九，四五五零，三二幺五。\n"
        "坐席: 幺三九，四五五零，三二五幺。\n"
        "客户: 不对，是三二幺五。\n"
        "坐席: 好的，记下了。",
    ),
    (
        "phone",
        MET,
        "客户: 幺三九，四五五零，三二幺五。\n"
        "坐席: 幺三九，四五零零，三二幺五。\n"
        "客户: 中间错了，四五五零。\n"
        "坐席: 幺三九，四五五零，三二幺五。",
    ),
    (
        "phone",
        MET,
        "客户: 幺三九，四五五零，三二幺五。\n"
        "坐席: 幺三九，四五零零，三二幺五。\n"
        "客户: 不是零零，是五零。\n"
        "坐席: 幺三九，四五五零，三二幺五。",
    ),
    (
        "phone",
        MET,
        "客户: 幺三九，四五五零，三二幺五。\n"
        "坐席: 幺三八，四五五零，三二幺五。\n"
        "客户: 幺三九，九。\n"
        "坐席: 幺三九，四五五零，三二幺五。",
    ),
    (
        "phone",
        VIOLATED,
        "客户: 幺三九，四五五零，三二幺五。\n"
        "坐席: 幺三八，四五五零，三二幺五。\n"
        "客户: 不对，幺三九。\n"
        "坐席: 幺三八，四五五零，三二幺五。",
    ),
    (
        "waybill",
        MET,
        "客户: 七七三零，八八二四，三二幺五。\n"
        "坐席: 七七三零，八八二四，三二五幺。\n"
        "客户: 不对，是三二幺五。\n"
        "坐席: 七七三零，八八二四，三二幺五，对吗？",
    ),
    (
        "waybill",
        MET,
        "客户: 七七三零八八二四三二幺五。\n"
        "坐席: 七七三零八八二四三二五幺。\n"
        "客户: 不对，是三二幺五。\n"
        "坐席: 七七三零八八二四三二幺五，对吗？",
    ),
    (
        "waybill",
        MET,
        "客户: 七七三零，八八二四，三二幺五，零零六。\n"
        "坐席: 七七三零，八八四二，三二幺五，零零六。\n"
        "客户: 不对，八八二四。\n"
        "坐席: 七七三零，八八二四，三二幺五，零零六。",
    ),
    (
        "waybill",
        VIOLATED,
        "客户: 七七三零，八八二四，三二幺五。\n"
        "坐席: 七七三零，八八二四，三二五幺。\n"
        "客户: 不对，是三二幺五。\n"
        "坐席: 好的，给您查一下。\n"
        "客户: 好。",
    ),
    (
        "waybill",
        VIOLATED,
        "客户: 七七三零，八八二四，三二幺五。\n坐席: 七七三零，八八二四，三二五幺。",
    ),
    (
        "waybill",
        MET,
        "客户: SF七七三零，八八二四，三二幺五。\n"
        "坐席: 七七三零，八八二四，三二五幺，对吧？\n"
        "客户: 不对不对，最后四位三二幺五。\n"
        "坐席: 哦，那就是七七三零，八八二四，三二幺五。",
    ),
]


@pytest.mark.parametrize(("detail", "outcome", "middle"), NUMBERS)
def test_a_number_corrected_in_part(detail: str, outcome: Outcome, middle: str) -> None:
    ask = {"phone": "留一下联系电话？", "waybill": "您的运单号说一下。"}[detail]
    assert judged(detail, f"客户: 我家暖气不热。\n坐席: {ask}\n{middle}\n客户: 对。") is outcome


TICKETS = [
    (
        "station",
        MET,
        "城北站",
        "客户: 和平里三号楼二单元五零一。\n坐席: 和平里三号楼二单元五零一。\n客户: 嗯。",
    ),
    (
        "station",
        MET,
        "铁西站",
        "客户: 机械厂，三号楼二单元五零一。\n坐席: 机械厂三号楼二单元五零一。\n客户: 嗯。",
    ),
    (
        "station",
        VIOLATED,
        "铁西站",
        "客户: 和平里三号楼二单元五零一。\n坐席: 和平里三号楼二单元五零一。\n客户: 嗯。",
    ),
    (
        "station",
        UNDECIDED,
        "铁西站",
        "客户: 向阳三号楼二单元五零一。\n坐席: 向阳三号楼二单元五零一。\n客户: 嗯。",
    ),
    (
        "station",
        VIOLATED,
        "城南站",
        "客户: 锦绣花园，不是锦绣家园，三号楼二单元五零一。\n"
        "坐席: 锦绣花园三号楼二单元五零一。\n"
        "客户: 对。",
    ),
    (
        "station",
        VIOLATED,
        "城南站",
        "客户: 锦绣花园，你别写成锦绣家园了，三号楼二单元五零一。\n"
        "坐席: 锦绣花园三号楼二单元五零一。\n"
        "客户: 对。",
    ),
    (
        "station",
        MET,
        "城南站",
        "客户: 我们这儿不是锦绣家园吗，三号楼二单元五零一。\n"
        "坐席: 锦绣家园三号楼二单元五零一。\n"
        "客户: 对。",
    ),
    (
        "station",
        MET,
        "河东站",
        "客户: 丰收里三号楼二单元五零一。\n坐席: 丰收里三号楼二单元五零七。\n客户: 嗯。",
    ),
    (
        "station",
        MET,
        "河东站",
        "客户: 丰收里三号楼二单元五零一。\n坐席: 丰收里，好的。\n客户: 嗯。",
    ),
    ("station", UNDECIDED, "河东站", "客户: 丰收里三号楼二单元五零一。\n坐席: 好的。\n客户: 嗯。"),
    (
        "station",
        UNDECIDED,
        "城南站",
        "客户: 锦绣花园三号楼二单元五零一。\n坐席: 锦绣家园三号楼二单元五零一。\n客户: 嗯。",
    ),
    (
        "address",
        VIOLATED,
        "锦绣家园3号楼2单元501",
        "客户: 锦绣花园，可不是锦绣家园啊，三号楼二单元五零一。\n"
        "坐席: 锦绣花园三号楼二单元五零一。\n"
        "客户: 对。",
    ),
    (
        "address",
        MET,
        "锦绣花园3号楼2单元501",
        "客户: 锦绣花园，可不是锦绣家园啊，三号楼二单元五零一。\n"
        "坐席: 锦绣花园三号楼二单元五零一。\n"
        "客户: 对。",
    ),
    (
        "address",
        MET,
        "和平里小区3号楼2单元501",
        "客户: 和平里三号楼二单元五零一。\n"
        "坐席: 和平里三号楼二单元五零一，请问您贵姓？\n"
        "客户: 免贵姓王。\n"
        "坐席: 王先生，好的。\n"
        "客户: 嗯。",
    ),
    (
        "address",
        UNDECIDED,
        "和平里小区3号楼2单元501",
        "客户: 和平里三号楼二单元五零一。\n"
        "坐席: 好的，请问您贵姓？\n"
        "客户: 免贵姓王。\n"
        "坐席: 王先生，好的。\n"
        "客户: 嗯。",
    ),
]


@pytest.mark.parametrize(("field", "outcome", "written", "middle"), TICKETS)
def test_a_ticket_beside_compounds_cut_short_or_denied(
    field: str, outcome: Outcome, written: str, middle: str
) -> None:
    text = (
        "坐席: 您好，请问您有什么问题？\n客户: 我家暖气不热。\n坐席: 暖气不热，您家地址？\n"
        f"{middle}\n坐席: 感谢您的来电，再见。"
    )
    call = replace(CALL, ticket=Ticket("T1", **{field: written}))
    stations = TicketStation(STATIONS)
    check = stations if field == "station" else TicketMatches("address", STATIONS)
    assert check.run(Scene(parse_dialogue(text), call)).outcome is outcome


ONE_SYLLABLE = (
    "坐席: 请问您的具体地址？\n"
    "客户: 丰收里五号楼二单元三零一。\n"
    "坐席: 丰收里五号楼二单元三零一，请问您贵姓啊？\n"
    "客户: {}。\n"
    "坐席: {}，留个电话吧。\n"
    "客户: 一五六，五七六二，七五二四。\n"
    "坐席: 幺五六，五七六二，七五二四，好。"
)


@pytest.mark.parametrize(
    ("outcome", "given", "reply"),
    [
        (MET, "葛", "姓葛，好的，葛女士"),
        (MET, "我姓齐", "齐女士，您好"),
        (MET, "我姓时", "时先生，您好"),
        (MET, "免贵姓郝", "郝女士"),
        (MET, "我姓石，石头的石", "石先生，好的"),
        (VIOLATED, "葛", "好的"),
        (VIOLATED, "我姓齐", "好的，记上了"),
        (VIOLATED, "我姓刘，文刀刘，刘凤霞", "刘女士，好的"),
    ],
)
def test_a_surname_is_an_answer_whatever_it_sounds_like(
    outcome: Outcome, given: str, reply: str
) -> None:
    assert judged("name", ONE_SYLLABLE.format(given, reply)) is outcome


ON_RECORD = (
    "客户: 我家暖气不热。\n"
    "坐席: 暖气不热，我看系统里有您的登记，丰收里五号楼二单元三零一，您是要报这个地址吗？\n"
    "客户: {}\n"
    "坐席: 好的，记下了。"
)


@pytest.mark.parametrize(
    ("outcome", "reply"),
    [
        (MET, "对对，就这儿，没搬家。"),
        (MET, "嗯，是。"),
        (VIOLATED, "不是，是五号楼三单元三零一。"),
    ],
)
def test_an_address_on_record_counts_when_it_is_agreed_to(outcome: Outcome, reply: str) -> None:
    assert judged("address", ON_RECORD.format(reply)) is outcome


@pytest.mark.parametrize(
    ("outcome", "written"), [(MET, "丰收里5号楼2单元301室"), (VIOLATED, "丰收里5号楼2单元307室")]
)
def test_a_ticket_is_compared_with_the_address_on_record(outcome: Outcome, written: str) -> None:
    text = (
        "坐席: 您好。\n"
        f"{ON_RECORD.format('对，就是这儿。')}\n"
        "客户: 谢谢。\n"
        "坐席: 感谢您的来电，再见。"
    )
    call = replace(CALL, ticket=Ticket("T1", address=written))
    check = TicketMatches("address", stations=STATIONS)
    assert check.run(Scene(parse_dialogue(text), call)).outcome is outcome


WRONGLY_READ = (
    "坐席: 请问您的具体地址？\n"
    "客户: 丰收里二号楼四单元五零四。\n"
    "坐席: 丰收里二号楼二单元五零四。\n"
    "客户: 哎不是，是四单元。\n坐席: {}，您的电话？\n客户: 幺三八，七六四二，九八八六。\n"
    "坐席: 幺三八，七六三二，九八八六，对吧？\n客户: 不对，中间是七六四二。\n坐席: {}。"
)


@pytest.mark.parametrize(
    ("outcome", "address", "phone"),
    [
        (VIOLATED, "哦哦，好，知道了", "啊，好好，我改了"),
        (MET, "哦，四单元，丰收里二号楼四单元五零四", "哦，七六四二，幺三八，七六四二，九八八六"),
    ],
)
def test_a_correction_has_to_be_repeated(outcome: Outcome, address: str, phone: str) -> None:
    middle = WRONGLY_READ.format(address, phone)
    assert judged("address", middle) is outcome
    assert judged("phone", middle) is outcome


def test_digits_of_the_next_answer_are_no_room() -> None:
    middle = (
        "坐席: 请问具体地址？\n"
        "客户: 丰收里二号楼二单元，七零三，是二单元。\n"
        "坐席: 丰收里二号楼二单元七零三。\n"
        "客户: 对，二单元。\n"
        "坐席: 怎么称呼您？\n"
        "客户: 我姓侯。\n"
        "坐席: 侯女士，联系电话您说一下。\n"
        "客户: 幺五零。\n"
        "坐席: 幺五零。\n"
        "客户: 四二七五。\n"
        "坐席: 四二七五。\n"
        "客户: 九五三幺。\n"
        "坐席: 九五三幺。"
    )
    assert judged("phone", middle) is MET
    assert judged("address", middle) is MET


TENS = [
    (MET, "二是四号楼", "二十四号楼"),
    (MET, "是四号楼", "十四号楼"),
    (MET, "二十四号楼", "二时四号楼"),
    (VIOLATED, "二是四号楼", "六号楼"),
    (VIOLATED, "二是四号楼", "三十四号楼"),
]


@pytest.mark.parametrize(("outcome", "given", "repeated"), TENS)
def test_a_ten_heard_as_another_word_convicts_nobody(
    outcome: Outcome, given: str, repeated: str
) -> None:
    middle = (
        f"坐席: 您家地址说一下？\n客户: 和平里小区{given}三单元五零二。\n"
        f"坐席: 和平里小区{repeated}三单元五零二，对吗？\n客户: 对。"
    )
    assert judged("address", middle) is outcome


@pytest.mark.parametrize(
    ("outcome", "reply"),
    [
        (VIOLATED, "对，就是这儿。"),
        (VIOLATED, "嗯。"),
        (VIOLATED, "是的，没搬家。"),
        (UNDECIDED, "嗯，我搬家了。"),
        (UNDECIDED, "是吗？"),
        (UNDECIDED, "行不行啊你们。"),
        (UNDECIDED, "你们什么时候来？"),
    ],
)
def test_an_address_on_record_convicts_only_when_agreed_to(outcome: Outcome, reply: str) -> None:
    text = f"坐席: 您好。\n{ON_RECORD.format(reply)}\n客户: 谢谢。\n坐席: 感谢您的来电，再见。"
    call = replace(CALL, ticket=Ticket("T1", address="丰收里5号楼2单元307室"))
    check = TicketMatches("address", stations=STATIONS)
    assert check.run(Scene(parse_dialogue(text), call)).outcome is outcome
