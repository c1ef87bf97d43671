"""How far the people of a label set agree, and where they do not."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

from sqlalchemy.orm import Session

from qa.refusals import Refusal, TransitionError
from qa.review.agreement import Agreement, cohen, krippendorff
from qa.store.label_sets import find_set
from qa.store.labels import Label, labels_of
from qa.types import Outcome


@dataclass(frozen=True, slots=True)
class Differing:
    """A rule of a call that people judged differently, with what each said."""

    call_id: str
    rule_id: str
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class SetAgreement:
    """How far people agree.

    Attributes:
        people: who labelled anything.
        together: Krippendorff's alpha over all rules; None where nothing was labelled twice.
        pairs: Cohen's kappa of every two people who labelled the same things.
        differing: in order of call and rule.
    """

    people: frozenset[int]
    together: Agreement | None
    by_rule: Mapping[str, Agreement | None]
    pairs: Mapping[tuple[int, int], Agreement]
    differing: tuple[Differing, ...]


def agreement_of(session: Session, set_id: int) -> SetAgreement:
    """Compare the labels of a set.

    Raises:
        NotFoundError: there is no such set.
        TransitionError: it is open: nobody sees what others found before all have handed in.
    """
    found = find_set(session, set_id)
    if found.is_open:
        raise TransitionError(Refusal.BLIND)
    things: dict[tuple[str, str], list[Label]] = defaultdict(list)
    for label in labels_of(session, set_id):
        if label.labelled_by is not None:
            things[label.call_id, label.rule_id].append(label)
    said = {key: [one.outcome for one in labels] for key, labels in things.items()}
    return SetAgreement(
        people=frozenset(
            one.labelled_by
            for labels in things.values()
            for one in labels
            if one.labelled_by is not None
        ),
        together=krippendorff(list(said.values())),
        by_rule={
            rule: krippendorff([outcomes for (_, own), outcomes in said.items() if own == rule])
            for rule in found.rules
        },
        pairs=_pairs(things),
        differing=tuple(
            [
                Differing(*key, tuple(labels))
                for key, labels in sorted(things.items())
                if len({one.outcome for one in labels}) > 1
            ]
        ),
    )


def _pairs(things: Mapping[tuple[str, str], list[Label]]) -> dict[tuple[int, int], Agreement]:
    both: dict[tuple[int, int], list[tuple[Outcome, Outcome]]] = defaultdict(list)
    for labels in things.values():
        by_person = {one.labelled_by: one.outcome for one in labels if one.labelled_by is not None}
        for first, second in combinations(sorted(by_person), 2):
            both[first, second].append((by_person[first], by_person[second]))
    return {
        pair: agreement
        for pair, judged in sorted(both.items())
        if (agreement := cohen(judged)) is not None
    }
