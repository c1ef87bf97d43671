"""Read spoken times (明天上午, 两小时内, 礼拜五, 月底前), that is, by when something is promised.

A spoken time is a stretch, so what counts is its end: 明天上午 is due tomorrow at noon, 三天之内 at
the end of the third day. What already lies in the past when the call begins is no promise.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

_DIGITS = dict(zip("零一二两俩三四五六七八九", (0, 1, 2, 2, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))
_NUMBER = r"(?:\d{1,3}|[一二两俩三四五六七八九十百]{1,5})"

_DURATION = re.compile(
    rf"(?<!第)(?:(?P<half>半)(?P<half_unit>个小时|小时|个钟头|个钟|天|个月)"
    rf"|(?P<number>{_NUMBER})个?(?P<and_half>半)?"
    r"(?P<unit>工作日|小时|钟头|刻钟|分钟|天|星期|礼拜|周|(?<=[个半])月)(?P<after_half>半)?)"
    r"(?!前|以前|之前|没|不热|了|多|来|都|[一二三四五六七]|[底初末号])"
)
_DAYS = {"大后": 3, "今": 0, "当": 0, "明": 1, "赶明": 1, "后": 2, "隔": 1, "第二": 1}
_DAY = (
    r"(?P<day>大后|赶明|今|当|明|后|隔|第二)(?:(?:天|日|儿个|儿|个)|(?=[早晚夜上中下]))"
    r"|(?P<week>下下个?|下个?|这个?|本)?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天末])"
    r"|(?P<weeks>下下个?|下个?|这个?|本)(?:周|星期|礼拜)"
    rf"|(?P<month>{_NUMBER}月|下个?月|这个?月|本月)(?P<date>{_NUMBER})[号日]"
    rf"|(?P<bare_date>{_NUMBER})[号日](?=之?前|以前|[上下中]午|[早晚]上|一定|肯定|保证|准|能|就)"
    r"|(?P<months>下个?|这个?|本)?月(?P<third>底|末|初|中旬|中|上旬|下旬)"
    r"|(?P<whole>下个?月|本月|这个?月)"
    r"|(?P<year>年底|年末)"
)
_PARTS = {
    "凌晨": 6,
    "天亮": 6,
    "上班": 9,
    "一大早": 10,
    "清早": 10,
    "一早": 10,
    "早上": 10,
    "早晨": 10,
    "早": 10,
    "上午": 12,
    "中午": 14,
    "晌午": 14,
    "午后": 18,
    "下午": 18,
    "下班": 18,
    "傍晚": 19,
    "天黑": 19,
    "半夜": 24,
    "夜里": 24,
    "晚上": 24,
    "晚": 24,
    "夜": 24,
}
"""The hour at which a part of the day is over."""
_PART = "(?P<part>" + "|".join(_PARTS) + ")"
_BARE_PART = "(?P<bare_part>" + "|".join(p for p in _PARTS if len(p) > 1) + ")"
_MINUTE = rf"半|[一三]刻|整|{_NUMBER}分?(?!小|个|钟|点)"


def _clock_pattern(name: str) -> str:
    """Match a clock time, and of 两点到四点 the later one."""
    return (
        rf"(?:{_NUMBER}点(?:{_MINUTE})?[到至])?"
        rf"(?P<hour{name}>{_NUMBER})点钟?(?P<minute{name}>{_MINUTE})?"
    )


_POINT = re.compile(
    rf"(?:{_DAY})的?{_PART}?的?(?:{_clock_pattern('1')})?"
    rf"|{_BARE_PART}的?(?:{_clock_pattern('2')})?"
    rf"|(?<![早快有好这差晚慢大小多])(?:{_clock_pattern('3')})"
)
_PAST = re.compile(
    rf"(?:昨天|昨儿个?|前天|前儿个?|昨|大前天|那天|去年|上上?个?(?:周|星期|礼拜)[一二三四五六日天末]?|上个?月)"
    rf"的?(?:{'|'.join(_PARTS)})?的?(?:{_NUMBER}点(?:{_MINUTE})?)?"
)
_SURELY_CLOCK = re.compile(r"钟|整|半|刻|之?前|以前|到")


@dataclass(frozen=True, slots=True)
class SpokenTime:
    """A time in a text.

    Attributes:
        start, end: its positions, half-open.
        due: its latest moment, aware.
    """

    start: int
    end: int
    due: datetime


def due_time(text: str, started_at: datetime | None) -> datetime | None:
    """Return the latest moment that a text names; None without one, or without the call's time.

    Args:
        text: folded text of what was promised.
        started_at: when the call began, aware, in the call centre's zone.
    """
    if started_at is None:
        return None
    return max((spoken.due for spoken in find_times(text, started_at)), default=None)


def find_times(text: str, started_at: datetime) -> list[SpokenTime]:
    """Find all times to come that a folded text names, in order.

    Weekends are no 工作日; public holidays are not known here. A clock time without a part of the
    day is the next one to come, and for other days a working hour (明天三点 is 15:00).
    """
    if not _HINT.search(text):
        return []
    text = _PAST.sub(lambda past: " " * len(past[0]), text)
    found = [*_durations(text, started_at), *_points(text, started_at)]
    return sorted((f for f in found if f.due > started_at), key=lambda f: f.start)


_HINT = re.compile("[点天日号周月年刻早晚夜时钟今明后午晨]|星期|礼拜|下班|上班")


def _durations(text: str, now: datetime) -> Iterator[SpokenTime]:
    for match in _DURATION.finditer(text):
        if match["half"]:
            due = _later(now, 0.5, match["half_unit"].removeprefix("个"))
        else:
            count = read_number(match["number"])
            if count is None:
                continue
            half = 0.5 if match["and_half"] or match["after_half"] else 0.0
            due = _later(now, count + half, match["unit"])
        yield SpokenTime(match.start(), match.end(), due)


def _later(now: datetime, count: float, unit: str) -> datetime:
    if unit == "工作日":
        return _working_days(now, int(count))
    minutes = {"小时": 60, "钟头": 60, "钟": 60, "刻钟": 15, "分钟": 1}.get(unit)
    if minutes is not None:
        return now + timedelta(minutes=count * minutes)
    if unit == "天" and count < 1:
        return now + timedelta(hours=12)
    days = {"天": 1, "星期": 7, "礼拜": 7, "周": 7, "月": 30}[unit]
    return _midnight(now, int(count * days) + 1)


def _working_days(now: datetime, count: int) -> datetime:
    day = 0
    while count > 0:
        day += 1
        count -= (now + timedelta(days=day)).weekday() < 5
    return _midnight(now, day + 1)


def _points(text: str, now: datetime) -> Iterator[SpokenTime]:
    for match in _POINT.finditer(text):
        due = _point(match, text, now)
        if due is not None:
            yield SpokenTime(match.start(), match.end(), due)


def _point(match: re.Match[str], text: str, now: datetime) -> datetime | None:
    first = _first_day(match, now)
    part = match["part"] or match["bare_part"]
    hour = match["hour1"] or match["hour2"] or match["hour3"]
    minute = match["minute1"] or match["minute2"] or match["minute3"]
    if hour is None:
        if first is not None and part is None:
            return first[1]
        return _part_over(first, part, now)
    bare = first is None and part is None
    if bare and hour == "一" and not minute and not _SURELY_CLOCK.match(text, match.end()):
        return None  # 一点 is usually "a little"
    value = read_number(hour)
    if value is None or value > 24:
        return None
    return _clock(first[0] if first else None, part, value, _minutes(minute), now)


def _part_over(
    first: tuple[datetime, datetime] | None, part: str, now: datetime
) -> datetime | None:
    day = first[0] if first else _midnight(now, 0)
    due = day + timedelta(hours=_PARTS[part])
    if due <= now and (first is None or part == "天亮"):
        due += timedelta(days=1)
    return due


def _clock(
    day: datetime | None, part: str | None, hour: int, minutes: int, now: datetime
) -> datetime:
    base = day if day is not None else _midnight(now, 0)
    today = base == _midnight(now, 0)
    if part is not None:
        after_noon = _PARTS[part] >= 14
        deep_night = part in ("夜里", "半夜", "夜") and hour < 6
        if deep_night:
            hour += 24
        elif after_noon and (hour < 12 if part not in ("中午", "晌午") else hour < 6):
            hour += 12
        elif hour == 12 and _PARTS[part] == 24:
            hour = 24
    elif hour <= 6 and not today:
        hour += 12
    due = base + timedelta(hours=hour, minutes=minutes)
    if due <= now and today and part is None and hour < 12:
        due += timedelta(hours=12)
    if due <= now and day is None:
        due += timedelta(days=1)
    if due <= now and part == "凌晨":
        due += timedelta(days=1)  # 今天凌晨 in a call at night is the night to come
    return due


def _minutes(spoken: str | None) -> int:
    if not spoken or spoken == "整":
        return 0
    if spoken == "半":
        return 30
    if spoken.endswith("刻"):
        return 15 * (read_number(spoken[:-1]) or 0)
    return read_number(spoken.removesuffix("分")) or 0


def _first_day(match: re.Match[str], now: datetime) -> tuple[datetime, datetime] | None:
    """Return the first midnight of the days that are named and the one after the last; or None."""
    if match["day"]:
        start = _midnight(now, _DAYS[match["day"]])
        return start, start + timedelta(days=1)
    if match["weekday"]:
        start = _weekday(match["week"], match["weekday"], now)
        return start, start + timedelta(days=1)
    if match["weeks"]:
        start = _midnight(now, _weeks_on(match["weeks"]) * 7 - now.weekday())
        return start, start + timedelta(days=7)
    return _in_month(match, now)


def _weeks_on(word: str) -> int:
    return 2 if word.startswith("下下") else int(word.startswith("下"))


def _weekday(week: str | None, name: str, now: datetime) -> datetime:
    index = 6 if name in "日天末" else "一二三四五六".index(name)
    days = index - now.weekday()
    if week:
        days += 7 * _weeks_on(week)
    elif days < 0:
        days += 7
    return _midnight(now, days)


def _in_month(match: re.Match[str], now: datetime) -> tuple[datetime, datetime] | None:
    if match["year"]:
        return _month_days(now, 12 - now.month, 31, 31)
    if match["third"]:
        on = int((match["months"] or "").startswith("下"))
        third = match["third"]
        first, last = {"初": (1, 10), "上旬": (1, 10), "中": (11, 20), "中旬": (11, 20)}.get(
            third, (21, 31)
        )
        if match["months"] is None and now.day > last:
            on = 1
        return _month_days(now, on, first, last)
    if match["whole"]:
        return _month_days(now, int(match["whole"].startswith("下")), 1, 31)
    return _dated(match, now)


def _dated(match: re.Match[str], now: datetime) -> tuple[datetime, datetime] | None:
    date = read_number(match["date"] or match["bare_date"] or "")
    if not date or date > 31:
        return None
    month = match["month"] or ""
    number = read_number(month.removesuffix("月"))
    if number is not None:
        if not 1 <= number <= 12:
            return None
        on = (number - now.month) % 12
    else:
        on = int(month.startswith("下") or (not month and date < now.day))
    return _month_days(now, on, date, date)


def _month_days(now: datetime, on: int, first: int, last: int) -> tuple[datetime, datetime]:
    """Days `first` to `last` of the month that comes `on` months later, as far as it has them."""
    month = _midnight(now, 1 - now.day)
    for _ in range(on):
        month = (month + timedelta(days=32)).replace(day=1)
    following = (month + timedelta(days=32)).replace(day=1)
    start = min(month + timedelta(days=first - 1), following - timedelta(days=1))
    return start, min(month + timedelta(days=last), following)


def _midnight(now: datetime, days: int) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=days)


@lru_cache(maxsize=1_000)
def read_number(spoken: str) -> int | None:
    """Read a small spoken number: 24, 二十四, 两, and of 两三 or 三五 the greater; None if none."""
    if spoken.isdigit():
        return int(spoken)
    if not spoken or any(c not in _DIGITS and c not in "十百" for c in spoken):
        return None
    total, digit = 0, 0
    for char in spoken:
        if char == "百":
            total, digit = (digit or 1) * 100, 0
        elif char == "十":
            total, digit = total + (digit or 1) * 10, 0
        else:
            digit = _DIGITS[char]  # of two in a row (两三) the later one, which is the greater
    return total + digit
