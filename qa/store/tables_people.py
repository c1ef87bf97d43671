"""Tables of accounts and of the audit log. They change only together with a migration.

Secrets are never kept: of a password its argon2id hash, of a session or token its SHA-256.
"""

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from qa.store.tables import BigKey, Hash, ShortText, Table, UtcDateTime

_NO = text("false")


class UserRow(Table):
    """A person with an account; never deleted, for decisions name them."""

    __tablename__ = "users"

    user_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    login: Mapped[str] = mapped_column(ShortText, unique=True)
    name: Mapped[str] = mapped_column(ShortText)
    role: Mapped[str] = mapped_column(String(20))
    agent_id: Mapped[str | None] = mapped_column(ShortText, index=True)
    password_hash: Mapped[str | None] = mapped_column(ShortText)
    must_change_password: Mapped[bool] = mapped_column(Boolean, server_default=_NO)
    reads_calls: Mapped[bool] = mapped_column(Boolean, server_default=_NO)
    sees_personal_data: Mapped[bool] = mapped_column(Boolean, server_default=_NO)
    is_disabled: Mapped[bool] = mapped_column(Boolean, server_default=_NO)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class UserTeamRow(Table):
    """A team that a lead leads."""

    __tablename__ = "user_teams"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.user_id"), primary_key=True)
    team: Mapped[str] = mapped_column(ShortText, primary_key=True)


class LoginSessionRow(Table):
    """A browser that is logged in, by the SHA-256 of its cookie."""

    __tablename__ = "login_sessions"

    session_hash: Mapped[str] = mapped_column(Hash, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.user_id"), index=True)
    csrf_token: Mapped[str] = mapped_column(Hash)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    address: Mapped[str] = mapped_column(ShortText, server_default="")
    browser: Mapped[str] = mapped_column(ShortText, server_default="")


class ApiTokenRow(Table):
    """A program's key to the API, by its SHA-256; `hint` is its beginning, to tell keys apart."""

    __tablename__ = "api_tokens"

    token_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.user_id"), index=True)
    name: Mapped[str] = mapped_column(ShortText)
    hint: Mapped[str] = mapped_column(String(20))
    token_hash: Mapped[str] = mapped_column(Hash, unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LoginFailureRow(Table):
    """Failed log-ins of one name or from one address, to slow down guessing."""

    __tablename__ = "login_failures"

    subject: Mapped[str] = mapped_column(ShortText, primary_key=True)
    failures: Mapped[int] = mapped_column(Integer)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
    blocked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AuditRow(Table):
    """One thing that happened; each row's hash covers the row before it, so none can be changed.

    `actor` is the user's id, None for the program itself; `details` is a JSON object without
    words of a conversation, phone numbers or customers' names.
    """

    __tablename__ = "audit_log"

    entry_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    happened_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    actor: Mapped[int | None] = mapped_column(BigInteger)
    actor_login: Mapped[str | None] = mapped_column(ShortText)
    action: Mapped[str] = mapped_column(String(50))
    subject_kind: Mapped[str | None] = mapped_column(String(50))
    subject: Mapped[str | None] = mapped_column(ShortText)
    details: Mapped[str] = mapped_column(Text)
    previous_hash: Mapped[str] = mapped_column(Hash)
    entry_hash: Mapped[str] = mapped_column(Hash)

    __table_args__ = (
        Index("audit_by_subject", "subject_kind", "subject"),
        Index("audit_by_actor", "actor", "happened_at"),
    )


class AuditHeadRow(Table):
    """The one row that says how long the audit log is and how it ends.

    Who writes to the log locks this row first, so that two processes make one chain; and rows cut
    off the end of the log are missed, for the count stays.
    """

    __tablename__ = "audit_head"

    head_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    entries: Mapped[int] = mapped_column(BigInteger)
    entry_hash: Mapped[str] = mapped_column(Hash)
