"""Reports leave the house once, through a real mail server and a real HTTP server, with a log."""

import base64
import hashlib
import hmac
import json
import smtplib
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from sqlalchemy import insert, select, update

from qa.batch.report_delivery import deliver_due
from qa.batch.reporting import (
    EVERYTHING,
    counted,
    counted_then,
    make_due,
    make_report,
    raise_alarms,
    reconcile,
    send_report,
)
from qa.config import Settings
from qa.config_reports import ReportSettings
from qa.refusals import NotAllowedError, TransitionError
from qa.reports.report_page import report_file
from qa.reports.report_xlsx import report_xlsx, safe
from qa.review.report_model import ReportKind, ReportState, days_of
from qa.store import reports
from qa.store.messages import messages_for
from qa.store.report_deliveries import (
    ABANDONED,
    Delivery,
    DeliveryState,
    Purpose,
    Target,
    claim,
    deliveries_of,
    not_arrived,
    queue,
    settle,
)
from qa.store.report_rows import count_report, list_rows
from qa.store.reports import Report, StepAction, add_step, find_report, sent_file
from qa.store.tables import AgentRow, TicketRow
from qa.store.tables_reports import ReportDeliveryRow, ReportFileRow
from tests.support.call_folders import open_store, settings_for
from tests.support.databases import wait_until_one_waits
from tests.support.review_house import NOW, House, house
from tests.support.waiting import SLOW_S

__all__ = ["open_store"]  # its name runs this module on both databases

SECRET = "a secret of enough length"
MORNING = datetime(2025, 11, 21, 0, 30, tzinfo=UTC)  # 08:30 in the centre's zone
NINE = datetime(2025, 11, 21, 1, 0, tzinfo=UTC)
DAYS = days_of(ReportKind.DAILY, date(2025, 11, 20))


class Mailbox:
    """Takes mails, or refuses them, as the test says."""

    def __init__(self) -> None:
        self.mails: list[Any] = []
        self.refuse = ""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.refuse:
            return self.refuse
        mail = message_from_bytes(envelope.content, policy=policy.default)
        self.mails.append((envelope.rcpt_tos, mail, session.ssl is not None))
        return "250 taken"


class Hook(BaseHTTPRequestHandler):
    """Keeps what is posted; answers with the server's `status`."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server: Any = self.server
        server.posts.append((self.path, dict(self.headers), body))
        if server.status == 0:  # hangs up without a word
            self.connection.close()
            return
        self.send_response(server.status)
        if server.status == 302:
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 and localhost, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    pem, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", str(key)),
            *("-out", str(pem), "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    return pem, key


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def mail_port(mailbox: Mailbox, certificate: tuple[Path, Path]) -> Iterator[int]:
    """A mail server that speaks STARTTLS, and wants it and a log-in before it takes anything."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)

    def log_in(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"qa", b"pass-word"))

    server = Controller(
        mailbox,
        hostname="127.0.0.1",
        port=_free_port(),
        ready_timeout=SLOW_S,
        tls_context=context,
        require_starttls=True,
        authenticator=log_in,
        auth_required=True,
    )
    server.start()
    yield server.port
    server.stop()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture
def hook() -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    server.posts, server.status = [], 200
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def centre(tmp_path: Path, backend: str) -> Iterator[House]:
    with house(tmp_path) as made:
        made.judged("a1", "108", "CL01", datetime(2025, 11, 20, 2, 0, tzinfo=UTC))
        yield made


def settings_with(tmp_path: Path, **reports: Any) -> Settings:
    own = ReportSettings(**{"timeout_s": 300, **reports})
    return settings_for(tmp_path).model_copy(update={"reports": own})


def load(house: House, number: int) -> Report:
    with house.store.reading() as session:
        return find_report(session, EVERYTHING, number)


def sent(house: House, settings: Settings) -> Report:
    number = make_report(house.store, settings, DAYS, now=MORNING)
    with house.store.writing() as session:
        head = house.people["head"]
        add_step(session, head, load(house, number), StepAction.REVIEW, now=MORNING)
    send_report(house.store, settings, house.people["head"], load(house, number), now=MORNING)
    return load(house, number)


def log_of(house: House, report: Report) -> list[Delivery]:
    with house.store.reading() as session:
        return deliveries_of(session, report.report_id)


def test_mail_goes_over_tls_to_a_real_server_and_only_once(
    centre: House,
    tmp_path: Path,
    mailbox: Mailbox,
    mail_port: int,
    certificate: tuple[Path, Path],
) -> None:
    settings = settings_with(
        tmp_path,
        smtp_host="localhost",
        smtp_port=mail_port,
        smtp_ca=certificate[0],
        smtp_user="qa",
        smtp_password="pass-word",
        sender="qa@example.com",
        recipients=("boss@example.com",),
    )
    report = sent(centre, settings)
    assert deliver_due(centre.store, settings) == {DeliveryState.DELIVERED: 1}
    assert deliver_due(centre.store, settings) == {}
    ((to, mail, is_tls),) = mailbox.mails
    assert (to, is_tls, mail["To"]) == (["boss@example.com"], True, "boss@example.com")
    assert "呼叫中心日报" in mail["Subject"]
    assert "受理报修：无数据" in mail.get_body().get_content()
    files = {one.get_filename(): one.get_payload(decode=True) for one in mail.iter_attachments()}
    with centre.store.reading() as session:
        kept = {form: sent_file(session, report, form) for form in ("html", "xlsx")}
    assert kept["html"] is not None and kept["xlsx"] is not None
    assert files["report-daily-20251120.html"] == kept["html"].content
    assert files["report-daily-20251120.xlsx"] == kept["xlsx"].content
    (delivery,) = log_of(centre, report)
    assert [entry.outcome for entry in delivery.log] == ["delivered"]


def test_a_server_without_a_good_certificate_gets_nothing(
    centre: House, tmp_path: Path, mailbox: Mailbox, mail_port: int
) -> None:
    settings = settings_with(
        tmp_path,
        smtp_host="localhost",
        smtp_port=mail_port,
        sender="qa@example.com",
        recipients=("boss@example.com",),
        attempts=1,
    )
    report = sent(centre, settings)
    assert deliver_due(centre.store, settings) == {DeliveryState.GIVEN_UP: 1}
    assert mailbox.mails == []
    assert "SSLCertVerificationError" in log_of(centre, report)[0].log[0].detail


def test_a_refused_mail_is_tried_again_later_and_given_up_at_last(
    centre: House,
    tmp_path: Path,
    mailbox: Mailbox,
    mail_port: int,
    certificate: tuple[Path, Path],
) -> None:
    settings = settings_with(
        tmp_path,
        smtp_host="localhost",
        smtp_port=mail_port,
        smtp_ca=certificate[0],
        smtp_user="qa",
        smtp_password="pass-word",
        sender="qa@example.com",
        recipients=("boss@example.com",),
        attempts=2,
        retry_minutes=10,
    )
    report = sent(centre, settings)
    mailbox.refuse = "451 later"
    clock = [MORNING]
    assert deliver_due(centre.store, settings, clock=lambda: clock[0]) == {DeliveryState.FAILED: 1}
    assert deliver_due(centre.store, settings, clock=lambda: clock[0]) == {}
    clock[0] += timedelta(minutes=11)
    assert deliver_due(centre.store, settings, clock=lambda: clock[0]) == {
        DeliveryState.GIVEN_UP: 1
    }
    (delivery,) = log_of(centre, report)
    assert [(entry.outcome, entry.detail) for entry in delivery.log] == [
        ("failed", "SMTPDataError 451"),
        ("given_up", "SMTPDataError 451"),
    ]
    mailbox.refuse = ""
    with centre.store.writing() as session:
        head = centre.people["head"]
        settle(session, head, delivery.delivery_id, arrived=False, now=clock[0])
    deliver_due(centre.store, settings, clock=lambda: clock[0])
    assert len(mailbox.mails) == 1


def test_a_webhook_is_signed_and_repeated_with_the_same_key(
    centre: House, tmp_path: Path, hook: Any
) -> None:
    url = f"http://127.0.0.1:{hook.server_port}/in?x=1"
    settings = settings_with(
        tmp_path,
        webhooks=(url,),
        webhook_secret=SECRET,
        webhook_plain_http=True,
        retry_minutes=0,
    )
    report = sent(centre, settings)
    hook.status = 503
    assert deliver_due(centre.store, settings, most=1) == {DeliveryState.FAILED: 1}
    hook.status = 200
    assert deliver_due(centre.store, settings) == {DeliveryState.DELIVERED: 1}
    assert deliver_due(centre.store, settings) == {}
    (_, first, _), (path, headers, body) = hook.posts
    assert path == "/in?x=1" and first["Idempotency-Key"] == headers["Idempotency-Key"]
    stamp, _, mark = headers["Tingjian-Signature"].partition(",v1=")
    signed = stamp.removeprefix("t=").encode() + b"." + body
    assert mark == hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    told = json.loads(body)
    assert (told["event"], told["hash"]) == ("report.sent", report.body_hash)
    assert told["figures"]["calls_all"] == 1 and told["figures"]["repairs_received"] is None
    for file in told["files"]:
        assert hashlib.sha256(base64.b64decode(file["base64"])).hexdigest() == file["sha256"]


def test_what_may_have_arrived_waits_for_a_person(centre: House, tmp_path: Path, hook: Any) -> None:
    settings = settings_with(
        tmp_path,
        webhooks=(f"http://127.0.0.1:{hook.server_port}/",),
        webhook_secret=SECRET,
        webhook_plain_http=True,
        retry_minutes=0,
    )
    report = sent(centre, settings)
    hook.status = 0
    assert deliver_due(centre.store, settings) == {DeliveryState.UNCLEAR: 1}
    hook.status = 200
    assert deliver_due(centre.store, settings) == {}
    assert len(hook.posts) == 1
    (delivery,) = log_of(centre, report)
    with centre.store.writing() as session:
        head = centre.people["head"]
        settle(session, head, delivery.delivery_id, arrived=True, now=MORNING)
    assert log_of(centre, report)[0].state is DeliveryState.DELIVERED
    with pytest.raises(TransitionError), centre.store.writing() as session:
        settle(session, head, delivery.delivery_id, arrived=False, now=MORNING)


def test_who_dies_while_sending_leaves_it_unclear(centre: House, tmp_path: Path, hook: Any) -> None:
    settings = settings_with(
        tmp_path,
        webhooks=(f"http://127.0.0.1:{hook.server_port}/",),
        webhook_secret=SECRET,
        webhook_plain_http=True,
    )
    report = sent(centre, settings)
    with centre.store.writing() as session:
        assert claim(session, now=MORNING) is not None
    soon, later = MORNING + timedelta(minutes=5), MORNING + ABANDONED
    assert deliver_due(centre.store, settings, clock=lambda: soon) == {}
    assert log_of(centre, report)[0].state is DeliveryState.SENDING
    assert deliver_due(centre.store, settings, clock=lambda: later) == {}
    assert log_of(centre, report)[0].state is DeliveryState.UNCLEAR
    with centre.store.reading() as session:
        told = messages_for(session, centre.people["head"])
    assert [one.kind.value for one in told] == ["report_undelivered"]
    assert hook.posts == []


def test_only_configured_addresses_are_reached_and_redirects_are_not_followed(
    centre: House, tmp_path: Path, hook: Any
) -> None:
    url = f"http://127.0.0.1:{hook.server_port}/"
    settings = settings_with(
        tmp_path, webhooks=(url,), webhook_secret=SECRET, webhook_plain_http=True, attempts=1
    )
    report = sent(centre, settings)
    hook.status = 302
    assert deliver_due(centre.store, settings) == {DeliveryState.GIVEN_UP: 1}
    assert log_of(centre, report)[0].log[0].detail == "HTTP 302"
    with centre.store.writing() as session:
        session.execute(
            update(ReportDeliveryRow).values(target=f"{url}other", state="waiting", attempts=0)
        )
    assert deliver_due(centre.store, settings) == {DeliveryState.GIVEN_UP: 1}
    assert len(hook.posts) == 1


def test_what_cannot_be_written_or_was_changed_fails_and_is_in_the_log(
    centre: House, tmp_path: Path, hook: Any
) -> None:
    """A failure that nobody thought of would end the thread that delivers."""
    url = f"http://127.0.0.1:{hook.server_port}/"
    given = {"webhook_secret": SECRET, "webhook_plain_http": True, "attempts": 1}
    settings = settings_with(tmp_path, webhooks=(f"{url}通知",), **given)
    report = sent(centre, settings)
    assert deliver_due(centre.store, settings) == {DeliveryState.GIVEN_UP: 1}
    assert log_of(centre, report)[0].log[0].detail.startswith("UnicodeEncodeError")
    with centre.store.writing() as session:
        session.execute(update(ReportDeliveryRow).values(state="waiting", target=url))
        session.execute(update(ReportFileRow).values(content=b"other"))
    settings = settings_with(tmp_path, webhooks=(url,), **given)
    assert deliver_due(centre.store, settings) == {DeliveryState.GIVEN_UP: 1}
    assert "changed after sending" in log_of(centre, report)[0].log[1].detail
    assert hook.posts == []


def test_a_late_report_raises_the_alarm_once(centre: House, tmp_path: Path, hook: Any) -> None:
    url = f"http://127.0.0.1:{hook.server_port}/"
    settings = settings_with(
        tmp_path, webhooks=(url,), webhook_secret=SECRET, webhook_plain_http=True, due_by="09:00"
    )
    head = centre.people["head"]
    assert raise_alarms(centre.store, settings, NINE) == ()  # reports are not in use yet
    make_due(centre.store, settings, MORNING)
    assert raise_alarms(centre.store, settings, MORNING) == ()  # older ones were due before
    late = raise_alarms(centre.store, settings, NINE)
    assert [(one.days.kind, one.days.first) for one in late] == [
        (ReportKind.DAILY, date(2025, 11, 20))
    ]
    assert raise_alarms(centre.store, settings, NINE + timedelta(hours=1)) == ()
    deliver_due(centre.store, settings)
    events = [json.loads(body)["event"] for _, _, body in hook.posts]
    assert events == ["report.late"]
    with centre.store.reading() as session:
        assert [one.kind.value for one in messages_for(session, head)] == ["report_late"]
    assert log_of(centre, late[0])[0].purpose is Purpose.ALARM


def test_an_hour_at_which_nothing_ran_is_made_up_for(centre: House, tmp_path: Path) -> None:
    settings = settings_with(tmp_path, due_by="09:00")
    make_due(centre.store, settings, MORNING)
    assert raise_alarms(centre.store, settings, MORNING) == ()
    night = datetime(2025, 11, 23, 18, 0, tzinfo=UTC)  # 02:00 on Monday the 24th, as cron does
    late = raise_alarms(centre.store, settings, night)
    assert [(one.days.kind, one.days.first.day) for one in late] == [
        (ReportKind.DAILY, 20),
        (ReportKind.DAILY, 21),
        (ReportKind.DAILY, 22),
    ]
    assert raise_alarms(centre.store, settings, night + timedelta(minutes=1)) == ()


def test_a_sent_report_that_does_not_arrive_is_late(
    centre: House, tmp_path: Path, hook: Any
) -> None:
    url = f"http://127.0.0.1:{hook.server_port}/"
    given = {"webhook_secret": SECRET, "webhook_plain_http": True, "attempts": 1}
    settings = settings_with(tmp_path, webhooks=(url,), due_by="09:00", **given)
    report = sent(centre, settings)
    assert raise_alarms(centre.store, settings, MORNING) == ()
    hook.status = 503
    assert deliver_due(centre.store, settings) == {DeliveryState.GIVEN_UP: 1}
    head = centre.people["head"]
    with centre.store.reading() as session:
        assert [one.kind.value for one in messages_for(session, head)] == ["report_undelivered"]
        assert not_arrived(session, [report.report_id]) == {report.report_id}
    late = raise_alarms(centre.store, settings, NINE)
    assert [one.report_id for one in late if one.days == DAYS] == [report.report_id]
    hook.status = 200
    hook.posts.clear()
    deliver_due(centre.store, settings)
    assert [json.loads(body)["event"] for _, _, body in hook.posts] == ["report.late"] * len(late)
    with centre.store.writing() as session:
        settle(session, head, log_of(centre, report)[0].delivery_id, arrived=False, now=NINE)
    assert deliver_due(centre.store, settings) == {DeliveryState.DELIVERED: 1}
    with centre.store.reading() as session:
        assert not_arrived(session, [report.report_id]) == set()


def test_a_sent_report_is_not_late(centre: House, tmp_path: Path) -> None:
    settings = settings_with(tmp_path)
    sent(centre, settings)
    assert raise_alarms(centre.store, settings, MORNING) == ()
    assert raise_alarms(centre.store, settings, NINE) == ()
    assert raise_alarms(centre.store, settings, NINE + timedelta(days=1)) != (), "the next day's is"


def test_a_house_that_is_upgraded_hears_of_no_report_of_before(
    centre: House, tmp_path: Path
) -> None:
    """Of weeks of reports that nobody sent, by a program that looked less far back, or at none."""
    settings = settings_with(tmp_path, due_by="09:00")
    make_due(centre.store, settings, MORNING - timedelta(days=30))
    make_due(centre.store, settings, MORNING)
    before_nine = NINE - timedelta(minutes=1)
    assert raise_alarms(centre.store, settings, before_nine) == ()
    assert [one.days.last for one in raise_alarms(centre.store, settings, NINE)] == [DAYS.last]


def test_an_hour_that_is_set_again_begins_anew(centre: House, tmp_path: Path) -> None:
    on, off = settings_with(tmp_path, due_by="09:00"), settings_with(tmp_path, due_by=None)
    make_due(centre.store, on, MORNING)
    for settings, when in ((on, MORNING), (off, MORNING), (off, NINE), (on, NINE)):
        assert raise_alarms(centre.store, settings, when) == ()
    later = NINE + timedelta(days=1)
    assert {one.days.first.day for one in raise_alarms(centre.store, on, later)} == {21}


def test_a_difference_blocks_sending_and_later_data_are_corrections(
    centre: House, tmp_path: Path
) -> None:
    settings, head = settings_with(tmp_path), centre.people["head"]
    number = make_report(centre.store, settings, DAYS, now=MORNING)
    with centre.store.writing() as session:
        add_step(session, head, load(centre, number), StepAction.REVIEW, now=MORNING)
    with pytest.raises(NotAllowedError):
        send_report(
            centre.store, settings, centre.people["lead1"], load(centre, number), now=MORNING
        )
    with pytest.raises(TransitionError):
        send_report(centre.store, settings, head, load(centre, number), now=NOW)  # not over
    centre.judged("a2", "108", "", datetime(2025, 11, 20, 3, 0, tzinfo=UTC))
    differing = reconcile(centre.store, settings, load(centre, number))
    assert "calls_all" in {one.key for one in differing}
    with pytest.raises(TransitionError):
        send_report(centre.store, settings, head, load(centre, number), now=MORNING)
    make_due(centre.store, settings, MORNING)  # leaves what somebody reviewed alone
    assert load(centre, number).number == 1
    report = sent(centre, settings)
    assert report.state is ReportState.SENT and report.number == 2
    centre.judged("a3", "136", "", datetime(2025, 11, 20, 4, 0, tzinfo=UTC))
    changed = {one.key: one for one in reconcile(centre.store, settings, report)}
    assert (changed["calls_all"].reported, changed["calls_all"].recounted) == (2, 3)
    make_due(centre.store, settings, MORNING + timedelta(hours=20))
    assert load(centre, number) == report


def test_rows_are_listed_by_the_readings_of_the_report(centre: House, tmp_path: Path) -> None:
    """A changed limit changes neither a report nor the rows that its figures lead to."""
    with centre.store.writing() as session:
        received = datetime(2025, 11, 20, 1, 0, tzinfo=UTC)
        times = {"received_at": received, "completed_at": received + timedelta(hours=5)}
        session.execute(insert(TicketRow).values(ticket_id="t1", **times))
    number = make_report(centre.store, settings_with(tmp_path), DAYS, now=MORNING)
    report, changed = load(centre, number), settings_with(tmp_path, long_repair_hours=6)
    figure = next(one for one in report.body.figures if one.key == "repairs_long")
    wanted = counted_then(changed, centre.store.zone, report)
    with centre.store.reading() as session:
        assert len(list_rows(session, wanted, "repairs_long")) == figure.rows == 1


def test_drafts_of_the_days_that_are_over(centre: House, tmp_path: Path) -> None:
    settings = settings_with(tmp_path)
    made = make_due(centre.store, settings, MORNING)
    of_centre = [one for one in made if not one.team]
    assert [one.kind for one in of_centre] == [ReportKind.DAILY] * 7 + [
        ReportKind.WEEKLY,
        ReportKind.MONTHLY,
    ]
    assert {one.team for one in made} == {"", "一组", "二组"}
    assert [one.report_id for one in make_due(centre.store, settings, MORNING)] == [
        one.report_id for one in made
    ]
    january = datetime(2026, 1, 3, 9, tzinfo=MORNING.tzinfo)
    (year, *_) = [
        one for one in make_due(centre.store, settings, january) if one.kind is ReportKind.YEARLY
    ]
    assert (year.first, year.last, year.team) == (date(2025, 1, 1), date(2025, 12, 31), "")
    with centre.store.reading() as session:
        assert find_report(session, EVERYTHING, year.report_id).body.figure("calls_all").value == 1
    off = settings_with(tmp_path, make=False)
    assert make_due(centre.store, off, MORNING) == ()


def test_two_nights_make_the_same_draft_once(centre: House, tmp_path: Path) -> None:
    settings = settings_with(tmp_path)
    wanted = counted(settings, centre.store.zone, DAYS)
    with centre.store.reading() as session:
        body = count_report(session, wanted, "")
    with ThreadPoolExecutor(1) as pool:
        with centre.store.writing() as session:
            first = reports.put_version(session, body, None, now=MORNING)
            second = pool.submit(make_report, centre.store, settings, DAYS, now=MORNING)
            wait_until_one_waits(centre.store)
        assert second.result(SLOW_S) == first
    assert load(centre, first).number == 1


def test_two_who_find_a_report_late_tell_it_once(centre: House, tmp_path: Path) -> None:
    settings = settings_with(tmp_path, due_by="09:00")
    make_due(centre.store, settings, MORNING)
    assert raise_alarms(centre.store, settings, MORNING) == ()
    with centre.store.reading() as session:
        report = reports.report_on(session, DAYS)
    assert report is not None
    with ThreadPoolExecutor(1) as pool:
        with centre.store.writing() as session:
            assert queue(
                session, report.report_id, Purpose.ALARM, [Target("page", "heads")], now=NINE
            )
            second = pool.submit(raise_alarms, centre.store, settings, NINE)
            wait_until_one_waits(centre.store)
        assert second.result(SLOW_S) == (), "told already"
    assert len(log_of(centre, report)) == 1


@pytest.mark.parametrize(
    "text", ["=1+1", "+8613800001234", "-2", "@SUM(A1)", "\t=1", "\n=1", " =1"]
)
def test_no_cell_begins_like_a_formula(centre: House, tmp_path: Path, text: str) -> None:
    assert safe(text).startswith("'") and safe("东站") == "东站"
    from qa.batch.report_papers import paper_of

    settings, head = settings_with(tmp_path), centre.people["head"]
    with centre.store.writing() as session:
        session.execute(update(AgentRow).where(AgentRow.agent_id == "108").values(name=text))
    number = make_report(centre.store, settings, DAYS, now=MORNING)
    with centre.store.writing() as session:
        add_step(
            session, head, load(centre, number), StepAction.REMARK, note=f"{text}x", now=MORNING
        )
    with centre.store.reading() as session:
        paper = paper_of(session, load(centre, number), centre.store.zone)
    with ZipFile(BytesIO(report_xlsx(paper))) as book:
        sheets = [book.read(name).decode() for name in book.namelist() if "sheet" in name]
        strings = book.read("xl/sharedStrings.xml").decode()
    assert not any("<f>" in sheet for sheet in sheets)
    assert f"<t>{text.strip()[0]}" not in strings and ">=" not in strings.replace("'=", "")
    assert report_xlsx(paper) == report_xlsx(paper)


def test_words_of_people_are_escaped_in_html(centre: House, tmp_path: Path) -> None:
    from qa.batch.report_papers import paper_of

    settings, head = settings_with(tmp_path), centre.people["head"]
    number = make_report(centre.store, settings, DAYS, now=MORNING)
    evil = "<script>alert(1)</script>"
    with centre.store.writing() as session:
        add_step(session, head, load(centre, number), StepAction.REMARK, note=evil, now=MORNING)
    with centre.store.reading() as session:
        paper = paper_of(
            session, load(centre, number), centre.store.zone, link="https://qa.example/r"
        )
        html = report_file(paper)
    assert evil not in html and "&lt;script&gt;" in html
    assert '<a href="https://qa.example/r/calls_all">1</a>' in html
    assert "src=" not in html and "@import" not in html and "url(" not in html


@pytest.mark.parametrize(
    "wrong",
    [
        {"webhooks": ("http://example.com/x",), "webhook_secret": SECRET},
        {"webhooks": ("https://example.com/x",)},
        {"webhooks": ("ftp://example.com/x",), "webhook_secret": SECRET},
        {"recipients": ("boss@example.com",)},
        {"recipients": ("a@b.c, d@e.f",), "smtp_host": "h", "sender": "a@b.c"},
        {"smtp_password": "x", "smtp_tls": "off"},
        {"due_by": "25:00"},
    ],
)
def test_settings_that_would_leak_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        ReportSettings(**wrong)


def test_the_mail_server_of_these_tests_wants_tls(mail_port: int) -> None:
    with smtplib.SMTP("localhost", mail_port, timeout=SLOW_S) as server:
        server.ehlo()
        code, _ = server.mail("a@example.com")
    assert code == 530


def test_deliveries_are_kept_in_the_database(centre: House, tmp_path: Path) -> None:
    report = sent(centre, settings_with(tmp_path))
    with centre.store.reading() as session:
        assert session.scalars(select(ReportDeliveryRow)).all() == []
    assert log_of(centre, report) == []
