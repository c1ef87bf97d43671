"""One door to the read-back of each detail, with the sound asked where words do not tell."""

from dataclasses import replace

from qa.scoring.check import Scene
from qa.scoring.readback.faults import customer_faults, judge_problem
from qa.scoring.readback.findings import MET, Detail, State, settle
from qa.scoring.readback.names import judge_name
from qa.scoring.readback.phone import judge_number, marks_of
from qa.scoring.readback.places import judge_address
from qa.scoring.readback.talk import Talk
from qa.scoring.sounds import sound_regex

DETAILS = ("problem", "address", "name", "phone", "waybill")
TAKEN = "登记|给您报|报上|派单|派工|派下|派过|单子|维修人员会|师傅会|记录|记上|记下|备注"
WRONG_NUMBER = "打错了|打错电话|不是这个电话|拨错了|打串了"


def talk_of(scene: Scene) -> Talk:
    """Return the scene's talk, made once."""
    return scene.shared("readback:talk", lambda: Talk(scene))


def concerns_report(scene: Scene) -> bool | None:
    """Whether the caller wanted something that needs a report.

    Returns:
        True where details were asked for or given, or a ticket was written; False for a wrong
        number and for questions that were answered; None where a fault was named but nothing
        shows that a report was taken.
    """
    return scene.shared("readback:report", lambda: _concerns_report(scene))


def _concerns_report(scene: Scene) -> bool | None:
    talk = talk_of(scene)
    if talk.asks or scene.call.ticket is not None:
        return True
    if any(m.kind in ("building", "unit") for m in marks_of(talk, talk.customer)):
        return True
    if sound_regex(WRONG_NUMBER).search(talk.customer_sounds + talk.agent_sounds):
        return False
    own = [kind for _, _, kind in customer_faults(talk) if kind not in ("billing", "conduct")]
    if not own:
        return False
    return True if sound_regex(TAKEN).search(talk.agent_sounds) else None


def judge_detail(scene: Scene, name: str, compounds: tuple[str, ...] = ()) -> Detail:
    """Say how one detail was read back; the sound's answers are taken in.

    Args:
        name: one of `DETAILS`.
        compounds: names of compounds that help hearing an address.

    Raises:
        ValueError: there is no such detail.
    """
    key = ("readback", name, compounds)
    return settle(scene, scene.shared(key, lambda: _judge(scene, name, compounds)))


def _judge(scene: Scene, name: str, compounds: tuple[str, ...]) -> Detail:
    talk = talk_of(scene)
    if name == "problem":
        detail = judge_problem(talk)
    elif name == "address":
        detail = judge_address(talk, compounds)
    elif name == "name":
        detail = judge_name(talk)
    elif name in ("phone", "waybill"):
        detail = judge_number(talk, name, _witnesses(scene) if name == "phone" else ())
    else:
        raise ValueError(f"no detail '{name}'; there are {', '.join(DETAILS)}")
    if detail.state not in MET and talk.broke_off:
        return replace(detail, state=State.UNSURE, doubts=())
    return detail


def _witnesses(scene: Scene) -> tuple[str, ...]:
    call = scene.call
    numbers = (call.caller_number, call.ticket.phone if call.ticket else None)
    return tuple("".join(c for c in n if c.isdigit()) for n in numbers if n)
