"""Settings of reports: what they count, when they are due, and where they go."""

from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

_HOUR = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


class ReportSettings(BaseModel):
    """Reports: daily, weekly and monthly."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    make: bool = Field(
        True, description="make the drafts of the days that are over as the night's last step"
    )
    teams: bool = Field(True, description="make a report of each team too, for its leads")
    due_by: str | None = Field(
        "09:00",
        pattern=_HOUR,
        description="time of day by which the report on the days before must be sent; later, an "
        "alarm goes out (unset: never)",
    )
    long_repair_hours: float = Field(
        4.0, gt=0, description="a repair that takes longer, or is open longer, is reported"
    )
    callback_rulesets: tuple[str, ...] = Field(
        ("heating-callback",), description="calls judged by these rulesets are callbacks"
    )
    base_url: str | None = Field(
        None,
        pattern=r"^https?://[^\s/]+(/[^\s]*)?$",
        description="address under which people open the service; figures in the files of a report "
        "link to their rows there (default: no links)",
    )
    chromium: Path | None = Field(
        None, description="Chromium that makes the PDF (default: the one on the PATH)"
    )
    recipients: tuple[str, ...] = Field((), description="addresses that sent reports are mailed to")
    alarm_recipients: tuple[str, ...] = Field(
        (), description="addresses that the alarm of a late report is mailed to"
    )
    sender: str | None = Field(None, description="address that mails come from")
    smtp_host: str | None = Field(None, description="mail server (default: no mail)")
    smtp_port: int = Field(587, ge=1, le=65535, description="port of the mail server")
    smtp_tls: Literal["starttls", "tls", "off"] = Field(
        "starttls",
        description="how the way to the mail server is encrypted; a server that cannot is refused",
    )
    smtp_ca: Path | None = Field(
        None, description="PEM file of authorities that the mail server and webhooks are checked by"
    )
    smtp_user: str | None = Field(None, description="log-in at the mail server")
    smtp_password: str | None = Field(
        None, description="its password; better in QA_REPORTS__SMTP_PASSWORD than in a file"
    )
    webhooks: tuple[str, ...] = Field(
        (), description="https addresses that sent reports and alarms are posted to, signed"
    )
    webhook_secret: str | None = Field(
        None,
        min_length=16,
        description="key of the HMAC-SHA256 that signs each post; better in "
        "QA_REPORTS__WEBHOOK_SECRET than in a file",
    )
    webhook_plain_http: bool = Field(
        False, description="also post to http addresses, which everybody on the way can read"
    )
    attempts: int = Field(5, ge=1, le=50, description="times that a delivery is tried")
    retry_minutes: float = Field(
        10.0, ge=0, le=1440, description="minutes until the second try; each later wait is doubled"
    )
    timeout_s: float = Field(20.0, gt=0, le=300, description="longest wait for a server, seconds")

    @field_validator("recipients", "alarm_recipients", "sender")
    @classmethod
    def _is_address(cls, value: tuple[str, ...] | str | None) -> tuple[str, ...] | str | None:
        for one in (value,) if isinstance(value, str) else value or ():
            name, at, domain = one.partition("@")
            if not (name and at and domain) or any(c.isspace() or c in "<>,;" for c in one):
                raise ValueError("an address is written as name@example.com")
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for url in self.webhooks:
            parts = urlsplit(url)
            if parts.scheme not in ("https", "http") or not parts.hostname:
                raise ValueError("a webhook is an https address")
            if parts.scheme == "http" and not self.webhook_plain_http:
                raise ValueError("a webhook is https; webhook_plain_http allows http")
        if self.webhooks and not self.webhook_secret:
            raise ValueError("webhooks need webhook_secret")
        if (self.recipients or self.alarm_recipients) and not (self.smtp_host and self.sender):
            raise ValueError("mail needs smtp_host and sender")
        if self.smtp_password and self.smtp_tls == "off":
            raise ValueError("a password is not sent without TLS: set smtp_tls")
        return self
