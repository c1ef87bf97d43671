"""What people write of a call that is nobody's own: numbers of agents, times, points, scores."""

import re

_NUM = r"[0-9零〇一二三四五六七八九十百两]"
_KEPT = re.compile(
    r"工号[是为:：\s]*[A-Za-z]{0,3}\d{1,6}(?!\d)"
    r"|(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?![A-Za-z0-9])"
    r"|(?<!\d)(?:19|20)\d\d[-/.年][01]?\d[-/.月][0-3]?\d日?(?!\d)"
    r"|(?<!\d)[0-2]?\d[:：][0-5]\d(?:[:：][0-5]\d)?(?!\d)"
    rf"|(?<!{_NUM}){_NUM}{{1,3}}(?:\.\d)?(?:分钟|秒|分|点|小时|天|次|句|遍|度|元|块|%|％)"
    rf"|(?<!{_NUM}){_NUM}{{1,2}}月{_NUM}{{1,3}}[日号](?!楼)"
)


def kept_positions(text: str) -> frozenset[int]:
    """Return the positions of what stays readable in a written text, whatever stands around it."""
    return frozenset(k for m in _KEPT.finditer(text) for k in range(*m.span()))
