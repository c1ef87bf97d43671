"""Whether a call came to its end or the line broke: either side took leave, in whatever words."""

import re

from qa.scoring.check import Scene
from qa.scoring.sounds import sound_regex
from qa.scoring.track import Track
from qa.types import Role

LEAVE = (
    "再见|再会|拜拜|拜啊|回见|回头见|慢走|晚安|挂了|挂啦|先挂|挂电话|先这样|就这样|这样吧|就到这|先到这"
    "|您先忙|您忙吧|没别的事|祝您|祝你|不客气|甭客气|别客气|不用谢"
    "|(?:感谢|谢谢|多谢)(?:您|你)?的?(?:来电|致电|合作|配合|支持|接听|理解)"
)
"""What somebody says who is about to hang up."""
THANKS = "没事了|谢谢|多谢|谢了|感谢|辛苦|麻烦[您你]?了|麻烦你们|劳驾"
"""With these a customer is done; what the agent says next is the last word, unless it asks."""
ALSO_AMIDST = (
    "先挂|挂了|挂啦|挂电话|先这样|就这样|这样吧|没别的事|不客气|甭客气|别客气|不用谢"
    "|(?:感谢|谢谢|多谢)(?:您|你)?的?(?:合作|配合|支持|理解)"
)
"""Of these what is also said when a call goes on: 这样吧，您把地址说一下; 刚才电话挂了."""
HUNG_UP = (
    "(?:电话|线)(?:又|突然|自己|就|怎么|被|给您|给我)?$"
    "|(?:刚才|刚刚|上次|上回|突然|怎么|自己|不小心)[^吧啊行好]{0,3}$"
)
"""What stands before 挂了 in words about a call that was cut: 刚才电话挂了，是吧."""
LEAVE_CHARS = 40
"""Characters at the end of a side's last turn within which leave is taken."""
LAST_CHARS = 6
"""Characters that may follow words that are also said amidst a call, and thanks."""
WAITS = (
    "稍等|等一下|等等|别挂|查一下|看一下|问一下|说一下|报一下|讲一下|您说|请讲|贵姓|吗$|呢$|多少$|什么$"
    "|哪[里儿]$|地址$|电话$|姓名$|单元$|几号$|喂$|听得到|听得见"
)
"""How an agent's words end who waits for the customer, or whom the customer waits for."""
WAITING_CHARS = 8
HOLDS = (
    "(?:稍等|等一下|等等|别挂|查一下|看一下|问一下).{0,6}$"
    "|(?:查|看|问)一下.{0,10}(?:情况|记录|单子)$"
)
"""How an agent's words end who asks the customer to wait."""
HOLDING_CHARS = 18
ONLY_LISTENS = "[嗯哦啊对唉哎]*"
"""What an agent says who listens on."""


def agent_took_leave(scene: Scene) -> bool:
    """Whether the agent's last turn says that the call is over."""
    return _leaves(scene.agent) and not _waits(scene)


def asked_to_wait(scene: Scene) -> bool:
    """Whether the agent's last words ask for a moment, and no leave is taken after them."""
    track = scene.agent
    if not sound_regex(HOLDS).search(track.sounds, max(0, len(track.text) - HOLDING_CHARS)):
        return False
    last = max(scene.transcript.utterances, key=lambda u: u.span.end_ms)
    return last.role is Role.AGENT or not _leaves(scene.customer)


def took_leave(scene: Scene) -> bool:
    """Whether either side said that the call was over, or had the last word after thanks."""
    if agent_took_leave(scene):
        return True
    last = max(scene.transcript.utterances, key=lambda u: u.span.end_ms, default=None)
    by_agent = last is not None and last.role is Role.AGENT
    if by_agent and _waits(scene):
        return False
    if _leaves(scene.customer):
        return True
    answered = by_agent and not _only_listens(scene.agent)
    return answered and _ends_with(scene.customer, THANKS, LAST_CHARS)


def _leaves(track: Track) -> bool:
    return _ends_with(track, LEAVE, LEAVE_CHARS)


def _ends_with(track: Track, words: str, most_chars: int) -> bool:
    """Whether words stand at a side's end; those also said amidst a call at its very end."""
    if not track.turns:
        return False
    start, end = track.turns[-1]
    amidst = sound_regex(ALSO_AMIDST)
    return any(
        end - match.end() <= (LAST_CHARS if amidst.fullmatch(match.group()) else most_chars)
        and not _tells_of_a_cut(track.sounds, start, match)
        for match in sound_regex(words).finditer(track.sounds, max(start, end - LEAVE_CHARS), end)
    )


def _tells_of_a_cut(heard: str, start: int, match: re.Match[str]) -> bool:
    """Whether 挂了 tells of an earlier call: 刚才电话挂了，是吧."""
    if not sound_regex("挂了|挂啦").fullmatch(match.group()):
        return False
    return sound_regex(HUNG_UP).search(heard, start, match.start()) is not None


def _waits(scene: Scene) -> bool:
    """Whether the agent's words end with asking for an answer or a moment."""
    track = scene.agent
    spoken = [u for _, u in track.utterances]
    if spoken and spoken[-1].text.rstrip().endswith(("？", "?")):
        return True
    return bool(sound_regex(WAITS).search(track.sounds, max(0, len(track.text) - WAITING_CHARS)))


def _only_listens(track: Track) -> bool:
    return bool(sound_regex(ONLY_LISTENS + "$").match(track.sounds, track.turns[-1][0]))
