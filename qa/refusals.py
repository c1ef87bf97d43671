"""What people are refused, and why: accounts, decisions, publishing.

Pages have a sentence for each reason code; the messages here are for commands and the API, and hold
nothing that a person typed.
"""

from enum import StrEnum

from qa.errors import ConflictError, QAError


class AccountFault(StrEnum):
    """Why an account cannot be made or changed so; pages and commands put it into words."""

    LOGIN_WRONG = "login_wrong"
    LOGIN_TAKEN = "login_taken"
    NAME_WRONG = "name_wrong"
    AGENT_NUMBER_MISSING = "agent_number_missing"
    AGENT_NUMBER_WRONG = "agent_number_wrong"
    AGENT_NUMBER_TAKEN = "agent_number_taken"
    TEAM_MISSING = "team_missing"
    TEAM_WRONG = "team_wrong"
    TEAMS_OF_LEADS_ONLY = "teams_of_leads_only"
    GRANT_OF_ADMINS_ONLY = "grant_of_admins_only"
    LAST_ADMIN = "last_admin"
    ONESELF = "oneself"
    PASSWORD_SHORT = "password_short"
    PASSWORD_LONG = "password_long"
    PASSWORD_COMMON = "password_common"
    PASSWORD_SAME = "password_same"
    PASSWORD_WRONG = "password_wrong"
    PASSWORDS_DIFFER = "passwords_differ"
    TOKEN_NAME_WRONG = "token_name_wrong"
    TOKEN_DAYS_WRONG = "token_days_wrong"
    TOO_MANY_TOKENS = "too_many_tokens"
    TOO_EARLY = "too_early"


_ACCOUNT_ADVICE = {
    AccountFault.LOGIN_WRONG: "a login is 1 to 64 of a-z, 0-9 and . _ - @, beginning with one of "
    "the first two",
    AccountFault.LOGIN_TAKEN: "there is an account of that login",
    AccountFault.NAME_WRONG: "a name is 1 to 100 printable characters",
    AccountFault.AGENT_NUMBER_MISSING: "an agent's account needs the agent's number (工号)",
    AccountFault.AGENT_NUMBER_WRONG: "an agent's number is 1 to 100 printable characters",
    AccountFault.AGENT_NUMBER_TAKEN: "another account has that agent's number; disable it first",
    AccountFault.TEAM_MISSING: "a lead's account needs at least one team",
    AccountFault.TEAM_WRONG: "a team is 1 to 100 printable characters without commas",
    AccountFault.TEAMS_OF_LEADS_ONLY: "only leads have teams",
    AccountFault.GRANT_OF_ADMINS_ONLY: "reading calls is granted to administrators only; other "
    "roles read calls anyway",
    AccountFault.LAST_ADMIN: "this is the last administrator; add another one first",
    AccountFault.ONESELF: "nobody changes their own role, scope or grants; another administrator "
    "does, or 'qa users' on the server",
    AccountFault.PASSWORD_SHORT: "the password is too short; characters needed: {detail}",
    AccountFault.PASSWORD_LONG: "the password is too long; characters allowed: {detail}",
    AccountFault.PASSWORD_COMMON: "the password is easily guessed; take several words, or a "
    "sentence",
    AccountFault.PASSWORD_SAME: "the new password is the old one",
    AccountFault.PASSWORD_WRONG: "the present password is wrong",
    AccountFault.PASSWORDS_DIFFER: "the two passwords differ",
    AccountFault.TOKEN_NAME_WRONG: "a token's name is 1 to 100 printable characters",
    AccountFault.TOKEN_DAYS_WRONG: "a token is valid for {detail} days",
    AccountFault.TOO_EARLY: "too many tries; try again in {detail} seconds",
    AccountFault.TOO_MANY_TOKENS: "there are {detail} valid tokens already; revoke one first",
}


class AccountError(ConflictError):
    """An account, password or token cannot be made or changed so.

    Args:
        fault: the reason code.
        detail: a number that belongs to the reason; never what the person typed.
    """

    def __init__(self, fault: AccountFault, detail: str = "") -> None:
        super().__init__(fault, detail)
        self.fault, self.detail = fault, detail

    def __str__(self) -> str:
        return _ACCOUNT_ADVICE[self.fault].format(detail=self.detail)


class Refusal(StrEnum):
    """Why something that a person asked for was refused; pages have a sentence for each."""

    NO_RIGHT = "no_right"
    OWN_CALL = "own_call"
    OWN_DECISION = "own_decision"
    NOT_OWN_CALL = "not_own_call"
    NOT_ASSIGNED = "not_assigned"
    TEXT_MISSING = "text_missing"
    TEXT_TOO_LONG = "text_too_long"
    OUTCOME_MISSING = "outcome_missing"
    POINTS_MISSING = "points_missing"
    POINTS_WRONG = "points_wrong"
    NO_CHANGE = "no_change"
    SCORE_WOULD_FALL = "score_would_fall"
    NOT_A_FLAG = "not_a_flag"
    NOT_OF_APPEAL = "not_of_appeal"
    STALE_SCORECARD = "stale_scorecard"
    DECIDED_MEANWHILE = "decided_meanwhile"
    FLAGS_OPEN = "flags_open"
    ALREADY_RELEASED = "already_released"
    NOT_RELEASED = "not_released"
    APPEALED = "appealed"
    FINAL = "final"
    WINDOW_PASSED = "window_passed"
    APPEAL_OPEN = "appeal_open"
    APPEAL_CLOSED = "appeal_closed"
    NOT_JUDGED_ANEW = "not_judged_anew"
    EVENT_MOVED = "event_moved"
    EVENT_KNOWN = "event_known"
    EVENT_WRONG = "event_wrong"
    ABOUT_ONESELF = "about_oneself"
    CHARGE_MOVED = "charge_moved"
    CHARGE_WRONG = "charge_wrong"
    OWN_CHARGE = "own_charge"
    NOT_OWN_CHARGE = "not_own_charge"
    DRY_RUN = "dry_run"
    MONTH_NOT_OVER = "month_not_over"
    MONTH_CLOSED = "month_closed"
    EARLIER_MONTH_OPEN = "earlier_month_open"
    RULESET_AS_IT_IS = "ruleset_as_it_is"
    NOT_EMPTY = "not_empty"
    NO_RECORDING = "no_recording"
    DELETION_OPEN = "deletion_open"
    DELETION_DECIDED = "deletion_decided"
    OWN_REQUEST = "own_request"
    STILL_NEEDED = "still_needed"
    HANDED_IN = "handed_in"
    SET_CLOSED = "set_closed"
    LABELS_MISSING = "labels_missing"
    NOTHING_TO_DRAW = "nothing_to_draw"
    BLIND = "blind"
    REPORT_SENT = "report_sent"
    REPORT_CHANGED = "report_changed"
    REPORT_NOT_REVIEWED = "report_not_reviewed"
    REPORT_DIFFERS = "report_differs"
    REPORT_NOT_OVER = "report_not_over"


_REFUSED = {
    Refusal.NO_RIGHT: "the account has not the right to do this",
    Refusal.OWN_CALL: "nobody reviews their own calls",
    Refusal.OWN_DECISION: "who reviewed or released the call does not decide appeals against it",
    Refusal.NOT_OWN_CALL: "only the agent whose call it is may appeal",
    Refusal.NOT_ASSIGNED: "the spot check is somebody else's; they, or a head, write its result",
    Refusal.TEXT_MISSING: "a text is missing or too short",
    Refusal.TEXT_TOO_LONG: "a text is too long",
    Refusal.OUTCOME_MISSING: "say what it is changed to",
    Refusal.POINTS_MISSING: "say how many points: an undecided line does not carry its rule's",
    Refusal.POINTS_WRONG: "points are 0-100, and only for a change to a violation that costs",
    Refusal.NO_CHANGE: "nothing would change, or a dismissed appeal was given changes",
    Refusal.SCORE_WOULD_FALL: "an upheld appeal cannot take more from the agent",
    Refusal.NOT_A_FLAG: "this rule is not held against the call",
    Refusal.NOT_OF_APPEAL: "the appeal is not about this rule",
    Refusal.STALE_SCORECARD: "the call was judged again meanwhile; look at the new scorecard",
    Refusal.DECIDED_MEANWHILE: "somebody decided this flag meanwhile; look at it again",
    Refusal.FLAGS_OPEN: "violations that cost are not decided yet",
    Refusal.ALREADY_RELEASED: "the call is released; take it back first",
    Refusal.NOT_RELEASED: "the call is not released",
    Refusal.APPEALED: "an appeal is open and must be decided first",
    Refusal.FINAL: "the call is final",
    Refusal.WINDOW_PASSED: "the appeal window has passed",
    Refusal.APPEAL_OPEN: "an appeal about the same is open",
    Refusal.APPEAL_CLOSED: "the appeal is decided or withdrawn",
    Refusal.NOT_JUDGED_ANEW: "the call was not judged again since it became final",
    Refusal.EVENT_MOVED: "the event has moved on, or where it stands forbids this",
    Refusal.EVENT_KNOWN: "this call has an open event of this kind already",
    Refusal.EVENT_WRONG: "an event needs one of the nine kinds, and a time that is not to come",
    Refusal.ABOUT_ONESELF: "nobody decides whether they themselves kept something back",
    Refusal.CHARGE_MOVED: "the charge has moved on, or where it stands forbids this",
    Refusal.CHARGE_WRONG: "a charge needs a sentence that may be entered, a call with an agent and "
    "a start, and a stretch of its recording",
    Refusal.OWN_CHARGE: "who entered or confirmed the charge does not decide this",
    Refusal.NOT_OWN_CHARGE: "only the agent whose charge it is may object",
    Refusal.DRY_RUN: "the ledger only tries out (setting ledger.dry_run)",
    Refusal.MONTH_NOT_OVER: "the month is not over",
    Refusal.MONTH_CLOSED: "the month is closed already",
    Refusal.EARLIER_MONTH_OPEN: "an earlier month with entries is open; close it first",
    Refusal.RULESET_AS_IT_IS: "the ruleset version is in that state already",
    Refusal.NOT_EMPTY: "no proof says that the recording is empty; ask for its deletion instead",
    Refusal.NO_RECORDING: "the call has no recording, or it was deleted",
    Refusal.DELETION_OPEN: "its deletion was asked for already",
    Refusal.DELETION_DECIDED: "somebody decided this request meanwhile",
    Refusal.OWN_REQUEST: "nobody approves their own request",
    Refusal.STILL_NEEDED: "the recording is still needed: a review, appeal, spot check, fine, "
    "event or label rests on it",
    Refusal.HANDED_IN: "these labels are handed in; they cannot be changed any more",
    Refusal.SET_CLOSED: "the set is closed",
    Refusal.LABELS_MISSING: "some calls or rules have no label yet",
    Refusal.NOTHING_TO_DRAW: "there are no such calls, rules or people",
    Refusal.BLIND: "results are shown when everybody has handed in, or the set is closed",
    Refusal.REPORT_SENT: "the report is sent and never changes",
    Refusal.REPORT_CHANGED: "the report was made anew or changed meanwhile; look at it again",
    Refusal.REPORT_NOT_REVIEWED: "somebody must review the report first",
    Refusal.REPORT_DIFFERS: "a recount gives other figures; make the report anew and review it",
    Refusal.REPORT_NOT_OVER: "the days of the report are not over yet",
}


class _RefusedError(QAError):
    """Something that a person asked for is refused; `LEAD` begins its sentence."""

    LEAD = ""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal

    def __str__(self) -> str:
        return f"{self.LEAD}: {_REFUSED[self.refusal]}"


class NotAllowedError(_RefusedError):
    """A person may not do something that somebody else may (HTTP 403).

    Args:
        refusal: why.
    """

    LEAD = "not allowed"


class InvalidRequestError(_RefusedError):
    """What a person handed in is incomplete or contradicts itself (HTTP 422).

    Args:
        refusal: why.
    """

    LEAD = "cannot be accepted"


class TransitionError(_RefusedError, ConflictError):
    """Things have moved on, or the state forbids it; look again (HTTP 409).

    Args:
        refusal: why.
    """

    LEAD = "not possible now"


class NotProvedError(ConflictError):
    """A ruleset version does not pass its gate; a head may override it with a written reason.

    Args:
        refuted: fine rules of which too many flags were wrong.
        unproved: fine rules with too few labels, where the settings refuse those.
        changes_too_much: it changes the score of more calls than the settings allow.
    """

    def __init__(
        self, refuted: tuple[str, ...], unproved: tuple[str, ...], changes_too_much: bool
    ) -> None:
        super().__init__(refuted, unproved, changes_too_much)
        self.refuted, self.unproved = refuted, unproved
        self.changes_too_much = changes_too_much

    def __str__(self) -> str:
        parts = []
        if self.refuted:
            parts.append(f"too many flags were wrong: {', '.join(self.refuted)}")
        if self.changes_too_much:
            parts.append("it changes the score of too many calls")
        if self.unproved:
            parts.append(f"not proved: {', '.join(self.unproved)}")
        why = "; ".join(parts)
        return f"the version does not pass its gate ({why}); override it with a written reason"
