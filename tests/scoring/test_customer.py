"""What customers say of agents, repairers, collectors and the company, as people really talk.

Wordings here were written for the test, not taken from the rules' lists; a line counts as said by
the customer unless it names its speaker.
"""

import pytest

from qa.scoring.check import Scene
from qa.scoring.dialogue import parse_dialogue
from qa.scoring.ruleset import Ruleset, load_ruleset
from qa.scoring.scorecard import judge_rule
from qa.types import Call, Outcome

RULES = ("PR01", "EV01", "EV02", "EV05", "EV06", "EV07", "EV08", "EV09")

SAID = [
    # praise of the agent
    ("PR01", "闺女你说话可真中听，听着心里就敞亮。"),
    ("PR01", "哎呀你这小伙子态度真好，我得跟你们领导夸夸你。"),
    ("PR01", "你比昨天接电话那个强多了。"),
    ("PR01", "头一回碰上这么有耐心的客服。"),
    ("PR01", "姑娘你讲得真明白，我这一听就懂了。"),
    ("PR01", "您这服务没得说，必须给您点个赞。"),
    ("PR01", "要是个个都像你这么负责就好了。"),
    ("PR01", "跟你唠两句我这火气都消了，说话真好听。"),
    ("PR01", "你这丫头真会说话，人也热心。"),
    ("PR01", "你们这服务态度真不错，挺暖心的。"),
    ("PR01", "多亏遇着你，你可真细心。"),
    # praise of a repairer
    ("EV05", "那天来的老师傅手艺没得挑，三下两下就给整好了。"),
    ("EV05", "你们那个王师傅真是个实在人，大冷天的忙活得满头大汗。"),
    ("EV05", "来的那个小伙子真不错，干完活还把地给拖了。"),
    ("EV05", "修暖气的师傅可热心了，帮我把水桶都拎下楼去了。"),
    ("EV05", "人家师傅二话没说，半夜就赶过来了，我得谢谢人家，好好表扬表扬。"),
    ("EV05", "上次维修工活干得漂亮，又快又干净。"),
    ("EV05", "坐席: 师傅态度怎么样？\n客户: 那没说的，特别客气，进屋先套鞋套。"),
    ("EV05", "那个师傅修得挺利索，人也和气。"),
    ("EV05", "我想给你们李师傅送面锦旗。"),
    ("EV05", "师傅给他递烟他都不抽，水也不喝，干完就走了，真不赖。"),
    ("EV05", "你们派来的人挺专业的，讲得也明白。"),
    # complaints about a repairer
    ("EV06", "师傅来了也不吱声，拧了两下就走了，糊弄谁呢。"),
    ("EV06", "修完弄一地泥也不收拾，师傅拍拍屁股就走人了。"),
    ("EV06", "来修的那个人一进门就管我要红包。"),
    ("EV06", "你们师傅一身酒味儿，我都不敢让他进屋。"),
    ("EV06", "那维修工牛气得很，我多问两句他就跟我瞪眼。"),
    ("EV06", "师傅把我家地板给砸了个坑，还赖我自己弄的。"),
    ("EV06", "那俩工人在我家客厅抽烟，说他还不乐意。"),
    ("EV06", "那个师傅换了个旧阀门糊弄我，收的还是新的钱。"),
    ("EV06", "坐席: 维修工的态度如何？\n客户: 可别提了，拉个脸，跟我欠他钱似的。"),
    ("EV06", "我得反映反映你们那个维修的，说话太难听了。"),
    ("EV06", "师傅张嘴就要两百块钱，不给就不干。"),
    # complaints about a collector
    ("EV07", "收费那个大姐说话跟吃了枪药似的。"),
    ("EV07", "你们收费处的人算错账，多收了我一百多，还不给退。"),
    ("EV07", "交费大厅那个窗口的女的嗑瓜子聊天，半天不理人。"),
    ("EV07", "上门收费的那个人把我家门敲得山响，进屋就嚷嚷。"),
    ("EV07", "收费员收了钱，票也没给我开。"),
    ("EV07", "收暖气费的说我没交，我明明交了，态度还特横。"),
    ("EV07", "我投诉你们收费窗口那个男的，爱答不理的。"),
    ("EV07", "那个催费的天天上我家堵门，跟讨债似的。"),
    # suggestions
    ("EV08", "我给你们提个小意见，那个报修电话能不能多开几条线。"),
    ("EV08", "我觉得你们应该在楼道里贴个通知，停暖提前告诉大家。"),
    ("EV08", "要我说，你们以后检修最好提前通知一声。"),
    ("EV08", "要是能在微信上报修就好了。"),
    ("EV08", "坐席: 您还有什么建议或者意见吗？\n客户: 希望你们下次来快点儿。"),
    ("EV08", "坐席: 您对我们还有什么意见和建议？\n客户: 就是收费能不能透明一点儿。"),
    ("EV08", "我们几个邻居都建议你们把试水时间提前说一声。"),
    ("EV08", "你们公司是不是可以建个业主群，有啥事儿群里说。"),
    # relayed by the heating office
    ("EV09", "你好，区供热办，转你们一个报修件。"),
    ("EV09", "我这边是市供热管理办公室的，有居民打到我们这儿投诉不热。"),
    ("EV09", "我是供热办小李，有户居民反映家里不热，你们去看看，回头给我们反馈。"),
    ("EV09", "这里是区热办，督办一个件，三天之内回复我们。"),
    # not acted on
    ("EV01", "报了三天了没人管，你们到底来不来？"),
    ("EV01", "我都催了四遍了，连个人影都没见着。"),
    ("EV01", "上周二就登记了，到现在也没见师傅上门。"),
    ("EV01", "单子报上去就没动静了。"),
    ("EV01", "说好昨天来，等了一下午也没来。"),
    ("EV01", "你们是不是把我给忘了，都四天了没人来看。"),
    ("EV01", "我打了好几遍电话报修，就是不派人来。"),
    ("EV01", "这都一个礼拜了，愣是没人搭理我们。"),
    # nobody called
    ("EV02", "一个电话都没接到，我请了一天假白等。"),
    ("EV02", "不是说给我打电话吗，到现在也没打。"),
    ("EV02", "师傅招呼都不打就上门了，我还穿着睡衣呢。"),
    ("EV02", "报完修谁也没联系过我。"),
    ("EV02", "等电话等了两天，也没人打过来。"),
    ("EV02", "人来了又走了，也不提前打个电话。"),
    ("EV02", "从报修到现在，没有一个人给我来个电话。"),
]

NOT_SAID = [
    # polite thanks, wishes and requests are no praise
    ("PR01", "好的好的，谢谢你啊姑娘，辛苦了。"),
    ("PR01", "麻烦你了，太感谢了。"),
    ("PR01", "你态度能不能好一点？"),
    ("PR01", "你这服务态度可真不怎么样。"),
    ("PR01", "师傅真有耐心，给我讲了半天。"),
    ("PR01", "你太客气了，没事没事。"),
    ("PR01", "我家这暖气真好，就是这两天有点响。"),
    ("PR01", "我对你们够有耐心的了。"),
    ("PR01", "坐席: 您真好，谢谢您的理解。\n客户: 嗯，没事。"),
    ("PR01", "你好，听得清楚吗？"),
    # a repairer is mentioned, not praised
    ("EV05", "师傅昨天来看过了，说要换个阀门。"),
    ("EV05", "坐席: 维修工态度如何？\n客户: 满意。"),
    ("EV05", "坐席: 师傅服务怎么样？\n客户: 还行，挺好的。"),
    ("EV05", "那个师傅干活一点也不仔细。"),
    ("EV05", "麻烦师傅快点来，谢谢。"),
    ("EV05", "装修的师傅手艺真好，就是你们这管子不行。"),
    ("EV05", "让师傅来的时候带个好点的阀门。"),
    ("EV05", "你们收费员态度真好。"),
    ("EV05", "最好今天下午师傅能过来。"),
    # no complaint about a repairer
    ("EV06", "师傅来修过了，没修好，还是不热。"),
    ("EV06", "师傅收了三十块材料费，给了收据。"),
    ("EV06", "你怎么说话呢，你什么态度？"),
    ("EV06", "楼上邻居装修把我家墙弄坏了，想请师傅来看看。"),
    ("EV06", "师傅说管子是我自己弄坏的，我也认。"),
    ("EV06", "师傅会不会弄一地水啊？"),
    ("EV06", "物业那个维修的态度恶劣得很。"),
    ("EV06", "师傅没要钱，也没要烟。"),
    ("EV06", "我要投诉，你们收费的太横了。"),
    ("EV06", "师傅什么时候能来？我家水漏一地了。"),
    # no complaint about a collector
    ("EV07", "收费大厅在哪儿啊，几点上班？"),
    ("EV07", "我家的取暖费还没交，什么时候交？"),
    ("EV07", "维修师傅没给票。"),
    ("EV07", "收费员挺热情的，给我办得挺快。"),
    ("EV07", "跟您说收费没有？没收费。"),
    ("EV07", "你们这收费标准是多少？"),
    # requests are no suggestions
    ("EV08", "你们能不能快点派人来？"),
    ("EV08", "能不能让师傅来之前给我打个电话？"),
    ("EV08", "坐席: 您还有什么建议或者意见吗？\n客户: 没啥意见，都挺好。"),
    ("EV08", "师傅建议我换一组暖气片。"),
    ("EV08", "希望师傅早点来。"),
    ("EV08", "坐席: 您对我们有什么建议吗？\n客户: 没有没有，修好就行。"),
    # the office is mentioned, but relays nothing
    ("EV09", "你们这儿是供热办吗？"),
    ("EV09", "你们再不管我就去找供热办。"),
    ("EV09", "我打市长热线了，他们说归你们管。"),
    ("EV09", "我要给区供热办打电话投诉你们。"),
    ("EV09", "供热办的电话是多少？"),
    # the first report, or something else that nobody does
    ("EV01", "我家暖气不热，麻烦报个修。"),
    ("EV01", "白天家里没人，晚上再来行不行？"),
    ("EV01", "师傅来了，没修好就走了。"),
    ("EV01", "电话打了半天没人接。"),
    ("EV01", "要是明天还没人来，我就去你们公司。"),
    ("EV01", "卧室从供暖就没热过。"),
    ("EV01", "楼道漏水物业一直没人管。"),
    # calls that were not due, or missed by the customer
    ("EV02", "师傅给我打过电话了，约的下午。"),
    ("EV02", "我没给师傅打电话。"),
    ("EV02", "我开会呢，手机静音没接到电话。"),
    ("EV02", "来之前不用打电话，家里有人。"),
    ("EV02", "你们电话一直没人接。"),
    ("EV02", "可别又不打电话就来啊。"),
]


@pytest.fixture(scope="module")
def ruleset() -> Ruleset:
    return load_ruleset("heating-repair")


def judge(ruleset: Ruleset, rule_id: str, words: str) -> Outcome:
    rule = ruleset.rule(rule_id)
    assert rule is not None
    dialogue = words if words.startswith("坐席") else f"坐席: 您好。\n客户: {words}"
    return judge_rule(rule, Scene(parse_dialogue(dialogue), Call("c"))).outcome


@pytest.mark.parametrize(("rule_id", "words"), SAID)
def test_heard(ruleset: Ruleset, rule_id: str, words: str) -> None:
    assert judge(ruleset, rule_id, words) is Outcome.MET


@pytest.mark.parametrize(("rule_id", "words"), NOT_SAID)
def test_not_heard(ruleset: Ruleset, rule_id: str, words: str) -> None:
    assert judge(ruleset, rule_id, words) is Outcome.NOT_APPLICABLE
