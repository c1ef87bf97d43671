"""`qa users`: accounts, from the server's command line."""

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from qa.cli.shared import JsonOption, clean, opened_store, print_json
from qa.records import UserRole

if TYPE_CHECKING:
    from qa.config import Settings
    from qa.records import User
    from qa.store.store import Store

app = typer.Typer(name="users", help="Accounts: who may log in, as what.", no_args_is_help=True)

LoginArgument = Annotated[str, typer.Argument(metavar="LOGIN", help="What is typed to log in.")]
StdinOption = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from the first line of stdin.")
]
AgentOption = Annotated[
    str | None, typer.Option("--agent", metavar="ID", help="The agent's number (工号).")
]
TeamOption = Annotated[
    list[str] | None, typer.Option("--team", metavar="NAME", help="A team led; may be repeated.")
]


@app.command("add")
def add(
    login: LoginArgument,
    role: Annotated[UserRole, typer.Option("--role", help="What the person is.")],
    name: Annotated[
        str | None, typer.Option("--name", help="The person's name; default: the login.")
    ] = None,
    agent: AgentOption = None,
    team: TeamOption = None,
    reads_calls: Annotated[
        bool, typer.Option("--reads-calls", help="An administrator may read and hear calls too.")
    ] = False,
    personal_data: Annotated[
        bool, typer.Option("--personal-data", help="Sees names, numbers and addresses in clear.")
    ] = False,
    must_change: Annotated[
        bool, typer.Option("--must-change", help="The password must be changed at first log-in.")
    ] = False,
    password_stdin: StdinOption = False,
) -> None:
    """Add an account; the password is asked for twice, without showing it."""
    from qa.store.accounts import UserDraft, add_user, require_sound
    from qa.store.passwords import hash_password

    draft = UserDraft(
        login=login.lower(),
        name=name or login,
        role=role,
        agent_id=agent,
        teams=tuple(team or ()),
        reads_calls=reads_calls,
        sees_personal_data=personal_data,
    )
    require_sound(draft)  # before anybody types a password
    with opened_store() as (store, settings):
        password = _ask_password(settings, draft.login, password_stdin)
        with store.writing() as session:
            user = add_user(
                session,
                draft,
                password_hash=hash_password(password),
                must_change_password=must_change,
                actor=None,
                now=_now(),
            )
    typer.echo(f"added {user.login} ({user.role.value})")


@app.command("list")
def list_(as_json: JsonOption = False) -> None:
    """List everybody with an account."""
    from rich.markup import escape
    from rich.table import Table

    from qa.cli.console import results
    from qa.store.accounts import list_users

    with opened_store() as (store, _), store.reading() as session:
        users = list_users(session)
    if as_json:
        print_json(users)
        return
    table = Table(box=None, pad_edge=False)
    for column in ("login", "name", "role", "agent", "teams", "remarks"):
        table.add_column(column, overflow="fold")
    for user in users:
        teams = ", ".join(user.teams)
        cells = (user.login, user.name, user.role.value, user.agent_id or "", teams, _remarks(user))
        table.add_row(*(escape(clean(cell)) for cell in cells))
    results().print(table)


@app.command("change")
def change(
    login: LoginArgument,
    role: Annotated[UserRole | None, typer.Option("--role", help="What the person is.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="The person's name.")] = None,
    agent: Annotated[
        str | None,
        typer.Option("--agent", metavar="ID", help="The agent's number (工号); '' for none."),
    ] = None,
    team: Annotated[
        list[str] | None,
        typer.Option("--team", metavar="NAME", help="A team led; may be repeated; replaces all."),
    ] = None,
    reads_calls: Annotated[
        bool | None,
        typer.Option("--reads-calls/--no-reads-calls", help="An administrator may read calls too."),
    ] = None,
    personal_data: Annotated[
        bool | None,
        typer.Option("--personal-data/--no-personal-data", help="Sees personal data in clear."),
    ] = None,
) -> None:
    """Change an account; what is not given stays. In force from the next request on.

    A new role drops teams and grants that it does not have.
    """
    from qa.store.accounts import UserDraft, change_user

    with opened_store() as (store, _):
        user = _user(store, login)
        chosen = role or user.role
        is_lead, is_admin = chosen is UserRole.LEAD, chosen is UserRole.ADMIN
        kept_grant = user.reads_calls and is_admin
        draft = UserDraft(
            login=user.login,
            name=user.name if name is None else name,
            role=chosen,
            agent_id=user.agent_id if agent is None else agent or None,
            teams=tuple(team) if team else (user.teams if is_lead else ()),
            reads_calls=kept_grant if reads_calls is None else reads_calls,
            sees_personal_data=user.sees_personal_data if personal_data is None else personal_data,
        )
        with store.writing() as session:
            changed = change_user(session, user.user_id, draft, actor=None)
    typer.echo(f"changed {changed.login} ({changed.role.value})")


@app.command("disable")
def disable(login: LoginArgument) -> None:
    """Shut a person out from the next request on; what they did stays."""
    _set_disabled(login, True)


@app.command("enable")
def enable(login: LoginArgument) -> None:
    """Let a disabled person log in again."""
    _set_disabled(login, False)


@app.command("password")
def password(
    login: LoginArgument,
    must_change: Annotated[
        bool, typer.Option("--must-change", help="It must be changed at the next log-in.")
    ] = False,
    password_stdin: StdinOption = False,
) -> None:
    """Set a password; ends the person's sessions and revokes their API tokens."""
    from qa.store.accounts import set_password
    from qa.store.passwords import hash_password
    from qa.store.sessions import end_sessions_of, revoke_tokens_of

    with opened_store() as (store, settings):
        user = _user(store, login)
        chosen = hash_password(_ask_password(settings, user.login, password_stdin))
        with store.writing() as session:
            end_sessions_of(session, user.user_id, _now())
            revoke_tokens_of(session, user.user_id, _now())
            set_password(
                session, user.user_id, chosen, must_change_password=must_change, actor=None
            )
    typer.echo(f"set the password of {user.login}; their sessions and tokens have ended")


@app.command("token")
def token(
    login: LoginArgument,
    name: Annotated[str, typer.Option("--name", help="What the token is for.")],
    days: Annotated[int, typer.Option("--days", min=1, max=366, help="Valid so many days.")] = 90,
) -> None:
    """Make an API token of a person and print it, this once."""
    from qa.store.sessions import make_token

    with opened_store() as (store, _):
        user = _user(store, login)
        with store.writing() as session:
            secret, _made = make_token(session, user, name, days=days, actor=None, now=_now())
    typer.echo(secret)


def _set_disabled(login: str, is_disabled: bool) -> None:
    from qa.store.accounts import set_disabled
    from qa.store.sessions import end_sessions_of

    with opened_store() as (store, _):
        user = _user(store, login)
        with store.writing() as session:
            if is_disabled:
                end_sessions_of(session, user.user_id, _now())
            set_disabled(session, user.user_id, is_disabled, actor=None)
    typer.echo(f"{'disabled' if is_disabled else 'enabled'} {user.login}")


def _user(store: "Store", login: str) -> "User":
    from qa.store.accounts import user_by_login

    with store.reading() as session:
        return user_by_login(session, login.lower())


def _ask_password(settings: "Settings", login: str, from_stdin: bool) -> str:
    """Read a password: twice from the terminal without echo, or one line of stdin.

    Raises:
        AccountError: it is easily guessed, or the two differ.
    """
    from qa.refusals import AccountError, AccountFault
    from qa.store.passwords import require_good

    min_chars = settings.accounts.password_min_chars
    if from_stdin:
        given = sys.stdin.readline().rstrip("\r\n")
        require_good(given, login, min_chars=min_chars)
        return given
    given = typer.prompt("Password", hide_input=True, err=True)
    require_good(given, login, min_chars=min_chars)
    if typer.prompt("The same password again", hide_input=True, err=True) != given:
        raise AccountError(AccountFault.PASSWORDS_DIFFER)
    return str(given)


def _remarks(user: "User") -> str:
    remarks = (
        (user.is_disabled, "disabled"),
        (user.must_change_password, "must change password"),
        (user.reads_calls, "reads calls"),
        (user.sees_personal_data, "personal data in clear"),
    )
    return ", ".join(text for holds, text in remarks if holds)


def _now() -> datetime:
    return datetime.now(UTC)
