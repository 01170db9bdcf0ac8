"""The variables at the head of boards: the sources of data, the page's address, year, authority, agency and class.

Their values come from the metrics, so that a new year or agency needs no new board. Names are read out of the series'
text, the one place where Grafana gives a variable both a value and a name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import VariableHide, VariableModel, VariableOption, VariableRefresh
from grafana_foundation_sdk.models.dashboard import VariableSort as Sort

from dashboards.panels.panel import StoreKind
from dashboards.panels.queries import POSTGRES_TYPE, PROMETHEUS, series
from ledger.vocabulary import ECONOMIC_CLASS
from ledger.words import Language, Words

PAGE_DEFAULT: Final = "http://127.0.0.1:8080"
"""Shown until the first scrape has told the page's own address."""


def sources(reader: Language, store: StoreKind) -> list[Builder[VariableModel]]:
    """Where figures and rows come from, and where the page is."""
    shown = VariableHide.DONT_HIDE
    found: list[Builder[VariableModel]] = [
        dashboard.DatasourceVariable("prometheus").label("Prometheus").type("prometheus").hide(shown)
    ]
    if store == "postgresql":
        found.append(dashboard.DatasourceVariable("postgres").label("PostgreSQL").type(POSTGRES_TYPE).hide(shown))
    page = _query("page", Words("網頁", "Page"), f"label_values({series('page_info')}, url)", reader)
    page = page.current(VariableOption(selected=True, text=PAGE_DEFAULT, value=PAGE_DEFAULT))
    found.append(page.hide(VariableHide.HIDE_VARIABLE))
    return found


def _query(
    name: str, label: Words, query: str, reader: Language, sort: Sort = Sort.DISABLED
) -> dashboard.QueryVariable:
    asked: dict[str, object] = {"qryType": 5, "query": query, "refId": name}
    if query.startswith("label_values"):
        asked["qryType"] = 1
    elif query.startswith("query_result"):
        asked["qryType"] = 3
    made = dashboard.QueryVariable(name).label(label.text(reader)).datasource(PROMETHEUS).query(asked)
    return made.definition(query).refresh(VariableRefresh.ON_TIME_RANGE_CHANGED).sort(sort)


def _year(reader: Language) -> Builder[VariableModel]:
    query = f"label_values({series('available_twd', level='city')}, fiscal_year)"
    return _query("year", Words("年度", "Year"), query, reader, Sort.NUMERICAL_DESC)


def _named(name: str, label: Words, query: str, reader: Language) -> dashboard.QueryVariable:
    """Levels by code, shown by name. A name may hold quotes, so it is read up to the end of the label."""
    following = '",name_zh="' if reader == "en" else '"}'
    pattern = f'/key="(?<value>.*?)",level=.*name_{reader}="(?<text>.*){following}/'
    return _query(name, label, f"query_result({query})", reader, Sort.ALPHABETICAL_ASC).regex(pattern)


def _authority(reader: Language) -> Builder[VariableModel]:
    query = f"max without (job, instance, authority) ({series('level_info', level='authority')})"
    return _named("authority", Words("主管機關", "Authority"), query, reader)


def _agency(reader: Language) -> Builder[VariableModel]:
    found = series("level_info", level="agency", authority="$authority")
    return _named("agency", Words("機關", "Agency"), f"max without (job, instance, authority) ({found})", reader)


def _economic_class(reader: Language) -> Builder[VariableModel]:
    options = ",".join(f"{words.text(reader)} : {name}" for name, words in reversed(list(ECONOMIC_CLASS.items())))
    made = dashboard.CustomVariable("class").label(Words("經資門", "Class").text(reader)).values(options)
    every = ECONOMIC_CLASS["all"].text(reader)
    return made.current(VariableOption(selected=True, text=every, value="all"))


VARIABLES: Final[Mapping[str, Callable[[Language], Builder[VariableModel]]]] = {
    "year": _year,
    "authority": _authority,
    "agency": _agency,
    "class": _economic_class,
}
"""By name."""
