"""What panels ask: PromQL of the program's metrics, and SQL of the `board_*` views.

A figure is asked `max without (job, instance)`: two that scrape the same monitor show it once. A curve asks for the last
value of each day, so that daily history (which has neither job nor instance) and what is scraped make one line.
"""

from __future__ import annotations

from typing import Any, Final

from grafana_foundation_sdk.builders import prometheus
from grafana_foundation_sdk.cog import runtime
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.common import DataSourceRef
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from ledger.words import Language

PROMETHEUS: Final = DataSourceRef(type_val="prometheus", uid="${prometheus}")
POSTGRES_TYPE: Final = "grafana-postgresql-datasource"
POSTGRES: Final = DataSourceRef(type_val=POSTGRES_TYPE, uid="${postgres}")
MIXED: Final = DataSourceRef(type_val="datasource", uid="-- Mixed --")
DAY: Final = "1d"
NO_TWICE: Final = "max without (job, instance)"


class PostgresQuery(Dataquery):
    """SQL for Grafana's PostgreSQL source; the SDK has no query of its own for it."""

    def __init__(self, sql: str, ref_id: str = "A", form: str = "table") -> None:
        self.sql, self.ref_id, self.form = sql, ref_id, form

    def to_json(self) -> dict[str, object]:
        """As Grafana's query editor writes it."""
        return {
            "refId": self.ref_id,
            "datasource": POSTGRES,
            "format": self.form,
            "rawSql": self.sql,
            "rawQuery": True,
            "editorMode": "code",
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> PostgresQuery:
        """The same again; a key that is not written above is a mistake."""
        known = {"refId", "datasource", "format", "rawSql", "rawQuery", "editorMode"}
        if set(data) != known or data["rawQuery"] is not True or data["editorMode"] != "code":
            raise ValueError(f"not a query of ours: {sorted(data)}")
        return cls(data["rawSql"], data["refId"], data["format"])


class ReadyQuery(Builder[Dataquery]):
    """A query that is built already, where the SDK asks for a builder."""

    def __init__(self, query: Dataquery) -> None:
        self._query = query

    def build(self) -> Dataquery:
        """As it is."""
        return self._query


def register() -> None:
    """Let the SDK read back SQL queries too."""
    variant = runtime.DataqueryConfig(identifier=POSTGRES_TYPE, from_json_hook=PostgresQuery.from_json)
    runtime.register_dataquery_variant(variant)


def series(metric: str, **labels: str) -> str:
    """A metric of the program with labels that must be so, as PromQL; `$variable` as a value is the board's.

    A value that begins with `~` is a regular expression.
    """
    wanted = ",".join(
        f'{name}=~"{value[1:]}"' if value.startswith("~") else f'{name}="{value}"' for name, value in labels.items()
    )
    return f"budgetwatch_{metric}{{{wanted}}}" if wanted else f"budgetwatch_{metric}"


def now(metric: str, **labels: str) -> str:
    """A metric as it is, each figure once."""
    return f"{NO_TWICE} ({series(metric, **labels)})"


def by_day(metric: str, **labels: str) -> str:
    """The same for a curve, a point a day."""
    return f"{NO_TWICE} (last_over_time({series(metric, **labels)}[{DAY}]))"


def called(expression: str, reader: Language) -> str:
    """An expression with `level` and `key`, and the name of each level as a label: `name_zh` or `name_en`."""
    names = f"topk by (level, key) (1, {now('level_info')})"
    return f"{expression} * on (level, key) group_left (name_{reader}) {names}"


def instant(expression: str, legend: str = "__auto", ref_id: str = "A") -> prometheus.Dataquery:
    """The value of this moment."""
    query = prometheus.Dataquery().datasource(PROMETHEUS).ref_id(ref_id).expr(expression)
    return query.instant().legend_format(legend)


def cells(expression: str, ref_id: str = "A") -> prometheus.Dataquery:
    """The values of this moment as rows of a table, with the labels as columns."""
    return instant(expression, "", ref_id).format(PromQueryFormat.TABLE)


def curve(expression: str, legend: str = "__auto", ref_id: str = "A", step: str = DAY) -> prometheus.Dataquery:
    """A line over the board's time."""
    query = prometheus.Dataquery().datasource(PROMETHEUS).ref_id(ref_id).expr(expression)
    return query.range().legend_format(legend).interval(step)


def rows(sql: str, ref_id: str = "A") -> Builder[Dataquery]:
    """The rows of a `SELECT` on the `board_*` views."""
    return ReadyQuery(PostgresQuery(sql, ref_id))
