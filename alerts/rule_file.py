"""A rule's folder read: `rule.yaml` checked, with the place of whatever cannot stand, and the function of `rule.py`."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Annotated, Any, Final

import msgspec

from alerts.laws import Law, check_days
from alerts.messages import names_in, template_problem
from alerts.rule import (
    OF_ACTS,
    BasisStatus,
    Citation,
    Named,
    NoticeTerms,
    Parameter,
    Rule,
    RuleKind,
    Severity,
    SubjectKind,
    Unit,
    Value,
    values_by_day,
)
from alerts.yaml_files import CatalogueProblem, Steps, YamlFile
from ledger.events import BY_NAME
from ledger.words import Sentence, Words

_OWN_RULES: Final = Path(__file__).parent / "rules"

_SUBJECTS: Final[Mapping[str, frozenset[str]]] = {
    "state": frozenset(("line", "object", "reference", "reserve", "agency", "feed")),
    "act": frozenset(("line", "case")),
    "time": frozenset(("line", "agency", "authority", "city")),
}
"""What the engine can judge for each kind of rule."""
_FUNCTIONS: Final = {"state": "breach", "act": "findings", "time": "breach"}


class _CitationFile(msgspec.Struct, forbid_unknown_fields=True):
    law: Sentence
    article: Sentence


class ValueFile(msgspec.Struct, forbid_unknown_fields=True):
    """A parameter's value as it stands in a file."""

    value: Annotated[int, msgspec.Meta(ge=0)]
    basis_status: BasisStatus
    start: str = msgspec.field(name="from")
    law: Sentence | None = None
    article: Sentence | None = None


class _ParameterFile(msgspec.Struct, forbid_unknown_fields=True):
    unit: Unit
    values: list[ValueFile]


class _RuleFile(msgspec.Struct, forbid_unknown_fields=True):
    rule: Sentence
    order: int
    kind: RuleKind
    subject: SubjectKind
    severity: Severity
    basis_status: BasisStatus
    title: Words
    citations: list[_CitationFile]
    message: Words
    unblock: Words
    measure: Sentence
    notice: NoticeTerms
    remedy: Words | None = None
    evidence: dict[str, Named] = {}
    events: list[str] = []
    exceptions: list[_CitationFile] = []
    parameters: dict[str, Any] = {}


def read_rule(folder: Path, name: str, laws: Mapping[str, Law]) -> Rule:
    """Read one rule from its folder, which is called `name` where something is wrong with it.

    Raises:
        CatalogueProblem: the first thing that cannot stand, with its place.
    """
    for needed in ("rule.yaml", "rule.py", "cases.yaml"):
        if not (folder / needed).is_file():
            raise CatalogueProblem(f"{name}/{needed}:1: the file is missing; write it")
    file = YamlFile(folder / "rule.yaml", f"{name}/rule.yaml")
    read = file.convert(_RuleFile)
    _check_names(file, read, folder.name)
    _check_words(file, read)
    _check_evidence(file, read)
    citations = _citations(file, "citations", read.citations, laws)
    _check_basis(file, read, citations, laws)
    parameters = tuple(_parameter(file, name, laws) for name in read.parameters)
    starts, in_force = values_by_day(parameters)
    return Rule(
        slug=read.rule,
        order=read.order,
        kind=read.kind,
        subject=read.subject,
        severity=read.severity,
        basis_status=read.basis_status,
        title=read.title,
        events=frozenset(read.events),
        citations=citations,
        exceptions=_citations(file, "exceptions", read.exceptions, laws),
        parameters=parameters,
        message=read.message,
        unblock=read.unblock,
        notice=read.notice,
        remedy=read.remedy,
        evidence=MappingProxyType(_evidence(read)),
        measure=read.measure,
        function=_function(file, read, folder),
        folder=folder.name,
        starts=starts,
        in_force=in_force,
    )


def _check_names(file: YamlFile, read: _RuleFile, folder: str) -> None:
    """The slug, the subject that goes with the kind, and the events that go with it."""
    if read.rule != folder.replace("_", "-"):
        expected = folder.replace("_", "-")
        raise file.problem(("rule",), f"the rule is {read.rule} but the folder is {folder}; write {expected}")
    if read.subject not in _SUBJECTS[read.kind]:
        allowed = ", ".join(sorted(_SUBJECTS[read.kind]))
        raise file.problem(("subject",), f"a {read.kind} rule judges no {read.subject}; write one of {allowed}")
    if read.kind == "act" and not read.events:
        raise file.problem(("kind",), "an act rule without events; write the types after which it is judged")
    if read.kind != "act" and read.events:
        raise file.problem(("events",), f"a {read.kind} rule is judged by what was touched; leave events out")
    for place, name in enumerate(read.events):
        if name not in BY_NAME:
            raise file.problem(("events", place), f"no event type {name}; write one of the contract's (§2)")


def _check_words(file: YamlFile, read: _RuleFile) -> None:
    """The templates, and that the advice is no template."""
    for field, words in (("message", read.message), ("remedy", read.remedy)):
        for language, template in (("zh", words.zh), ("en", words.en)) if words is not None else ():
            problem = template_problem(template)
            if problem is not None:
                raise file.problem((field, language), problem)
    for language, advice in (("zh", read.unblock.zh), ("en", read.unblock.en)):
        if "{" in advice:
            raise file.problem(("unblock", language), "a placeholder; write advice that holds for every subject")
    for language, clause in (("zh", read.notice.ask.zh), ("en", read.notice.ask.en)):
        if "{" in clause:
            raise file.problem(("notice", "ask", language), "a placeholder; write what holds for every subject")
        problem = template_problem(clause)
        if problem is not None:
            raise file.problem(("notice", "ask", language), problem.replace("the articles", "the rest of its sentence"))


def _evidence(read: _RuleFile) -> dict[str, Named]:
    return {**read.evidence, **OF_ACTS} if read.kind == "act" else read.evidence


def _check_evidence(file: YamlFile, read: _RuleFile) -> None:
    """Whatever the rule measures by, and its texts speak of, is evidence that has a name."""
    named = _evidence(read)
    for key in read.evidence:
        if read.kind == "act" and key in OF_ACTS:
            raise file.problem(("evidence", key), f"{key} is named for every act rule; leave it out")
    if named.get(read.measure, OF_ACTS["last"]).unit == "text":
        numbers = ", ".join(key for key, each in named.items() if each.unit != "text")
        raise file.problem(("measure",), f"{read.measure} is no number of the evidence; write one of {numbers}")
    for field, words, more in (("message", read.message, ()), ("remedy", read.remedy, ("amount",))):
        for language, template in (("zh", words.zh), ("en", words.en)) if words is not None else ():
            for name in names_in(template):
                if name not in ("subject", *more, *named):
                    raise file.problem((field, language), f"{{{name}}} is no evidence; name it under `evidence`")


def _check_basis(file: YamlFile, read: _RuleFile, citations: tuple[Citation, ...], laws: Mapping[str, Law]) -> None:
    """Only our own design may stand without an article, and only a statute makes a rule statutory."""
    if not citations and read.basis_status != "design":
        sentence = f"a rule of basis_status {read.basis_status} cites nothing; write its law and article"
        raise file.problem(("citations",), sentence)
    if read.basis_status == "statute" and not any(laws[each.slug].kind == "statute" for each in citations):
        raise file.problem(("basis_status",), "statute, but no statute is cited; write the statute or another status")


def _citations(file: YamlFile, field: str, cited: list[_CitationFile], laws: Mapping[str, Law]) -> tuple[Citation, ...]:
    return tuple(_cite(file, (field, place), each.law, each.article, laws) for place, each in enumerate(cited))


def _cite(file: YamlFile, steps: Steps, slug: str, article: str, laws: Mapping[str, Law]) -> Citation:
    law = laws.get(slug)
    if law is None:
        raise file.problem((*steps, "law"), f"no law {slug}; write one of {', '.join(laws)}, or add law/{slug}.yaml")
    if article not in law.articles:
        known = ", ".join(law.articles)
        raise file.problem((*steps, "article"), f"{slug} has no article {article}; write one of {known}, or add it")
    versions = tuple(version.effective_from for version in law.articles[article])
    return Citation(
        slug=slug,
        law=law.title.zh,
        law_en=law.title.en,
        article=article,
        article_zh=law.article_text(article).zh,
        unit_en=law.english_unit,
        effective_from=versions[-1],
        versions=versions,
    )


def _parameter(file: YamlFile, name: str, laws: Mapping[str, Law]) -> Parameter:
    steps: Steps = ("parameters", name)
    read = file.convert(_ParameterFile, steps)
    if not read.values:
        raise file.problem(steps, f"{name} has no value; write at least one with its date")
    check_days(file, (*steps, "values"), [value.start for value in read.values], "from")
    values = tuple(
        read_value(file, (*steps, "values", place), value, read.unit, laws) for place, value in enumerate(read.values)
    )
    return Parameter(name, read.unit, values)


def read_value(file: YamlFile, steps: Steps, read: ValueFile, unit: Unit, laws: Mapping[str, Law]) -> Value:
    """A parameter's value with its citation. Raises CatalogueProblem where it rests on nothing that is known."""
    if unit == "flag" and read.value not in (0, 1):
        raise file.problem((*steps, "value"), f"{read.value} is no flag; write 0 or 1")
    if read.law is None or read.article is None:
        if read.basis_status != "design" or read.law is not read.article:
            raise file.problem(steps, f"a value of basis_status {read.basis_status}; write its law and its article")
        return Value(read.start, read.value, read.basis_status, None)
    return Value(read.start, read.value, read.basis_status, _cite(file, steps, read.law, read.article, laws))


def _function(file: YamlFile, read: _RuleFile, folder: Path) -> Callable[..., Any]:
    """The rule's function."""
    name = _FUNCTIONS[read.kind]
    function: Callable[..., Any] | None = getattr(_code(folder), name, None)
    if function is None:
        raise file.problem(("kind",), f"rule.py of a {read.kind} rule has no {name}(); write it")
    return function


def _code(folder: Path) -> ModuleType:
    """The rule.py of a rule's folder: this package's own are imported, those of another catalogue run from their file."""
    name = f"alerts.rules.{folder.name}.rule"
    if folder.parent == _OWN_RULES:
        return importlib.import_module(name)
    found = importlib.util.spec_from_file_location(name, folder / "rule.py")
    assert found is not None and found.loader is not None, "a path that ends in .py has a loader"
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module
