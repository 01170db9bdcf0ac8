"""Events marked on curves: a budget adopted, a lagging list presented, the books folded anew."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import AnnotationQuery

from dashboards.colours import FORECAST, LIMIT, PLAN
from dashboards.panels.queries import DAY, NO_TWICE, PROMETHEUS, series
from ledger.words import Language, Words

EVENTS: Final = (
    ("adopted_agencies", Words("預算審議完成", "Budgets adopted"), FORECAST),
    ("presented_lists", Words("落後名單提報", "Lagging list presented"), PLAN),
    ("store_begun_timestamp_seconds", Words("重新入帳", "Books folded anew"), LIMIT),
)
"""Counts that rise when it happens: the metric, what it is called, the colour of its mark."""


def marked_events(reader: Language) -> list[Builder[AnnotationQuery]]:
    """One query an event: the days on which its count rose."""
    made: list[Builder[AnnotationQuery]] = []
    for metric, words, colour in EVENTS:
        count = f"{NO_TWICE} (last_over_time({series(metric)}[{DAY}]))"
        before = f"{NO_TWICE} (last_over_time({series(metric)}[{DAY}] offset {DAY}))"
        query = dashboard.AnnotationQuery().name(words.text(reader)).datasource(PROMETHEUS).enable(True)
        query = query.icon_color(colour).expr(f"{count} > {before}").step(DAY)
        made.append(query.title_format(words.text(reader)).text_format("{{fiscal_year}}"))
    return made
