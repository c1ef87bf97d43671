"""What each kind of check listens for, what its figures mean, and what to say instead."""

from collections.abc import Mapping
from typing import Final

from qa.reasons import Wording

_LOOKS: Mapping[str, Wording] = {
    "asked_question": Wording(
        "坐席有没有问出这一个回访问题（换个说法也算）；客户的回答会记下来。",
        "Whether the agent asked this one question of the callback, in any wording; what the "
        "customer answered is noted.",
    ),
    "call_hours": Wording(
        "去电的时间是不是避开了客户用餐和午休的钟点；只看电话系统记录的时间。",
        "Whether an outbound call kept clear of the customer's meal and nap hours; only the "
        "telephone system's time counts.",
    ),
    "callback_opening": Wording(
        "问第一个问题之前，开头语的每一部分有没有都说到。",
        "Whether every part of the opening was said before the first question.",
    ),
    "courtesies": Wording(
        "该说的礼貌话有没有说：有的每通都要说，有的在客户给出缘由（如投诉）之后要说。",
        "Whether the courtesies that are due were said: some always, some once the customer gave "
        "cause, such as a complaint.",
    ),
    "customer_mentions": Wording(
        "客户有没有提到这件事。听到就记下来给班组看，坐席不因此扣分。",
        "Whether the customer mentioned this. It is noted for the team; no agent loses points "
        "by it.",
    ),
    "customer_releases": Wording(
        "是不是客户先挂机；坐席说完结束语、等够时间以后才挂，也算对。",
        "Whether the customer hung up first; an agent who closed and then waited long enough may "
        "hang up, too.",
    ),
    "dead_air": Wording(
        "有没有双方都不说话的长时间冷场；事先请客户稍等的不算。",
        "Whether nobody spoke for a long time, unless the customer had been asked to wait.",
    ),
    "details_read_back": Wording(
        "列出的每一项信息，坐席有没有都重复一遍：说一项重复一项，或者最后一起核对，都算。",
        "Whether the agent repeated every listed detail, one by one or in one summary.",
    ),
    "dispute": Wording(
        "坐席有没有一轮接一轮地和客户争辩；一两句解释不算。",
        "Whether the agent argued turn after turn; a sentence or two of explanation is no dispute.",
    ),
    "expected_time": Wording(
        "客户投诉以后，坐席有没有告诉他大约什么时候处理。",
        "Whether a customer who complained was told by when something will happen.",
    ),
    "festival_greeting": Wording(
        "通话当天该用哪一种问候：有节日通知的日子用节日问候，其他日子用平日问候。",
        "Whether the greeting fits the day: the festival's within a notice's days, the plain one "
        "otherwise.",
    ),
    "hold_courtesy": Wording(
        "让客户在线等候之前，有没有先请客户稍等。",
        "Whether the customer was asked to wait before being left in silence.",
    ),
    "hotline_closing": Wording(
        "结束时有没有感谢客户、报出热线号码并说明随时可以拨打。",
        "Whether the end of the call thanks, gives the hotline's number and offers help.",
    ),
    "interruption": Wording(
        "客户还在说的时候，坐席有没有插进来并一直说下去；“嗯、好的”这样的应声不算。",
        "Whether the agent began while the customer was speaking and kept on; “mm” and “yes” do "
        "not count.",
    ),
    "introduction": Wording(
        "坐席有没有问好，报出单位和自己的姓名或工号。",
        "Whether the agent greeted, named the company and gave a name or number of their own.",
    ),
    "keyed_answers": Wording(
        "回访后录入的答案，和客户在电话里说的是不是一致。",
        "Whether the answers keyed in after the callback are what the customer said.",
    ),
    "knowledge": Wording(
        "坐席的解答有没有与业务知识相反的说法。",
        "Whether the agent said something that the knowledge entries mark as wrong.",
    ),
    "late_apology": Wording(
        "响铃超过规定次数才接的，开口有没有先致歉。",
        "Whether a call that was answered late begins with an apology.",
    ),
    "loudness": Wording(
        "坐席说话的音量是不是在合适的范围内，有没有喊叫。",
        "Whether the agent's loudness lies in a band, and nothing was shouted.",
    ),
    "not_convenient": Wording(
        "客户说不方便时，坐席有没有另约时间。",
        "Whether another time was agreed when the customer had none now.",
    ),
    "own_number": Wording(
        "坐席报的工号，是不是电话系统里登记的那个工号。",
        "Whether the number that the agent gave is the one that the telephone system holds.",
    ),
    "payment_reminder": Wording(
        "只有客户满意而且还没交费，才应当提醒交费；其他情况不应当提。",
        "Whether the fee is called to mind if, and only if, the customer is satisfied and owes it.",
    ),
    "phrase_absent": Wording(
        "坐席有没有说这类话。转述别人的话、对事实的正当说明不算。",
        "Whether the agent said anything of this kind. Quoting somebody else, or stating a plain "
        "fact, does not count.",
    ),
    "points_repeated": Wording(
        "通话结束前，坐席有没有把客户来电的要点复述一遍。",
        "Whether the agent repeated the main points before the end of the call.",
    ),
    "polite_address": Wording(
        "坐席称呼客户用的是“您”，不是“你”。", "Whether the agent says 您 to the customer, never 你."
    ),
    "pressure_absent": Wording(
        "去电时有没有强迫客户购买的话。",
        "Whether the agent pressed the customer to buy, in a call that the agent placed.",
    ),
    "private_call": Wording(
        "这通电话谈的是业务，还是私事。", "Whether the call is business or a private conversation."
    ),
    "promise_absent": Wording(
        "坐席有没有作出自己做不了主的承诺：什么时候修好、一定解决、退多少钱。"
        "说明规定、按规定答复时限不算。",
        "Whether the agent promised what nobody can promise: a time, a result, money. Explaining "
        "the rules or giving the regular time for an answer does not count.",
    ),
    "read_back": Wording(
        "客户说出这一项以后，坐席有没有跟读确认：马上重复、分段重复、最后一起重复，都算。",
        "Whether the agent repeated this detail after the customer gave it: at once, in groups or "
        "in a summary.",
    ),
    "ring_count": Wording(
        "响铃几次以内接起。只看电话系统的记录，不听录音。",
        "Whether the call was answered within so many rings; only the telephone system's count "
        "is used.",
    ),
    "script_slots": Wording(
        "规定话术的每一部分有没有说到；识别成同音字、被客户打断分几句说完，都算说了。",
        "Whether every part of the script was said; words heard as others of the same sound count, "
        "and so does a script said in several pieces.",
    ),
    "speech_rate": Wording(
        "坐席每分钟说多少字，是不是在合适的范围内。",
        "Whether the agent's characters a minute lie in a band.",
    ),
    "standard_speech": Wording(
        "坐席说的是不是普通话。", "Whether the agent speaks standard Mandarin."
    ),
    "ticket_matches": Wording(
        "工单上的这一栏，和客户在电话里确认的是不是一致。",
        "Whether this field of the ticket is what the customer agreed to in the call.",
    ),
    "ticket_station": Wording(
        "工单派到的维修站，是不是负责客户所说小区的那一个。",
        "Whether the ticket went to the station that serves the customer's compound.",
    ),
    "condition": Wording(
        "按规则文件里写的条件判断。", "Whether the condition holds that the ruleset's file states."
    ),
}

_VALUES: Mapping[str, Wording] = {
    "phrases": Wording("听这些话", "Phrases"),
    "said_of": Wording("这样说到", "Said of it"),
    "promises": Wording("算作承诺的话", "What counts as a promise"),
    "allowed": Wording("允许的话", "Allowed"),
    "arguing": Wording("争辩的话", "Arguing"),
    "insisting": Wording("坚持己见的话", "Insisting"),
    "closing": Wording("结束语", "Closing"),
    "asking": Wording("请客户稍等的话", "Asking to wait"),
    "announcing": Wording("预先说明的话", "Announcing"),
    "plain_greeting": Wording("平日问候", "Plain greeting"),
    "plain_brand": Wording("平日自称", "Plain name"),
    "festival_brand": Wording("节日自称", "Festival name"),
    "company": Wording("单位名称", "Company"),
    "greeting": Wording("问候", "Greeting"),
    "hotline": Wording("热线号码", "Hotline"),
    "before": Wording("工号在这句话之前", "Number stands before"),
    "detail": Wording("哪一项", "Which detail"),
    "question": Wording("哪个问题", "Which question"),
    "fields": Wording("哪几项", "Which details"),
    "hours": Wording("避开的钟点", "Hours to keep clear of"),
    "max_rings": Wording("最多响铃（次）", "At most, rings"),
    "min_gap_s": Wording("说完后至少等（秒）", "Wait at least, s"),
    "max_silence_s": Wording("最长冷场（秒）", "Longest silence, s"),
    "min_hold_s": Wording("算等候的时长（秒）", "Counts as waiting from, s"),
    "min_overlap_s": Wording("重叠超过（秒）", "Overlap from, s"),
    "min_count": Wording("至少几次", "At least, times"),
    "min_turns": Wording("至少几轮", "At least, turns"),
    "max_informal": Wording("最多几次“你”", "At most, 你"),
    "band_cpm": Wording("语速范围（字/分钟）", "Characters a minute"),
    "band_dbfs": Wording("音量范围（dBFS）", "Level, dBFS"),
    "shout_margin_db": Wording("高出多少算喊（dB）", "A shout is louder by, dB"),
    "min_speech_s": Wording("至少说了（秒）", "Spoke at least, s"),
}

_ADVICE: Mapping[str, Wording] = {
    "TM01": Wording("铃响三声之内接起。", "Answer within three rings."),
    "TM03": Wording(
        "说完“感谢您的来电，再见”，等客户先挂；客户迟迟不挂，等几秒再挂。",
        "Say the closing, then let the customer hang up; wait a few seconds if they do not.",
    ),
    "FP01": Wording(
        "对事不对人：“我理解您着急，我这就帮您登记。”",
        "Stay with the matter: “I understand; let me write this down for you.”",
    ),
    "FP02": Wording(
        "先接下来，再指路：“这个问题由物业负责，我把电话告诉您。”",
        "Take it, then point the way: “The property office is in charge; here is its number.”",
    ),
    "FP03": Wording(
        "不清楚就去问：“这个我帮您问一下，请您稍等。”",
        "If you do not know, ask: “Let me find out for you, one moment please.”",
    ),
    "FP04": Wording(
        "重复也平心静气：“我再跟您说一遍，您记一下。”",
        "Say it again calmly: “Let me repeat that for you.”",
    ),
    "FP05": Wording(
        "不争对错：“您说的情况我记下来，请师傅当面核实。”",
        "Leave right and wrong aside: “I note what you say; the repairer will look into it.”",
    ),
    "IP01": Wording(
        "只说做得了主的：“已经给您派单，维修人员会尽快跟您联系，具体时间以他们联系您为准。”",
        "Say only what is yours to say: “It is booked; the repairers will contact you soon and "
        "tell you the time.”",
    ),
    "MG01": Wording("拿不准的先查知识库，再答复客户。", "If unsure, look it up before you answer."),
    "AC01": Wording(
        "让客户把话说完，中间用“嗯”“好的”应着。", "Let the customer finish; a short “yes” is fine."
    ),
    "AC02": Wording(
        "要查、要问，先说一声：“请您稍等，我查一下。”",
        "Say so before you go quiet: “One moment please, I am looking it up.”",
    ),
    "AC03": Wording("放慢一点，说清数字和时间。", "A little slower; numbers and times clearly."),
    "AC04": Wording(
        "声音平稳，客户越急越要放低。", "Keep your voice even, the more so when they shout."
    ),
    "TK01": Wording(
        "填完工单照着读一遍：“丰收里五号楼二单元三零一，对吗？”",
        "Read the ticket's address back before you send it.",
    ),
    "TK02": Wording(
        "填完工单把电话读一遍给客户听。", "Read the ticket's number back before you send it."
    ),
    "TK03": Wording("问清姓名是哪几个字再填。", "Ask how the name is written."),
    "TK04": Wording(
        "按小区名称查站点，名字相近的要核对。",
        "Look the station up; mind compounds of similar names.",
    ),
    "CBV": Wording(
        "客户怎么说就怎么录；说不清的再问一句。", "Key in what was said; if unclear, ask again."
    ),
}

WORDS: Final[Mapping[str, Wording]] = {
    **{f"looks_{kind}": text for kind, text in _LOOKS.items()},
    **{f"value_{name}": text for name, text in _VALUES.items()},
    **{f"advice_{rule_id}": text for rule_id, text in _ADVICE.items()},
}
