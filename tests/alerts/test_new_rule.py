"""A new rule is one folder: added, it is in the catalogue, on its page and in the documentation, and speaks of itself."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from alerts.catalogue import Catalogue
from alerts.catalogue_page import page
from alerts.messages import message
from alerts.subjects import alert_id
from ledger.words import alike
from streams.store import alert_lists
from streams.store.alert_lists import Overlay, Wanted
from tests.e2e.serving import serving

PAYMENT = {"type": "disbursement.paid", "line": "32020110101/current/2000"}


def test_it_is_in_the_catalogue_and_in_the_documentation(with_new_rules: Catalogue) -> None:
    text = page(with_new_rules)
    for slug, name, measure in (
        ("any-payment", "實現數 Realised", "realised"),
        ("round-payment", "行為筆數 Acts", "sum"),
    ):
        rule = with_new_rules.rules[slug]
        assert rule.measure == measure
        section = text[text.index(f"## {slug}") :]
        section = section[: section.index("\n## ")] if "\n## " in section else section
        assert rule.title.zh in section and rule.message.en in section and name in section
    said = message(with_new_rules.rules["any-payment"], alike("a:l"), {"realised": 7_000}, strict=True)
    assert (said.zh, said.en) == ("a:l 實現 7,000 元。", "a:l has NT$ 7,000 paid.")


def test_it_is_judged_and_shown_with_the_names_of_its_evidence(
    tree_with_new_rules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerts.catalogue.FOLDER", tree_with_new_rules)
    with serving(tmp_path / "data") as running:
        running.send(PAYMENT | {"id": "new", "amount": 7_000, "voucher": "v"})
        (alert,) = alert_lists.find(running.monitor.store, Wanted(rule="any-payment"), Overlay(), "newest")
        with httpx.Client(base_url=running.url, trust_env=False) as client:
            assert "有實現數" in client.get("/rules").text
            of_rule = client.get("/rules/any-payment").text
            assert "實現數" in of_rule
            of_alert = client.get(f"/alerts/{alert_id(alert)}").text
            assert "實現數" in of_alert and "7,000" in of_alert and "實現 7,000 元。" in of_alert
            listed = client.get("/v1/alerts", params={"rule": "any-payment"}).text
            assert "NT$ 7,000 paid." in listed
