"""Deliver what waits: claim, send, write down; a delivery leaves the house once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from qa.batch.report_mail import (
    Attachment,
    CertainFailureError,
    Parcel,
    UnclearError,
    send_mail,
)
from qa.batch.report_webhook import post
from qa.config import Settings
from qa.config_reports import ReportSettings
from qa.errors import StoreError
from qa.records import Scope
from qa.reports import report_words as words
from qa.reports.report_page import file_name, title_of
from qa.review.report_model import ReportState
from qa.store.report_deliveries import (
    Delivery,
    DeliveryState,
    Purpose,
    claim,
    finish,
    release_abandoned,
)
from qa.store.reports import Report, find_report, sent_file
from qa.store.store import Store

_LANG = "zh"
_LATE = {
    False: "过了时限还没有发出。\nThe report is not sent by its hour.",
    True: "已经发出，过了时限还没有全部送达。\nIt is sent, and has not all arrived by its hour.",
}
"""What an alarm says, by whether the report is sent."""
_LONGEST_WAIT = timedelta(days=1)


def deliver_due(
    store: Store,
    settings: Settings,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    most: int = 100,
) -> dict[DeliveryState, int]:
    """Deliver everything that is due now; several processes may do so at once.

    Returns:
        How many deliveries ended how.
    """
    ended: dict[DeliveryState, int] = {}
    with store.writing() as session:
        release_abandoned(session, now=clock())
    for _ in range(most):
        with store.writing() as session:
            delivery = claim(session, now=clock())
        if delivery is None:
            break
        state = _deliver(store, settings.reports, delivery, clock)
        ended[state] = ended.get(state, 0) + 1
    return ended


def _deliver(
    store: Store, settings: ReportSettings, delivery: Delivery, clock: Callable[[], datetime]
) -> DeliveryState:
    """Send one delivery that this process has claimed, and write down how it ended."""
    retry_at = None
    try:
        parcel = _parcel(store, delivery)
        detail, state = _send(settings, delivery, parcel, clock()), DeliveryState.DELIVERED
    except (CertainFailureError, StoreError) as error:  # a file that was changed is never sent
        detail, state = str(error), DeliveryState.FAILED
        if delivery.attempts >= settings.attempts:
            state = DeliveryState.GIVEN_UP
        else:
            wait = timedelta(minutes=settings.retry_minutes) * 2 ** (delivery.attempts - 1)
            retry_at = clock() + min(wait, _LONGEST_WAIT)
    except UnclearError as error:
        detail, state = str(error), DeliveryState.UNCLEAR
    with store.writing() as session:
        finish(session, delivery, state, detail, now=clock(), retry_at=retry_at)
    return state


def _send(settings: ReportSettings, delivery: Delivery, parcel: Parcel, now: datetime) -> str:
    target = delivery.target
    if target.channel == "page":
        return "shown on the page"
    if target.channel == "webhook":
        return post(settings, target.address, parcel, now=now)
    if target.address not in (*settings.recipients, *settings.alarm_recipients):
        raise CertainFailureError("the address is not among those of the settings any more")
    return send_mail(settings, target.address, parcel)


def _parcel(store: Store, delivery: Delivery) -> Parcel:
    everything = Scope(everything=True)
    with store.reading() as session:
        report = find_report(session, everything, delivery.report_id)
        is_alarm = delivery.purpose is Purpose.ALARM
        found = [] if is_alarm else [sent_file(session, report, one) for one in ("html", "xlsx")]
    files = [
        Attachment(file_name(report.body, one.format), one.format, one.content)
        for one in found
        if one is not None
    ]
    title = title_of(report.body, _LANG)
    fields: dict[str, object] = {
        "report_id": report.report_id,
        "kind": report.days.kind.value,
        "first_day": report.days.first.isoformat(),
        "last_day": report.days.last.isoformat(),
        "version": report.number,
        "hash": report.body_hash,
    }
    key = f"{delivery.purpose.value}-{delivery.report_id}-{delivery.delivery_id}"
    if is_alarm:
        said = f"{title} {_LATE[report.state is ReportState.SENT]}\n"
        return Parcel(key, "report.late", f"【逾期】{title}", said, fields)
    fields["figures"] = {one.key: one.value for one in report.body.figures}
    return Parcel(key, "report.sent", title, _summary(report), fields, files)


def _summary(report: Report) -> str:
    """Write the main figures as the text of a mail."""
    body = report.body
    lines = [title_of(body, _LANG), ""]
    for one in body.figures:
        name = words.figure_name(one.key, body.terms, _LANG)
        lines.append(f"{name}：{words.number(one.value, _LANG)}")
    lines += ["", f"{words.text('hash', _LANG)}：{report.body_hash}"]
    return "\n".join(lines) + "\n"
