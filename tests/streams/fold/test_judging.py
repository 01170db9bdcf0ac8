"""A judgement of all partitions goes on whatever people do while it is made."""

from __future__ import annotations

from typing import Any

import pytest

from alerts.catalogue import Catalogue
from alerts.clock import judge_day
from ledger.registry import Registry
from streams.fold import judging
from streams.people import sessions
from streams.people.person import Person
from streams.store import Store, queries
from streams.upkeep.audit import audit
from tests.streams.store.folding import Folding, event

OFFICER = Person("王小明", ("officer",))
DAY = "2025-06-30"


def test_an_act_while_a_day_is_judged_comes_before_the_judgements_own(
    store: Store, city: Registry, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    folding = Folding(store, city, catalogue)
    folding.feed([event(1, "appropriation.enacted", amount=100)])

    def interrupted(*given: Any) -> Any:
        sessions.begin_generation(store, OFFICER)
        return judge_day(*given)

    monkeypatch.setattr("streams.fold.judging.judge_day", interrupted)
    judging.judge_whole(store, catalogue, DAY)
    assert [one.day for one in queries.judgements(store)] == [DAY]
    assert [each for each in audit(store, city, catalogue) if each.what == "acts"] == []
