"""Mailing a report: one message to one address, over TLS unless the settings say otherwise."""

import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate

from qa.config_reports import ReportSettings

_TYPES = {
    "html": ("text", "html"),
    "xlsx": ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


class CertainFailureError(Exception):
    """Nothing was delivered, certainly; it may be tried again.

    Args:
        detail: what the server or the network said, without secrets.
    """


class UnclearError(Exception):
    """It may have been delivered.

    Args:
        detail: what went wrong, without secrets.
    """


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a message; `format` is `html` or `xlsx`."""

    name: str
    format: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is delivered, by whatever way.

    Attributes:
        key: the same for every attempt, so that a receiver can tell a repetition.
        event: `report.sent` or `report.late`.
        fields: what a program reads of it.
    """

    key: str
    event: str
    subject: str
    text: str
    fields: dict[str, object]
    attachments: Sequence[Attachment] = ()


def send_mail(settings: ReportSettings, address: str, parcel: Parcel) -> str:
    """Send one message.

    Returns:
        What the server answered, for the log.

    Raises:
        CertainFailureError: the server did not take it.
        UnclearError: the line broke after the whole message was handed over.
    """
    message = _message(settings, address, parcel)
    try:
        server = _logged_in(settings)
    except (OSError, smtplib.SMTPException, ValueError) as error:  # a password that is not ASCII
        raise CertainFailureError(_said(error)) from error
    try:
        server.send_message(message)
    except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as error:
        raise CertainFailureError(_said(error)) from error
    except (smtplib.SMTPNotSupportedError, ValueError) as error:  # words that cannot be written
        raise CertainFailureError(_said(error)) from error
    except (OSError, smtplib.SMTPException) as error:
        raise UnclearError(_said(error)) from error  # the line broke; when, nobody knows
    finally:
        _close(server)
    return "accepted by the mail server"


def _logged_in(settings: ReportSettings) -> smtplib.SMTP:
    server = _connect(settings)
    try:
        if settings.smtp_user:
            server.login(settings.smtp_user, settings.smtp_password or "")
    except (OSError, smtplib.SMTPException, ValueError):
        server.close()
        raise
    return server


def _connect(settings: ReportSettings) -> smtplib.SMTP:
    host, port, wait_s = settings.smtp_host or "", settings.smtp_port, settings.timeout_s
    if settings.smtp_tls == "tls":
        return smtplib.SMTP_SSL(host, port, timeout=wait_s, context=tls_context(settings))
    server = smtplib.SMTP(host, port, timeout=wait_s)
    if settings.smtp_tls == "starttls":
        try:
            server.starttls(context=tls_context(settings))
        except (OSError, smtplib.SMTPException):
            server.close()
            raise
    return server


def tls_context(settings: ReportSettings) -> ssl.SSLContext:
    """Make the context that checks a server's certificate and name."""
    return ssl.create_default_context(cafile=settings.smtp_ca)


def _close(server: smtplib.SMTP) -> None:
    try:
        server.quit()
    except (OSError, smtplib.SMTPException):
        server.close()


def _message(settings: ReportSettings, address: str, parcel: Parcel) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = parcel.subject
    message["From"] = settings.sender or ""
    message["To"] = address
    message["Date"] = formatdate(localtime=False)
    domain = (settings.sender or "").rpartition("@")[2]
    message["Message-ID"] = f"<{parcel.key}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(parcel.text)
    for one in parcel.attachments:
        main, sub = _TYPES[one.format]
        message.add_attachment(one.content, maintype=main, subtype=sub, filename=one.name)
    return message


def _said(error: Exception) -> str:
    """Name an error without what may be secret: a server's words may repeat addresses."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = sorted({code for code, _ in error.recipients.values()})
        return f"recipient refused {codes}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{type(error).__name__} {error.smtp_code}"
    reason = getattr(error, "strerror", None) or getattr(error, "reason", None)
    return f"{type(error).__name__}: {reason}" if reason else type(error).__name__
