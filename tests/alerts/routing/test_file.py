"""`routing.yaml`: the one that ships stands, and one that cannot is refused with file, line and reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.catalogue import load
from alerts.routing.file import read_routing
from alerts.yaml_files import CatalogueProblem

RULES = load().rules
ROUTES = "routes:\n  all:\n    office: digest\n"


def read(folder: Path, text: str) -> None:
    (folder / "routing.yaml").write_text(text, encoding="utf-8")
    read_routing(folder, RULES, ("A1",))


def test_the_one_that_ships_is_read_where_a_city_has_none(tmp_path: Path) -> None:
    shipped = read_routing(None, RULES)
    assert read_routing(tmp_path, RULES) == shipped
    assert [name for name, _ in shipped.steps()] == ["remind", "authority", "head"]
    assert shipped.storm == 200 and shipped.settle_minutes == 2 and shipped.ways.mail is None
    text = Path("alerts/routing/routing.yaml").read_text(encoding="utf-8").splitlines()
    assert all(text[line - 1].startswith(f"  {name}:") for name, line in shipped.lines.items())


def test_a_citys_own_replaces_it_whole(tmp_path: Path) -> None:
    (tmp_path / "routing.yaml").write_text(ROUTES, encoding="utf-8")
    own = read_routing(tmp_path, RULES)
    assert list(own.routes) == ["all"] and own.lines == {"all": 2} and own.steps() == [] and own.papers == {}


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 1, "the file is empty"),
        ("routes: {}\n", 1, "no route"),
        (ROUTES + "  all:\n    office: never\n", 4, "the key `all` stands here twice"),
        (ROUTES + "storm: 1\nstorm: 2\n", 5, "the key `storm` stands here twice"),
        (ROUTES + "colour: red\n", 4, "unknown field `colour`"),
        ("routes:\n  one:\n    office: sometimes\n", 3, "`office` is none of its values"),
        ("routes:\n  one:\n    when:\n      rules: [spending-over-budget]\n", 4, "spending-over-budget is no rule"),
        ("routes:\n  one:\n    when: {levels: [planet]}\n", 3, "planet is no level"),
        ("routes:\n  one:\n    when: {agencies: [B9]}\n", 3, "B9 is no agency of the register"),
        ("routes:\n  one:\n    when: {agencies: [A1, A1]}\n", 3, "A1 stands there twice"),
        ("routes:\n  one:\n    when: {severities: [loud]}\n", 3, "entry 1 of `severities` is none of its values"),
        ("routes:\n  one:\n    webhooks: [board]\n", 3, "board is no webhook"),
        (ROUTES + 'digest_at: "8:30"\n', 4, "`digest_at`"),
        (ROUTES + 'office_hours: {start: "18:00", end: "08:00"}\n', 4, "office hours end before they begin"),
        (ROUTES + 'quiet_hours: {start: "08:00", end: "08:00"}\n', 4, "quiet for ever"),
        (ROUTES + "max_per_hour: 0\n", 4, "`max_per_hour`"),
        (ROUTES + "escalation:\n  start: a\n  steps: {}\n", 5, "a is no step"),
        (ROUTES + "escalation:\n  start: a\n  steps:\n    a: {after: 1, to: head, then: b}\n", 7, "b is no step"),
        (
            ROUTES
            + "escalation:\n  start: a\n  steps:\n"
            + "    a: {after: 1, to: agency, then: b}\n    b: {after: 1, to: head, then: a}\n",
            8,
            "the steps go in a circle (a → b → a)",
        ),
        (ROUTES + "escalation:\n  start: a\n  steps:\n    a: {after: 1, to: head, then: a}\n", 7, "circle (a → a)"),
        (ROUTES + "escalation:\n  start: a\n  steps:\n    a: {after: 1, to: mayor}\n", 7, "`to` is none of its values"),
        (ROUTES + "papers:\n  p: {paper: novel, to: office}\n", 5, "`paper` is none of its values"),
        (ROUTES + "papers:\n  p: {paper: lagging-list, to: office, days: [32]}\n", 5, "entry 1 of `days`"),
        (
            ROUTES + "ways:\n  smtp: {host: mail.example.gov.tw, sender: a@b.tw, security: none}\n",
            5,
            "mail to mail.example.gov.tw would go in the clear",
        ),
        (ROUTES + "ways:\n  private_hosts: [board]\n", 5, "board does not stand in allowed_hosts"),
        (ROUTES + "ways:\n  smtp: {host: h, sender: a@b.tw, password: x}\n", 5, "unknown field `password`"),
    ],
)
def test_a_wrong_one_is_refused_with_its_place(tmp_path: Path, text: str, line: int, reason: str) -> None:
    with pytest.raises(CatalogueProblem) as refused:
        read(tmp_path, text)
    assert str(refused.value).startswith(f"{tmp_path}/routing.yaml:{line}: ") and reason in str(refused.value)
