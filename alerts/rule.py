"""A rule as it is judged and told: its subject, its dated parameters, the articles it rests on, its words."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal, TypeAlias, get_args

import msgspec

from alerts.judgement import Parameters
from ledger.words import Sentence, Words

RuleKind: TypeAlias = Literal["state", "act", "time"]
SubjectKind: TypeAlias = Literal[
    "line", "object", "reference", "case", "reserve", "agency", "authority", "feed", "city"
]
Severity: TypeAlias = Literal["info", "warn", "high", "critical"]
BasisStatus: TypeAlias = Literal["statute", "central_practice", "other_city_rule", "city_rule_cited_in_seed", "design"]
BASES: Final[tuple[BasisStatus, ...]] = get_args(BasisStatus)
"""From a statute to our own design."""
Unit: TypeAlias = Literal["percent", "percentage_points", "NTD", "days", "months", "flag", "number"]
Wish: TypeAlias = Literal["comply", "reply", "note"]
"""What a letter ends with, as WISH of the vocabulary calls it."""


class Citation(msgspec.Struct, frozen=True):
    """An article that a rule rests on, with the day the version cited stands from: the newest unless asked `on` a day."""

    slug: str
    law: str
    law_en: str
    article: str
    article_zh: str
    unit_en: str
    effective_from: str
    versions: tuple[str, ...]
    """The days from which each version of the article stands, ascending."""

    def on(self, day: str) -> Citation:
        """The same article in the version in force on a day; the earliest where none was yet."""
        found = in_force(self.versions, day)
        return self if found == self.effective_from else msgspec.structs.replace(self, effective_from=found)

    @property
    def name(self) -> tuple[str, str]:
        """What is cited, whatever its version: the law's slug and the article."""
        return self.slug, self.article


class Value(msgspec.Struct, frozen=True):
    """A parameter's value from a day on, and what makes it so."""

    start: str
    value: int
    basis_status: BasisStatus
    citation: Citation | None


class Parameter(msgspec.Struct, frozen=True):
    """A number of a rule that the law or a design can change."""

    name: str
    unit: Unit
    values: tuple[Value, ...]

    def on(self, day: str) -> Value:
        """The value in force on a day; before the first date the earliest counts."""
        return self.values[max(0, bisect_right([value.start for value in self.values], day) - 1)]


class Named(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a number of the evidence is called, and what it counts."""

    zh: Sentence
    en: Sentence
    unit: Unit | Literal["text"]

    @property
    def words(self) -> Words:
        """The name in both languages."""
        return Words(self.zh, self.en)


class NoticeTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a notice of an alert asks, and by when."""

    days: Annotated[int, msgspec.Meta(ge=1, le=30)]
    """Working days from the day of the notice to the day by which to answer."""
    wish: Wish
    ask: Words
    """What an answer must hold: a clause without `please` and without a full stop."""
    reasons: Literal["lagging", "general"] = "general"
    """Which list of reasons an answer chooses from."""


OF_ACTS: Final[Mapping[str, Named]] = {
    "count": Named("行為筆數", "Acts", "number"),
    "sum": Named("行為金額合計", "Sum of the acts", "NTD"),
    "last": Named("最近一筆", "Last act", "text"),
}
"""What the engine adds to the evidence of every act rule."""


class Rule(msgspec.Struct, frozen=True, eq=False):
    """One rule. `function` is `breach` or `findings` of its rule.py (see alerts.judgement)."""

    slug: str
    order: int
    kind: RuleKind
    subject: SubjectKind
    severity: Severity
    basis_status: BasisStatus
    title: Words
    events: frozenset[str]
    citations: tuple[Citation, ...]
    exceptions: tuple[Citation, ...]
    parameters: tuple[Parameter, ...]
    message: Words
    unblock: Words
    notice: NoticeTerms
    remedy: Words | None
    """What an asker needs before the event is booked, a template as `message` is; None: `unblock` holds then too."""
    evidence: Mapping[str, Named]
    """Every number that its alerts hold, by key, in the order they are shown."""
    measure: str
    """The number of the evidence that tells how bad it is: an alert that stands gets worse when it grows, and an
    acknowledgement lapses when it has doubled."""
    function: Callable[..., Any]
    folder: str
    starts: tuple[str, ...]
    in_force: tuple[Parameters, ...]

    def measured(self, evidence: Mapping[str, Any]) -> int:
        """How bad an alert is, in the unit of its measure; 0 where old evidence does not hold it."""
        found: int = evidence.get(self.measure, 0)
        return found

    def parameters_on(self, day: str) -> Parameters:
        """The parameters in force on a day, the same mapping for every day of an interval."""
        if len(self.in_force) == 1:
            return self.in_force[0]
        return self.in_force[max(0, bisect_right(self.starts, day) - 1)]

    def citations_on(self, day: str) -> tuple[Citation, ...]:
        """The articles that an alert opened on a day rests on, each in the version in force then.

        They are the rule's own, and those of parameter values in force that rest on another article.
        """
        of_values = (parameter.on(day).citation for parameter in self.parameters)
        cited = [*self.citations, *(citation for citation in of_values if citation is not None)]
        return tuple({citation.name: citation.on(day) for citation in cited}.values())

    def basis_on(self, day: str) -> BasisStatus:
        """What makes an alert opened on a day so.

        The rule's own basis goes with the first value of each parameter. A later value of another basis overrides it
        from its day; of several that do, the one furthest from a statute is told.
        """
        overriding = [
            value.basis_status
            for parameter in self.parameters
            if (value := parameter.on(day)).basis_status != parameter.values[0].basis_status
        ]
        return max(overriding, key=BASES.index, default=self.basis_status)


def values_by_day(parameters: tuple[Parameter, ...]) -> tuple[tuple[str, ...], tuple[Parameters, ...]]:
    """The days on which some parameter changes, ascending, and what all of them are from each of these days on."""
    starts = tuple(sorted({value.start for parameter in parameters for value in parameter.values}))
    return starts, tuple(
        MappingProxyType({each.name: each.on(day).value for each in parameters}) for day in starts or ("",)
    )


def in_force(days: tuple[str, ...], day: str) -> str:
    """The last of some ascending days that has come on a day, else the first."""
    return days[max(0, bisect_right(days, day) - 1)]
