"""Posting a report to a configured address: JSON, signed, over TLS, redirects not followed."""

import base64
import hashlib
import hmac
import http.client
import json
import ssl
from datetime import UTC, datetime
from urllib.parse import urlsplit

from qa.batch.report_mail import CertainFailureError, Parcel, UnclearError, tls_context
from qa.config_reports import ReportSettings

SIGNATURE = "Tingjian-Signature"
"""`t=<seconds>,v1=<hex>`: HMAC-SHA256, with the secret, over `<seconds>.<body>`."""
KEY = "Idempotency-Key"
_MOST_READ = 1000


def post(settings: ReportSettings, url: str, parcel: Parcel, *, now: datetime) -> str:
    """Post once.

    Args:
        url: one of the settings' webhooks.

    Returns:
        What the receiver answered, for the log.

    Raises:
        CertainFailureError: it was not taken, or the address is none of the settings'.
        UnclearError: it was handed over and no answer came.
    """
    if url not in settings.webhooks:
        raise CertainFailureError("the address is not among the webhooks of the settings")
    body = _body(parcel)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "tingjian",
        KEY: parcel.key,
        SIGNATURE: signature(settings.webhook_secret or "", body, now),
    }
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = _connection(settings, url)
    try:
        path.encode("ascii")
        connection.connect()
    except (OSError, ValueError) as error:  # also an address that cannot be written
        connection.close()
        raise CertainFailureError(_said(error)) from error
    try:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        answer.read(_MOST_READ)
        status = answer.status
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise UnclearError(_said(error)) from error
    finally:
        connection.close()
    if 200 <= status < 300:
        return f"HTTP {status}"
    raise CertainFailureError(f"HTTP {status}")


def signature(secret: str, body: bytes, now: datetime) -> str:
    """Sign a body, with the time, so that a post that was caught cannot be posted again later."""
    seconds = int(now.astimezone(UTC).timestamp())
    signed = f"{seconds}.".encode() + body
    return f"t={seconds},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


def _connection(settings: ReportSettings, url: str) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    host, wait_s = parts.hostname or "", settings.timeout_s
    if parts.scheme == "http":  # only where the settings allow it, see `ReportSettings`
        return http.client.HTTPConnection(host, parts.port, timeout=wait_s)
    context = tls_context(settings)
    return http.client.HTTPSConnection(host, parts.port, timeout=wait_s, context=context)


def _body(parcel: Parcel) -> bytes:
    files = [
        {
            "name": one.name,
            "format": one.format,
            "sha256": hashlib.sha256(one.content).hexdigest(),
            "base64": base64.b64encode(one.content).decode(),
        }
        for one in parcel.attachments
    ]
    plain = {"event": parcel.event, "subject": parcel.subject, **parcel.fields, "files": files}
    return json.dumps(plain, ensure_ascii=False, sort_keys=True).encode()


def _said(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate refused: {error.verify_message}"
    reason = getattr(error, "strerror", None)
    return f"{type(error).__name__}: {reason}" if reason else type(error).__name__
