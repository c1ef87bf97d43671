"""Complaints told as stories, praise by contrast, calls that never came, relays in passing.

What people say when they neither complain nor praise in so many words. Wordings here were written
for the test, not taken from the rules' lists; a line counts as said by the customer unless it
names its speaker.
"""

import pytest

from qa.scoring.check import Scene
from qa.scoring.dialogue import parse_dialogue
from qa.scoring.ruleset import Ruleset, load_ruleset
from qa.scoring.scorecard import judge_rule
from qa.types import Call, Outcome

SAID = [
    ("PR01", "还得是你啊，讲得透透的，我这心就放下了。"),
    ("PR01", "你这姑娘办事真敞亮，比昨天接电话那小伙子强。"),
    ("PR01", "这服务真挑不出毛病。"),
    ("PR01", "要不是你提醒我还不知道关阀门呢，谢谢啊。"),
    ("PR01", "我可记着你的好了，姑娘。"),
    ("PR01", "换别人早不耐烦了，你一直给我讲。"),
    ("PR01", "我就爱跟你说话，一点不嫌我啰嗦。"),
    ("PR01", "你几句话我心里就踏实了。"),
    ("PR01", "到底是你，一说我就明白了。"),
    ("PR01", "遇上你这么明白的客服可真是我的福气。"),
    ("PR01", "你从头到尾和颜悦色的，我这老太太记着呢。"),
    ("EV06", "前天来的那小子，阀门拧两下就说好了，转天又漏。"),
    ("EV06", "上门那男的进屋鞋也不换，踩了一地。"),
    ("EV06", "你们派的那个人一张嘴就管我要烟，没给就耷拉脸。"),
    ("EV06", "那维修的问啥都不吭声，活儿也糙得没眼看。"),
    ("EV06", "师傅来了，把我晾在那儿他自己打游戏。"),
    ("EV06", "来修的那位当着我孩子的面骂我是土包子。"),
    ("EV06", "师傅甩给我一句爱热不热，摔门走了。"),
    ("EV06", "修管子的那人弄得满屋都是铁渣子，没给收拾。"),
    ("EV06", "那个维修工以后别再派他来了，太没规矩。"),
    ("EV06", "坐席: 前几天师傅上您家去过了吧？\n客户: 来了，看一眼就走了，什么态度啊。"),
    ("EV06", "那师傅我跟他说两句话他就装听不见。"),
    ("EV06", "师傅来了跟没来一样，修了跟没修似的，净糊弄人，你们得好好管管他。"),
    ("EV06", "我跟你说昨天那个维修工，拿胶布裹几下就完事了。"),
    ("EV07", "那个催费的在楼道扯着嗓子喊我家欠费。"),
    ("EV07", "收费窗口那女的零钱往我这儿一扔，脸拉老长。"),
    ("EV07", "收费处那人一会儿让我上三楼一会儿又让我上一楼。"),
    ("EV07", "上门收钱的说我是老赖，我交得好好的。"),
    ("EV07", "交费大厅排了一个点，到我了人家关窗口不办。"),
    ("EV07", "收费的冲我来一句你自己不会算啊。"),
    ("EV07", "收费员把发票从窗口甩出来，什么东西。"),
    ("EV07", "催缴的那人当着街坊的面数落我，我这脸上挂不住。"),
    ("EV07", "你们得管管窗口那个，说话夹枪带棒的。"),
    ("EV01", "我打都打了四回了，每回都说快了快了。"),
    ("EV01", "报上去五天了，该凉还凉，谁来看过啊。"),
    ("EV01", "礼拜一登记的，跟没登记一样，影儿都没有。"),
    ("EV01", "都第三天了，谁也没登过门。"),
    ("EV01", "我催了两遍，你们那边就当耳旁风。"),
    ("EV01", "报了两回，回回说派人，一推推到今天也没来。"),
    ("EV01", "维修站一天推一天，到现在没给个说法。"),
    ("EV01", "我上周报的修，等得花儿都谢了，也没人搭茬。"),
    ("EV01", "反映一个礼拜了，家里还是冻得要命，没人过问。"),
    ("EV02", "你们答应给我回电话，我守了一天手机，一下都没响。"),
    ("EV02", "说师傅会联系我，信儿影子都没有。"),
    ("EV02", "谁打过啊，没有谁打过。"),
    ("EV02", "左等右等电话就是不来。"),
    ("EV02", "不是说先来个电话嘛，哪有啊，没等着。"),
    ("EV02", "手机攥手里一整天，愣没响。"),
    ("EV02", "师傅电话毛都没一个。"),
    ("EV02", "报完修三天了，哪个也没给我打过电话。"),
    ("EV02", "我眼巴巴守着电话，没人打。"),
    ("EV09", "我找了市供热办，那边把单子给你们转过来了吧？"),
    ("EV09", "喂，我是咱区供热办值班的，有一户老人家里冷。"),
    ("EV09", "坐席: 您这个是供热办转过来的吧？\n客户: 对。"),
    ("EV09", "这事儿我跟区热办说了，他们说给你们派下来了。"),
    ("EV09", "您好，供热办信访科，有个群众诉求要交办给你们。"),
    ("EV09", "我们这边是咱市供热管理中心的，接了个居民来电。"),
    ("EV09", "我打的供热办，人家帮我报的修，你查查有没有。"),
    ("EV09", "我这单子是从供热处转过来的。"),
    ("EV05", "那师傅我可记着他的好呢。"),
    ("EV05", "那个师傅下回有事还找他来修，心里有底。"),
    ("EV05", "修暖气那老师傅干活不含糊，我点名要他。"),
    ("EV05", "师傅人没挑儿，活也没挑儿。"),
]

NOT_SAID = [
    ("PR01", "你比划一下也行。"),
    ("PR01", "还得是你们来修啊，我又不会。"),
    ("PR01", "也就你这么说，别人不这么说。"),
    ("PR01", "今天比昨天好多了。"),
    ("PR01", "你说得倒好听，人呢？"),
    ("PR01", "你说话能不能痛快点？"),
    ("PR01", "要不是你们拖着，我家能漏成这样？"),
    ("PR01", "那个师傅办事真利索。"),
    ("PR01", "师傅比以前那个强多了，挺好。"),
    ("PR01", "你把话说明白了，到底哪天来？"),
    ("PR01", "换个别人也得急啊。"),
    ("PR01", "还得是你给我登记呗？我自己登不了。"),
    ("EV06", "师傅要换鞋，我说不用换鞋，他就进来了。"),
    ("EV06", "师傅没跟我要烟，给他他都没要。"),
    ("EV06", "暖气漏得满屋都是水，师傅还没到。"),
    ("EV06", "楼上装修那帮人弄得一地土，师傅你们快来。"),
    ("EV06", "你冲我来一句不知道，什么态度！"),
    ("EV06", "师傅弄完把一地的水都擦了。"),
    ("EV06", "师傅让我先凑合用着，等配件。"),
    ("EV06", "收费的管我叫老赖，跟师傅没关系。"),
    ("EV06", "师傅拧了两下就好了，挺快。"),
    ("EV06", "师傅活儿不糙，就是来得晚。"),
    ("EV06", "坐席: 好，维修人员会尽快跟您联系。\n客户: 你这什么态度，糊弄我呢。"),
    ("EV06", "我跟师傅说话他没听见，屋里吵。"),
    ("EV06", "师傅看了一眼说得换阀门。"),
    ("EV07", "收费的挺好，没嚷也没催。"),
    ("EV07", "我欠费了是不是？我这就去交。"),
    ("EV07", "你们收费窗口排了半小时队，人太多了。"),
    ("EV07", "维修的冲我来一句爱修不修。"),
    ("EV07", "收费单子掉地上了，我找不着。"),
    ("EV07", "邻居当着我面说收费处关门了。"),
    ("EV07", "我把票扔了，收费处能补吗？"),
    ("EV01", "我今天头一回报，家里还是不热。"),
    ("EV01", "报了三天了，师傅来过了，还是不热。"),
    ("EV01", "我打过一次电话，你们让我稍等一下。"),
    ("EV01", "昨天报的，说今天来，我等着呢。"),
    ("EV01", "催了一下就来人了，挺快。"),
    ("EV01", "家里没什么动静了，水停了。"),
    ("EV01", "我家报修过，换完了，今天又漏。"),
    ("EV01", "等一下我看看，一会儿跟你说。"),
    ("EV01", "没人动过，自己漏的。"),
    ("EV02", "手机没电了，没响。"),
    ("EV02", "我手机坏了，一直没响，没接着你们电话。"),
    ("EV02", "门铃没响，我没听见。"),
    ("EV02", "我没等着快递电话。"),
    ("EV02", "电话响了，师傅说两点到。"),
    ("EV02", "我给邻居打电话没人接。"),
    ("EV02", "不用回电话，直接来吧。"),
    ("EV09", "我去区供热办交材料，路过你们那儿。"),
    ("EV09", "供热办没给转，我自己打的。"),
    ("EV09", "我要是不行就找供热办。"),
    ("EV09", "让供热办催你们才管是不是？"),
    ("EV09", "你把我电话转给供热办行不行？"),
    ("EV09", "我打过供热办，没人接。"),
    ("EV09", "坐席: 您是供热办的吗？\n客户: 不是。"),
    ("EV09", "供热办在哪条街啊？"),
    ("EV09", "怎么供热办不给转呢？"),
    ("EV05", "还得是师傅来看看才知道。"),
    ("EV05", "还得是他来修啊？"),
    ("EV05", "下次再有事还找他就行是吧？"),
    ("EV05", "我记着他电话呢。"),
    ("EV05", "要不是师傅弄坏了，也不会漏。"),
]

# Who is meant decides between two rules.
ABOUT_ANOTHER = [
    ("PR01", "那个师傅办事真利索。"),
    ("EV05", "师傅弄完也不收拾，地没擦。"),
    ("EV06", "收费的管我叫老赖。"),
    ("EV07", "那维修的冲我来一句爱修不修。"),
    ("EV06", "你们那个收费的，她冲我来一句你等着吧。"),
    ("EV06", "物业那师傅缠了两圈就跑了，活儿干得真糙。"),
    ("EV07", "物业收费的管我叫老赖。"),
    ("EV01", "左等右等电话就是不来。"),
    ("EV01", "信儿影子都没有，也没给我打过电话。"),
    ("EV02", "报了四天，该凉还凉，没人过问。"),
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


@pytest.mark.parametrize(("rule_id", "words"), NOT_SAID + ABOUT_ANOTHER)
def test_not_heard(ruleset: Ruleset, rule_id: str, words: str) -> None:
    assert judge(ruleset, rule_id, words) is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(("rule_id", "_words"), SAID)
def test_the_agents_words_are_not_the_customers(
    ruleset: Ruleset, rule_id: str, _words: str
) -> None:
    words = _words.replace("客户: ", "坐席: ").replace("坐席: ", "")
    dialogue = f"客户: 你好。\n坐席: {words.replace(chr(10), '')}"
    assert judge(ruleset, rule_id, f"坐席: 喂。\n{dialogue}") is Outcome.NOT_APPLICABLE


def test_a_yardstick_is_not_who_is_praised(ruleset: Ruleset) -> None:
    words = "这回来的师傅活儿好，比上回那个收费的强。"
    assert judge(ruleset, "EV05", words) is Outcome.MET


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("给我们服务打几分呢", Outcome.VIOLATED),
        ("给我几分钟", Outcome.MET),
        ("您给我一点时间", Outcome.MET),
    ],
)
def test_asking_for_a_score_asks_for_no_moment(
    ruleset: Ruleset, said: str, outcome: Outcome
) -> None:
    words = f"坐席: {said}。\n客户: 好。\n(停顿 13秒)\n坐席: 好的。"
    assert judge(ruleset, "AC02", words) is outcome
