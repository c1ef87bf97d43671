"""Whether a call came to its end or the line broke: either side took leave, in whatever words."""

from qa.scoring.check import Scene
from qa.scoring.sounds import sound_regex
from qa.scoring.track import Track
from qa.types import Role

LEAVE = (
    "再见|再会|拜拜|拜啊|回见|回头见|慢走|晚安|挂了|挂啦|先挂|挂电话|先这样|就这样|这样吧|就到这|先到这"
    "|您先忙|您忙吧|没别的事|没事了|祝您|祝你|不客气|甭客气|别客气|不用谢"
    "|(?:感谢|谢谢|多谢)(?:您|你)?的?(?:来电|致电|合作|配合|支持|接听|理解)"
)
"""What somebody says who is about to hang up."""
THANKS = "谢谢|多谢|谢了|感谢|辛苦|麻烦[您你]?了|麻烦你们|劳驾"
"""With these a customer is done; what the agent says next is the last word."""
LEAVE_CHARS = 40
"""Characters at the end of a side's last turn within which leave is taken."""
WAITS = "稍等|等一下|等等|别挂|查一下|看一下|问一下|吗$|呢$|多少$|什么$|哪[里儿]$|喂$|听得到|听得见"
"""How an agent's words end who waits for the customer, or whom the customer waits for."""
WAITING_CHARS = 8


def agent_took_leave(scene: Scene) -> bool:
    """Whether the agent's last turn says that the call is over."""
    return _ends_with(scene.agent, LEAVE)


def took_leave(scene: Scene) -> bool:
    """Whether either side said that the call was over, or had the last word after thanks."""
    if agent_took_leave(scene) or _ends_with(scene.customer, LEAVE):
        return True
    return _spoke_last(scene) and _ends_with(scene.customer, THANKS)


def _ends_with(track: Track, words: str) -> bool:
    if not track.turns:
        return False
    start, end = track.turns[-1]
    return bool(sound_regex(words).search(track.sounds, max(start, end - LEAVE_CHARS), end))


def _spoke_last(scene: Scene) -> bool:
    """Whether the last word is the agent's, and asks for neither an answer nor a moment."""
    last = max(scene.transcript.utterances, key=lambda u: u.span.end_ms, default=None)
    if last is None or last.role is not Role.AGENT or last.text.rstrip().endswith(("？", "?")):
        return False
    track = scene.agent
    return not sound_regex(WAITS).search(track.sounds, max(0, len(track.text) - WAITING_CHARS))
