"""Which role may do what, and whose calls it may see."""

from qa.records import Right, Scope, User, UserRole

_AGENT = frozenset(
    {Right.READ_CALLS, Right.LISTEN, Right.APPEAL, Right.READ_RULES, Right.FILE_EVENTS}
)
_LEAD = frozenset(
    {
        *(Right.READ_CALLS, Right.LISTEN, Right.REVIEW, Right.DECIDE_APPEALS),
        *(Right.READ_TEAMS, Right.EXPORT, Right.UPLOAD, Right.READ_RULES),
        *(Right.FILE_EVENTS, Right.DECIDE_EVENTS),
        *(Right.READ_ARCHIVE, Right.REQUEST_DELETION),
    }
)
_HEAD = _LEAD | {
    Right.PUBLISH_RULES,
    Right.RUN_JOBS,
    Right.READ_AUDIT,
    Right.KEEP_LEDGER,
    Right.APPROVE_DELETION,
    Right.SEND_REPORTS,
}
_ADMIN = frozenset({Right.MANAGE_USERS, Right.RUN_JOBS, Right.READ_AUDIT, Right.READ_RULES})
_OF_ROLE = {
    UserRole.AGENT: _AGENT,
    UserRole.LEAD: _LEAD,
    UserRole.HEAD: _HEAD,
    UserRole.ADMIN: _ADMIN,
}
_CONTENT = frozenset({Right.READ_CALLS, Right.LISTEN, Right.READ_TEAMS, Right.EXPORT})


def rights_of(user: User) -> frozenset[Right]:
    """List what a person may do; nothing for a disabled one.

    An administrator reads calls only where that was granted, and never reviews them. Personal data
    in clear is a grant of its own, whatever the role, and worth nothing without listening.
    """
    if user.is_disabled:
        return frozenset()
    rights = _OF_ROLE[user.role]
    if user.role is UserRole.ADMIN and user.reads_calls:
        rights |= _CONTENT
    if user.sees_personal_data and Right.LISTEN in rights:
        rights |= {Right.SEE_PERSONAL_DATA}
    return rights


def scope_of(user: User) -> Scope:
    """Say whose calls a person may see."""
    if Right.READ_CALLS not in rights_of(user):
        return Scope()
    if user.role is UserRole.AGENT:
        return Scope(agent_id=user.agent_id)
    if user.role is UserRole.LEAD:
        return Scope(teams=frozenset(user.teams))
    return Scope(everything=True)
