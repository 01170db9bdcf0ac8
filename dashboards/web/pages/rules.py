"""The catalogue: every rule with its law, its dated parameters, and how many alerts it has open."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from alerts.laws import Law, Version
from alerts.messages import citation_text, named_template
from alerts.rule import Citation, Parameter, Rule
from alerts.unfinished import UNFINISHED
from alerts.vocabulary import BASIS_STATUS, LEVEL, PARAMETER, RULE_KIND, SEVERITY, UNIT
from dashboards.reports import formulas
from dashboards.reports.table import Column, Table, TableRow, named
from dashboards.web.access import ANYBODY
from dashboards.web.alert_table import alert_grid
from dashboards.web.answer import page
from dashboards.web.desk import Desk
from dashboards.web.grid import Grid
from ledger.money import thousands
from ledger.words import NOTHING, Words, alike
from streams.store import alert_lists
from streams.store.alert_lists import Wanted

NEWEST_SHOWN = 20


class Article(msgspec.Struct, frozen=True):
    """An article a rule rests on, with all its versions."""

    law: Law
    name: Words
    versions: tuple[Version, ...]
    address: str | None
    """Where its text stands in the official database."""


@get("/rules", include_in_schema=False, sync_to_thread=True, opt=ANYBODY)
def rules(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> Response[Any]:
    """Every rule."""
    monitor = desk.monitor
    counted = alert_lists.count_by(
        monitor.store, Wanted(states=UNFINISHED, scope=desk.scope(request)), desk.overlay(), "rule"
    )
    known = list(monitor.catalogue.rules.values())
    rows: list[TableRow] = [
        (
            rule.title,
            rule.slug,
            RULE_KIND[rule.kind],
            LEVEL[rule.subject],
            SEVERITY[rule.severity],
            formulas.articles(rule, monitor.today()),
            BASIS_STATUS[rule.basis_status],
            counted.get((rule.slug,), 0),
        )
        for rule in known
    ]
    grid = Grid(
        table=Table(
            name="rules",
            title=Words("規則目錄", "Rules"),
            label=Words("規則", "Rules"),
            as_of=monitor.today(),
            columns=(
                Column("title", Words("規則", "Rule"), "text"),
                Column("slug", Words("代碼", "Code"), "text"),
                Column("kind", Words("類型", "Kind"), "text"),
                Column("subject", Words("對象", "Subject"), "text"),
                Column("severity", Words("程度", "Severity"), "text"),
                Column("articles", Words("依據", "Basis"), "text"),
                Column("basis", Words("依據性質", "Kind of basis"), "text"),
                Column("alerts", Words("未結\n警示", "Open\nalerts"), "count"),
            ),
            rows=rows,
        ),
        name="rules",
        links={
            "title": [f"/rules/{rule.slug}" for rule in known],
            "alerts": [f"/alerts?rule={rule.slug}" for rule in known],
        },
        chips={"severity": [f"severity-{rule.severity}" for rule in known]},
        row_header="title",
        title=False,
    )
    return page(desk, request, "rules.html", Words("規則目錄", "Rules"), {}, [grid], here="rules", file_name="rules")


@get("/rules/{slug:str}", include_in_schema=False, sync_to_thread=True, opt=ANYBODY)
def rule(request: Request[Any, Any, Any], desk: NamedDependency[Desk], slug: FromPath[str]) -> Response[Any]:
    """One rule."""
    monitor = desk.monitor
    found = monitor.catalogue.rules.get(slug)
    if found is None:
        raise NotFoundException("no such rule")
    wanted = Wanted(states=UNFINISHED, rule=slug, scope=desk.scope(request))
    newest = alert_lists.find(monitor.store, wanted, desk.overlay(), "newest", NEWEST_SHOWN)
    return page(
        desk,
        request,
        "rule.html",
        found.title,
        {
            "rule": found,
            "message": named_template(found, found.message, LEVEL[found.subject]),
            "remedy": None if found.remedy is None else named_template(found, found.remedy, LEVEL[found.subject]),
            "articles": [_article(monitor.catalogue.laws, each) for each in found.citations],
            "exceptions": [_article(monitor.catalogue.laws, each) for each in found.exceptions],
            "basis": BASIS_STATUS[found.basis_status],
            "alert_count": alert_lists.count(monitor.store, wanted, desk.overlay()),
        },
        [
            *([_parameters(found, monitor.today())] if found.parameters else []),
            _evidence(found, monitor.today()),
            alert_grid(desk, newest, Words("未結之警示，最新在前", "Unfinished alerts, the latest first")),
        ],
        here="rules",
        file_name=f"rule-{slug}",
    )


def _article(laws: Any, citation: Citation) -> Article:
    law: Law = laws[citation.slug]
    name = law.article_text(citation.article)
    words = Words(name.zh, f"{law.english_unit} {name.en}".strip())
    return Article(law, words, law.articles[citation.article], law.address_of(citation.article))


def _parameters(found: Rule, day: str) -> Grid:
    return Grid(
        table=Table(
            name="parameters",
            title=Words("參數及其生效日", "Parameters by date"),
            label=Words("參數", "Parameters"),
            as_of=day,
            columns=(
                *named("name", Words("參數", "Parameter"), Words("參數代碼", "Code")),
                Column("start", Words("生效日", "In force from"), "day"),
                Column("value", Words("值", "Value"), "text"),
                Column("basis", Words("依據性質", "Kind of basis"), "text"),
                Column("article", Words("依據", "Basis"), "text"),
            ),
            rows=[row for parameter in found.parameters for row in _values(parameter, found)],
        ),
        name="parameters",
        row_header="name",
    )


def _evidence(found: Rule, day: str) -> Grid:
    return Grid(
        table=Table(
            name="evidence",
            title=Words("佐證數據", "Evidence"),
            label=Words("佐證數據", "Evidence"),
            as_of=day,
            columns=(
                Column("name", Words("項目", "Item"), "text"),
                Column("key", Words("代碼", "Code"), "text"),
                Column("unit", Words("單位", "Unit"), "text"),
                Column("measure", Words("加重之計量", "Measure"), "text"),
            ),
            rows=[
                (each.words, key, UNIT[each.unit], Words("是", "yes") if key == found.measure else NOTHING)
                for key, each in found.evidence.items()
            ],
            notes=(
                Words(
                    "簽收後計量加倍或程度升高者，簽收失效",
                    "An acknowledgement lapses when the measure has doubled, or the severity has risen",
                ),
            ),
        ),
        name="evidence",
        row_header="name",
    )


def _values(parameter: Parameter, rule: Rule) -> list[tuple[Any, ...]]:
    unit = UNIT[parameter.unit]
    evidence = rule.evidence.get(parameter.name)
    called = PARAMETER.get(parameter.name, alike(parameter.name)) if evidence is None else evidence.words
    rows = []
    for value in parameter.values:
        cited = NOTHING if value.citation is None else citation_text((value.citation,))
        amount = thousands(value.value)
        rows.append(
            (
                parameter.name,
                called,
                value.start,
                Words(f"{amount} {unit.zh}".strip(), f"{amount} {unit.en}".strip()),
                BASIS_STATUS[value.basis_status],
                Words(cited.zh.strip("（）"), cited.en.strip(" ()")),
            )
        )
    return rows


HANDLERS = (rules, rule)
