"""What agencies and rules are called, kept beside the books for the views that Grafana reads (`board_*`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from alerts.catalogue import Catalogue
from alerts.messages import citation_text
from alerts.rule import Rule
from ledger.registry import Registry
from ledger.rollup import CITY
from ledger.vocabulary import RESERVE
from streams.store import schema
from streams.store.store import Store


def write_words(store: Store, registry: Registry, catalogue: Catalogue) -> None:
    """Keep what agencies and rules are called, for the views: words of the program, no part of the fold.

    A store that Grafana cannot read (SQLite) needs none.
    """
    if store.engine.dialect.name != "postgresql":
        return
    with store.writing() as connection:
        _upsert(connection, schema.board_names, list(_names(registry)))
        _upsert(connection, schema.board_rules, [_rule(rule) for rule in catalogue.rules.values()])
        _upsert(
            connection, schema.board_articles, [row for rule in catalogue.rules.values() for row in _articles(rule)]
        )


def _names(registry: Registry) -> Iterator[dict[str, str]]:
    for agency in registry.agencies.values():
        yield {"level": "agency", "key": agency.code, "name_zh": agency.name_zh, "name_en": agency.name_en}
    for code, name in registry.authorities.items():
        yield {"level": "authority", "key": code, "name_zh": name.zh, "name_en": name.en}
    for reserve, words in RESERVE.items():
        yield {"level": "reserve", "key": reserve, "name_zh": words.zh, "name_en": f"The {words.en.lower()}"}
    yield {"level": "city", "key": CITY, "name_zh": "全市", "name_en": "City"}


def _rule(rule: Rule) -> dict[str, str]:
    return {
        "rule": rule.slug,
        "title_zh": rule.title.zh,
        "title_en": rule.title.en,
        "measure": rule.measure,
        "message_zh": rule.message.zh,
        "message_en": rule.message.en,
    }


def _articles(rule: Rule) -> Iterator[dict[str, str]]:
    """What is cited from each day on which a value of another article comes into force."""
    for since in rule.starts or ("",):
        cited = citation_text(rule.citations_on(since))
        yield {"rule": rule.slug, "since": since, "article_zh": cited.zh, "article_en": cited.en}


def _upsert(connection: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    statement = insert(table)
    keys = [column.name for column in table.primary_key]
    changing = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    ignoring = statement.on_conflict_do_update(index_elements=keys, set_=changing)
    connection.execute(ignoring, rows)
