"""`docs/letters.md`: what is said of each rule, shown by the notice of its first case that is a breach.

Run as `python -m streams.letters_page` to write it, with `--check` to hold what is there to it. The city and its agencies
are the simulated ones; the day of each notice is the day of the case.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from alerts.cases import RuleCase, cases_of, events_of
from alerts.catalogue import FOLDER, Catalogue, load
from alerts.city_file import read_city
from alerts.clock import judge_day
from alerts.letters.compose import Happening, Pages, compose, recipient_for
from alerts.letters.notice import Notice
from alerts.letters.text import as_text, subject
from alerts.rule import Rule
from ledger.books import Alert
from ledger.names import Names, parse_accounts, parse_objects
from ledger.registry import parse
from ledger.words import Language
from producers.city_names import accounts_csv
from producers.city_registry import registry_csv
from streams.files import EventFiles
from streams.replay import fold
from streams.settings import SHIPPED_OBJECTS

PAGE: Final = Path(__file__).parent.parent / "docs" / "letters.md"
CITY_FILE: Final = Path(__file__).parent.parent / "producers" / "city.yaml"
_FISCAL_YEAR: Final = 114
_SECOND_AGENCY: Final = "020012,秘書處第二辦公室,Second Office of the Secretariat,02,市政府主管,City Government,\n"
"""Of cases that need two agencies."""
_PLANS: Final = (
    ("32020110101", "行政管理", "Administration"),
    ("32020110102", "文書及庶務", "Records and general affairs"),
    ("32020113001", "廳舍整建", "Refurbishing offices"),
)
"""The work plans that cases spend on."""
_PAGES: Final = Pages("https://budget.example", "https://budget.example/answer/x")
_HEAD: Final = """\
# 通知樣張 Sample notices

本頁由 `make docs` 自各規則之案例（`alerts/rules/<rule>/cases.yaml` 第一個違規案例）產生，勿手改。機關、科目名稱及金額為示範資料。

This page is made by `make docs` from each rule's first case that is a breach. Agencies, names and amounts are made up.
"""


def sample_names() -> Names:
    """The simulated city's names."""
    registry = parse((registry_csv() + _SECOND_AGENCY).encode(), "agencies.csv")
    rows = [
        {"fiscal_year": str(_FISCAL_YEAR), "account": account, "work_plan_zh": zh, "work_plan_en": en}
        for account, zh, en in _PLANS
    ]
    accounts = parse_accounts(accounts_csv(rows).encode(), "accounts.csv")
    objects = parse_objects(SHIPPED_OBJECTS.read_bytes(), str(SHIPPED_OBJECTS))
    return Names(registry, accounts, objects, read_city(CITY_FILE))


def first_breach(rule: Rule) -> RuleCase:
    """The first case of a rule that ends in an alert."""
    return next(case for case in cases_of(FOLDER / "rules" / rule.folder) if case["expect"])


def alert_of_case(rule: Rule, case: RuleCase, catalogue: Catalogue, names: Names) -> tuple[Alert, str]:
    """The alert that comes of a case, and the day on which it is told."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.ndjson"
        path.write_bytes(events_of(case))
        with EventFiles([str(path)]) as files:
            replayed = fold(files, names.registry, catalogue, case.get("as_of"))
    alerts, day = replayed.alerts, case.get("today") or replayed.as_of
    if case.get("today"):
        replayed.books.time_alerts.clear()
        alerts = [each.alert for each in judge_day(replayed.books, catalogue, case["today"])]
    found = next(each for each in alerts if each.rule == rule.slug)
    return found, day or found.opened_on


def sample(rule: Rule, catalogue: Catalogue, names: Names, language: Language) -> Notice:
    """The notice of a rule's first breach."""
    found, day = alert_of_case(rule, first_breach(rule), catalogue, names)
    recipient = recipient_for(names, found)
    happening = Happening(found, "opened")
    return compose([happening], recipient, catalogue, names, day=day, language=language, pages=_PAGES)


def page(catalogue: Catalogue, names: Names) -> str:
    """The whole page."""
    return "\n".join((_HEAD, *_rules(catalogue, names)))


def _rules(catalogue: Catalogue, names: Names) -> Iterator[str]:
    for rule in catalogue.rules.values():
        yield f"## {rule.slug}"
        yield ""
        yield f"{rule.title.zh} {rule.title.en}"
        yield ""
        for language in ("zh", "en"):
            notice = sample(rule, catalogue, names, language)
            yield f"```text\n{subject(notice)}\n\n{as_text(notice)}```"
            yield ""


def main(arguments: list[str]) -> int:
    """Write the page, or check it."""
    text = page(load(), sample_names())
    if "--check" not in arguments:
        PAGE.write_text(text, encoding="utf-8", newline="\n")
        return 0
    if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(f"{PAGE.name} is stale; run python -m streams.letters_page\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
