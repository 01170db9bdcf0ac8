"""The catalogue of rules and laws: complete, cited, exampled, and strict about what people write into it.

Method: the contract's table stands here literally; bad files are made by one edit of a copy of the real tree.
"""

from __future__ import annotations

import ast
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest

from alerts.catalogue import FOLDER, Catalogue, load
from alerts.catalogue_page import main, page
from alerts.guards import COVERED
from alerts.messages import MISSING, MissingEvidence, citation_text, message
from alerts.naming import subject
from alerts.rule import Rule
from alerts.yaml_files import CatalogueProblem, YamlFile
from ledger.events import BY_NAME
from ledger.fiscal import is_day
from ledger.names import NO_NAMES
from ledger.words import Words, alike

TABLE = [
    ("spending-without-appropriation", "state", "line", "critical"),
    ("carryover-unapproved", "time", "line", "critical"),
    ("spending-over-appropriation", "state", "line", "critical"),
    ("held-funds-spent", "state", "line", "critical"),
    ("spending-over-allotment", "state", "line", "critical"),
    ("virement-between-programs", "act", "line", "critical"),
    ("virement-over-inflow", "state", "object", "critical"),
    ("virement-over-outflow", "state", "object", "critical"),
    ("virement-into-personnel", "act", "line", "critical"),
    ("virement-of-council-cut", "act", "line", "critical"),
    ("virement-capital-to-current", "act", "line", "high"),
    ("reserve-overdrawn", "state", "reserve", "critical"),
    ("reserve-balance-low", "state", "reserve", "info"),
    ("reserve-without-ground", "act", "case", "critical"),
    ("reserve-without-council-notice", "act", "case", "critical"),
    ("reserve-for-council-cut", "act", "case", "critical"),
    ("reserve-drawn-under-cr", "act", "case", "critical"),
    ("first-reserve-over-one-percent", "state", "agency", "high"),
    ("cr-new-capital", "act", "line", "critical"),
    ("cr-new-account", "act", "line", "critical"),
    ("cr-new-program", "act", "line", "warn"),
    ("cr-over-base", "state", "line", "high"),
    ("cr-base-missing", "state", "line", "info"),
    ("cr-over-month", "state", "line", "high"),
    ("cr-statutory-unsupported", "act", "line", "warn"),
    ("cr-over-enacted", "state", "line", "critical"),
    ("cr-three-months", "time", "city", "info"),
    ("capital-execution-lagging", "time", "authority", "high"),
    ("forecast-diverges", "time", "authority", "info"),
    ("allotment-underspent", "time", "authority", "warn"),
    ("closing-late-obligation", "act", "line", "critical"),
    ("available-below-zero", "state", "line", "critical"),
    ("realised-below-zero", "state", "line", "high"),
    ("released-over-held", "state", "line", "warn"),
    ("saving-over-balance", "state", "line", "high"),
    ("payment-duplicated", "act", "line", "warn"),
    ("carryover-over-balance", "time", "line", "critical"),
    ("carryover-without-obligation", "time", "line", "high"),
    ("booked-ahead", "time", "agency", "warn"),
    ("report-late", "time", "agency", "warn"),
    ("report-number-gap", "state", "agency", "info"),
    ("payment-unmatched", "state", "reference", "warn"),
    ("payment-exceeds-reference", "state", "reference", "warn"),
    ("books-differ", "state", "line", "high"),
    ("feed-gap", "state", "feed", "warn"),
    ("feed-silent", "time", "agency", "warn"),
]
"""CONTRACT §4: slug, kind, subject, severity (the lowest, where a rule has several)."""

PARAMETERS = {
    ("virement-over-inflow", "share_max"): 20,
    ("virement-over-outflow", "share_max"): 20,
    ("reserve-balance-low", "info_at"): 20,
    ("reserve-balance-low", "warn_at"): 10,
    ("reserve-balance-low", "high_at"): 5,
    ("reserve-without-ground", "ground_first"): 1,
    ("reserve-without-ground", "ground_last"): 3,
    ("reserve-without-council-notice", "amount_max"): 50_000_000,
    ("reserve-drawn-under-cr", "frozen"): 1,
    ("first-reserve-over-one-percent", "share_max"): 1,
    ("cr-new-program", "critical"): 0,
    ("cr-three-months", "months"): 3,
    ("capital-execution-lagging", "predicted_min"): 90,
    ("forecast-diverges", "points_max"): 10,
    ("allotment-underspent", "period_min"): 80,
    ("allotment-underspent", "unexecuted_max"): 100_000_000,
    ("payment-duplicated", "amount_min"): 10_000,
    ("booked-ahead", "days_max"): 5,
    ("report-late", "day_due"): 15,
    ("report-late", "december_days"): 31,
    ("feed-silent", "working_days_max"): 10,
}
"""Every number of the contract's table that a law or a design can change, as in force in 2025."""

STRUCTURAL = frozenset((0, 1, 12, 100))
"""Integers that rule.py may hold: zero and one, months of a year, and the hundred of a percentage."""


class Expected(msgspec.Struct, forbid_unknown_fields=True):
    """An alert that a case ends with."""

    subject: str
    severity: Literal["info", "warn", "high", "critical"]
    state: Literal["open", "resolved"]
    opened_by: int | None = None


class Case(msgspec.Struct, forbid_unknown_fields=True):
    """One example of a rule."""

    case: str
    events: list[dict[str, dict[str, Any]]]
    expect: list[Expected]
    fiscal_year: int = 114
    as_of: str | None = None
    today: str | None = None
    lines: dict[str, str] = {}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """The catalogue as it ships."""
    return load()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the laws and rules to edit."""
    for name in ("law", "rules"):
        shutil.copytree(FOLDER / name, tmp_path / "alerts" / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "alerts"


def cases_of(rule: Rule) -> list[Case]:
    """The rule's cases, in their shape."""
    path = FOLDER / "rules" / rule.folder / "cases.yaml"
    return YamlFile(path, f"{rule.folder}/cases.yaml").convert(list[Case])


def rule_source(rule: Rule) -> ast.Module:
    """The rule's rule.py, parsed."""
    return ast.parse((FOLDER / "rules" / rule.folder / "rule.py").read_text(encoding="utf-8"))


def edit(path: Path, old: str, new: str) -> None:
    """Replace the first `old` of a file, which must be there."""
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path.name} has no {old!r}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


# ------------------------------------------------------------------------------------------------ what must be there


OF_CONTRACT = {slug for slug, *_ in TABLE}


@pytest.fixture(params=["as it ships", "with rules more"])
def catalogue_that_grows(request: pytest.FixtureRequest, catalogue: Catalogue, with_new_rules: Catalogue) -> Catalogue:
    """A new rule is one folder: what is said of the contract's rules must go on holding beside it."""
    return catalogue if request.param == "as it ships" else with_new_rules


def test_the_rules_of_the_contract_are_there_in_its_order(catalogue_that_grows: Catalogue) -> None:
    """Nothing missing, each with its kind, subject and severity."""
    rules = [rule for rule in catalogue_that_grows.rules.values() if rule.slug in OF_CONTRACT]
    assert [(rule.slug, rule.kind, rule.subject, rule.severity) for rule in rules] == TABLE


def test_the_guards_cover_the_contracts_state_and_act_rules(catalogue_that_grows: Catalogue) -> None:
    """A rule more is always asked until somebody shows that it holds of no quiet row."""
    assert {slug for slug, kind, *_ in TABLE if kind != "time"} == COVERED
    assert catalogue_that_grows.rules.keys() >= COVERED


def test_every_number_is_the_contracts(catalogue_that_grows: Catalogue) -> None:
    """Each parameter and its value in 2025; a rule has no others."""
    found = {
        (rule.slug, parameter.name): rule.parameters_on("2025-06-30")[parameter.name]
        for rule in catalogue_that_grows.rules.values()
        if rule.slug in OF_CONTRACT
        for parameter in rule.parameters
    }
    assert found == PARAMETERS


def test_every_rule_rests_on_an_article_or_says_that_it_is_design(catalogue: Catalogue) -> None:
    """Citations that do not resolve are refused when loading; here none may be missing."""
    for rule in catalogue.rules.values():
        assert rule.citations or rule.basis_status == "design", rule.slug
        for citation in (*rule.citations, *rule.exceptions):
            versions = catalogue.laws[citation.slug].articles[citation.article]
            assert citation.effective_from == versions[-1].effective_from
            assert is_day(citation.effective_from)


def test_every_value_of_a_parameter_rests_on_an_article_or_says_that_it_is_design(catalogue: Catalogue) -> None:
    """The value, not only the rule: a design threshold in a statutory rule is shown as design."""
    for rule in catalogue.rules.values():
        for parameter in rule.parameters:
            for value in parameter.values:
                assert (value.citation is None) == (value.basis_status == "design"), (rule.slug, parameter.name)


def test_what_a_source_was_not_read_for_is_not_shown_as_statute(catalogue: Catalogue) -> None:
    """A statutory rule cites a statute whose text was read."""
    for rule in catalogue.rules.values():
        if rule.basis_status == "statute":
            assert any(catalogue.laws[each.slug].text_held for each in rule.citations), rule.slug


def test_each_article_of_a_statute_has_the_address_of_its_text(catalogue: Catalogue) -> None:
    """In the official database alone, and by the number of the article whatever paragraph is cited."""
    for law in catalogue.laws.values():
        for article in law.articles:
            assert (law.address_of(article) or "https://law.moj.gov.tw/").startswith("https://law.moj.gov.tw/"), (
                law.slug
            )
            assert law.kind != "statute" or law.address_of(article) is not None, law.slug
    act = catalogue.laws["budget-act"]
    address = "https://law.moj.gov.tw/LawClass/LawSingle.aspx?pcode=T0020001&flno="
    assert [act.address_of(each) for each in ("22 III", "54(2)", "62-1 II")] == [
        f"{address}{number}" for number in ("22", "54", "62-1")
    ]
    assert catalogue.laws["capital-execution-plan"].address_of("whole") is None


def test_the_days_of_force_are_those_of_the_acts_histories(catalogue: Catalogue) -> None:
    """Art. 54 was amended in 2000, Art. 63 in 2013; the closing period of two months is of 1972."""

    def since(slug: str, article: str) -> str:
        return catalogue.laws[slug].articles[article][-1].effective_from

    assert since("budget-act", "54(2)") == "2000-12-06"
    assert since("budget-act", "63") == "2013-12-18"
    assert since("financial-statement-act", "2") == "1972-12-21"
    assert since("financial-statement-act", "7") == "2011-05-25"
    assert since("local-government-act", "40 III(2)") == "1999-01-25"


def test_no_law_carries_a_web_address_or_a_path(catalogue: Catalogue) -> None:
    """Sources are named, not located: addresses rot and paths mean nothing elsewhere."""
    for law in catalogue.laws.values():
        assert not re.search(r"https?:|www\.|[a-z]\.(?:tw|com|org)\b|(?:^|\s)/\w+/", law.source), law.slug


def test_numbers_that_a_law_can_change_are_not_in_code(catalogue: Catalogue) -> None:
    """rule.py holds structural integers alone, and no decimals at all."""
    for rule in catalogue.rules.values():
        numbers = set(_numbers(rule_source(rule)))
        assert numbers <= STRUCTURAL, rule.slug
        assert not any(isinstance(number, float) for number in numbers), rule.slug


def _numbers(node: ast.AST) -> Iterator[int | float]:
    """The numbers of a piece of code but for the places in a text (`day[5:7]`)."""
    if isinstance(node, ast.Slice):
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        yield node.value
    for child in ast.iter_child_nodes(node):
        yield from _numbers(child)


# --------------------------------------------------------------------------------------------------------- the cases


def test_every_rule_has_a_breach_and_a_case_without(catalogue: Catalogue) -> None:
    """Twins: what breaks the rule and what just does not."""
    for rule in catalogue.rules.values():
        cases = cases_of(rule)
        assert any(case.expect for case in cases), f"{rule.slug} has no breach"
        assert any(not case.expect for case in cases), f"{rule.slug} has no case without"
        assert len({case.case for case in cases}) == len(cases), f"{rule.slug} has two cases of one name"


def test_cases_are_written_so_that_they_can_run(catalogue: Catalogue) -> None:
    """One known event type an entry, both languages, real days, and alerts opened by an event that is there."""
    for rule in catalogue.rules.values():
        for case in cases_of(rule):
            assert " / " in case.case, case.case
            assert case.as_of is None or is_day(case.as_of), case.case
            assert case.today is None or is_day(case.today), case.case
            assert all(len(event) == 1 and set(event) <= BY_NAME.keys() for event in case.events), case.case
            for alert in case.expect:
                assert (alert.opened_by is None) == (rule.kind == "time"), case.case
                assert alert.opened_by is None or 1 <= alert.opened_by <= len(case.events), case.case
                assert alert.state == "open" or rule.kind != "act", f"act rules never resolve: {case.case}"


# ------------------------------------------------------------------------------------------------------ the messages


def test_messages_name_only_what_the_evidence_holds(catalogue: Catalogue) -> None:
    """The keys that rule.py writes into the evidence, and those of every act (count, sum, last)."""
    for rule in catalogue.rules.values():
        named = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"\{([^}]+)\}", rule.message.zh + rule.message.en))))
        held = {"subject", *_evidence_keys(rule)} | ({"count", "sum", "last"} if rule.kind == "act" else set())
        assert named <= held, f"{rule.slug}: {named - held}"


def _evidence_keys(rule: Rule) -> Iterator[str]:
    for node in ast.walk(rule_source(rule)):
        if isinstance(node, ast.Dict):
            yield from (key.value for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str))


def test_both_languages_name_the_same_numbers(catalogue: Catalogue) -> None:
    """A figure shown in one language is shown in the other."""
    for rule in catalogue.rules.values():
        zh, en = (set(re.findall(r"\{[^}]+\}", text)) for text in (rule.message.zh, rule.message.en))
        assert zh - {"{subject}"} == en - {"{subject}"}, rule.slug


def test_a_message_in_full(catalogue: Catalogue) -> None:
    """Subject, numbers with separators, articles, full stop."""
    rule = catalogue.rules["spending-over-appropriation"]
    said = message(
        rule, alike("020011:X"), {"obligated": 1_000_101, "appropriated": 1_000_000, "excess": 101}, strict=True
    )
    assert said.zh == (
        "020011:X 已支用及負擔契約責任 1,000,101 元，預算數 1,000,000 元，超出 101 元（預算法第25條、第61條）。"
    )
    assert said.en == (
        "020011:X has NT$ 1,000,101 spent or committed of NT$ 1,000,000 appropriated, NT$ 101 too much"
        " (Budget Act, Art. 25, 61)."
    )


@pytest.mark.parametrize(
    ("key", "zh", "en"),
    [
        ("second", "第二預備金已動支", "The second reserve has NT$ 3 drawn"),
        ("disaster", "災害準備金已動支", "The disaster reserve has NT$ 3 drawn"),
        ("first:020011", "020011 第一預備金已動支", "The first reserve of 020011 has NT$ 3 drawn"),
    ],
)
def test_a_message_calls_a_reserve_by_its_name(catalogue: Catalogue, key: str, zh: str, en: str) -> None:
    evidence = {"drawn": 3, "established": 2, "excess": 1}
    found = message(catalogue.rules["reserve-overdrawn"], subject(NO_NAMES, "reserve", key, 114), evidence, strict=True)
    assert found.zh.startswith(zh)
    assert found.en.startswith(en)


def test_a_percentage_of_two_numbers(catalogue: Catalogue) -> None:
    """Two decimals, half away from zero; a denominator of 0 has none."""
    rule = catalogue.rules["reserve-balance-low"]
    said = message(rule, alike("second"), {"remaining": 19, "established": 160, "share_at": 20}, strict=True)
    assert "11.88%" in said.zh
    assert f"{MISSING}%" in message(rule, alike("second"), {"remaining": 0, "established": 0, "share_at": 20}).zh


def test_missing_evidence_is_a_dash_for_people_and_an_error_for_tests(catalogue: Catalogue) -> None:
    """A letter goes out whatever an old alert lacks; a test does not pass."""
    rule = catalogue.rules["cr-base-missing"]
    assert f"NT$ {MISSING} " in message(rule, alike("020011:X"), {}).en
    with pytest.raises(MissingEvidence, match="cr-base-missing: the message names counted"):
        message(rule, alike("020011:X"), {}, strict=True)


@pytest.mark.parametrize(
    ("slug", "zh", "en"),
    [
        (
            "held-funds-spent",
            "（預算法第52條、第69條；地方制度法第41條第2項）",
            " (Budget Act, Art. 52, 69; Local Government Act, Art. 41 II)",
        ),
        ("cr-over-base", "（地方制度法第40條第3項第2款）", " (Local Government Act, Art. 40 III(2))"),
        (
            "cr-over-month",
            "（臺北市各機關單位預算執行要點第8點）",
            " (Taipei City directions on the execution of unit budgets, point 8)",
        ),
        (
            "capital-execution-lagging",
            "（高雄市政府提升資本支出預算執行率實施計畫）",
            " (Kaohsiung City Government plan for raising the execution rate of capital budgets)",
        ),
        ("feed-gap", "", ""),
    ],
)
def test_articles_are_written_as_each_kind_of_law_is_cited(catalogue: Catalogue, slug: str, zh: str, en: str) -> None:
    """Articles, paragraphs and subparagraphs, points, and plans cited as a whole."""
    assert citation_text(catalogue.rules[slug].citations) == Words(zh, en)


def test_an_inserted_article_is_written_as_one(catalogue: Catalogue) -> None:
    """第62條之1第2項."""
    assert catalogue.laws["budget-act"].article_text("62-1 II").zh == "第62條之1第2項"


# ------------------------------------------------------------------------------------------------ dates and changes


def test_a_threshold_changes_from_a_day_on_by_yaml_alone(tree: Path) -> None:
    """A dated value is added; before its day the old one counts, and before the first day the earliest."""
    path = tree / "rules" / "virement_over_inflow" / "rule.yaml"
    line = '      - {from: 2026-07-01, value: 30, basis_status: statute, law: budget-act, article: "63"}\n'
    edit(path, "message:\n", f"{line}message:\n")
    rule = load(tree).rules["virement-over-inflow"]
    shares = [rule.parameters_on(day)["share_max"] for day in ("1999-01-01", "2026-06-30", "2026-07-01", "2030-01-01")]
    assert shares == [20, 20, 30, 30]


def test_parameters_with_other_dates_are_each_in_force_by_their_own(tree: Path) -> None:
    """Two parameters of one rule, one of which changes."""
    path = tree / "rules" / "reserve_balance_low" / "rule.yaml"
    edit(
        path,
        "value: 10, basis_status: design}",
        "value: 10, basis_status: design}\n      - {from: 2026-01-01, value: 15, basis_status: design}",
    )
    rule = load(tree).rules["reserve-balance-low"]
    assert dict(rule.parameters_on("2025-12-31")) == {"info_at": 20, "warn_at": 10, "high_at": 5}
    assert dict(rule.parameters_on("2026-01-01")) == {"info_at": 20, "warn_at": 15, "high_at": 5}


def cited(rule: Rule, day: str) -> list[tuple[str, str, str]]:
    return [(*citation.name, citation.effective_from) for citation in rule.citations_on(day)]


def test_an_alert_cites_the_version_in_force_when_it_was_opened(tree: Path) -> None:
    """A new version counts from its day; before the first the earliest is cited; the catalogue shows the newest."""
    versions = (
        '  "63":\n    - {effective_from: 1998-10-29, date_status: assumed, paraphrase: {zh: 舊, en: old}}\n'
        "    - {effective_from: 2026-07-01, date_status: assumed, paraphrase: {zh: 新, en: new}}\n"
    )
    path = tree / "law" / "budget-act.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r'  "63":\n(?:    .*\n|      .*\n)+', versions, text), encoding="utf-8")
    rule = load(tree).rules["virement-over-inflow"]
    days = ("1990-01-01", "1998-10-29", "2026-06-30", "2026-07-01")
    assert [cited(rule, day) for day in days] == [
        [("budget-act", "63", "1998-10-29")],
        [("budget-act", "63", "1998-10-29")],
        [("budget-act", "63", "1998-10-29")],
        [("budget-act", "63", "2026-07-01")],
    ]
    assert [citation.effective_from for citation in rule.citations] == ["2026-07-01"]


def test_a_value_of_another_basis_overrides_the_rules_from_its_day(tree: Path) -> None:
    """Its article joins the rule's own, in the message too, and its status is the alert's."""
    path = tree / "rules" / "virement_over_inflow" / "rule.yaml"
    value = "{from: 2026-07-01, value: 30, basis_status: other_city_rule, law: taipei-execution-rules, article: '8'}"
    edit(path, "message:\n", f"      - {value}\nmessage:\n")
    rule = load(tree).rules["virement-over-inflow"]
    law = ("budget-act", "63", "2013-12-18")
    assert cited(rule, "2026-06-30") == [law] and rule.basis_on("2026-06-30") == "statute"
    assert [each[:2] for each in cited(rule, "2026-07-01")] == [law[:2], ("taipei-execution-rules", "8")]
    assert rule.basis_on("2026-07-01") == "other_city_rule"
    before, after = (message(rule, alike("x"), {}, day=day).zh for day in ("2026-06-30", "2026-07-01"))
    assert before.endswith("（預算法第63條）。")
    assert after.endswith("（預算法第63條；臺北市各機關單位預算執行要點第8點）。")


def test_of_several_values_that_override_the_one_furthest_from_a_statute_is_told(tree: Path) -> None:
    """A number of our own design is never shown as a practice of the state."""
    path = tree / "rules" / "allotment_underspent" / "rule.yaml"
    designed = "      - {from: 2026-01-01, value: 70, basis_status: design}\n"
    statute = "      - {from: 2026-01-01, value: 5, basis_status: statute, law: budget-act, article: '63'}\n"
    text = path.read_text(encoding="utf-8")
    text = text.replace("  unexecuted_max:\n", f"{designed}  unexecuted_max:\n", 1)
    path.write_text(text.replace("message:\n", f"{statute}message:\n", 1), encoding="utf-8")
    rule = load(tree).rules["allotment-underspent"]
    assert [rule.basis_on(day) for day in ("2025-12-31", "2026-01-01")] == ["central_practice", "design"]
    assert ("budget-act", "63") in [each[:2] for each in cited(rule, "2026-01-01")]


def test_the_first_values_go_with_the_rules_own_basis(catalogue: Catalogue) -> None:
    """Nothing overrides yet: alerts tell the basis of the contract's table, on any day."""
    for rule in catalogue.rules.values():
        for day in ("2020-01-01", "2025-06-30", "2030-01-01"):
            assert rule.basis_on(day) == rule.basis_status, rule.slug
            assert {each.name for each in rule.citations_on(day)} == {each.name for each in rule.citations}, rule.slug


def test_the_same_parameters_serve_every_day_of_an_interval(catalogue: Catalogue) -> None:
    """No mapping is built for a judgement, and nobody can change the one that stands."""
    rule = catalogue.rules["virement-over-inflow"]
    assert rule.parameters_on("2025-01-01") is rule.parameters_on("2025-12-31")
    with pytest.raises(TypeError):
        rule.parameters_on("2025-01-01")["share_max"] = 99  # type: ignore[index]  # that is the point


def test_the_calendar_is_part_of_the_rules(tree: Path) -> None:
    """One that lies beside the rules counts instead of the one that ships, and the digest tells them apart."""
    shipped = load()
    (tree / "calendar.csv").write_text("date,kind,name\n2025-07-07,off,颱風假\n", encoding="utf-8")
    found = load(tree)
    assert (shipped.calendar.is_working("2025-07-07"), found.calendar.is_working("2025-07-07")) == (True, False)
    assert found.digest != shipped.digest


def test_the_digest_is_that_of_laws_and_rules(tree: Path) -> None:
    """It changes with what a rule says, and not with its examples."""
    digest = load(tree).digest
    edit(tree / "rules" / "feed_gap" / "cases.yaml", "缺第2號", "缺二號")
    assert load(tree).digest == digest == load().digest
    edit(tree / "rules" / "feed_gap" / "rule.yaml", "介接資料缺號", "介接缺號")
    assert load(tree).digest != digest


# ------------------------------------------------------------------------------------------------- what is refused

BAD_FILES = [
    # file below alerts/, what stands there, what is put there instead, and the problem
    ("rules/feed_gap/rule.yaml", "rule: feed-gap", "rule: feed-hole", r":1: the rule is feed-hole but the folder is"),
    (
        "rules/feed_gap/rule.yaml",
        "severity: warn",
        "severity: urgent",
        r":5: `severity` is none of .* info, warn, high",
    ),
    ("rules/feed_gap/rule.yaml", "kind: state", "kind: guess", r":3: `kind` is none of its values; write one of state"),
    ("rules/feed_gap/rule.yaml", "subject: feed", "subject: city", r":4: a state rule judges no city; write one of"),
    (
        "rules/feed_gap/rule.yaml",
        "order: 340",
        "order: 350",
        r"feed_silent/rule.yaml:1: the order 350 is that of feed-",
    ),
    ("rules/feed_gap/rule.yaml", "order: 340", "order: many", r":2: `order` is text; write a whole number"),
    ("rules/feed_gap/rule.yaml", "order: 340", "order: 34.0", r":2: 34.0 is a decimal; write a whole number"),
    ("rules/feed_gap/rule.yaml", "order: 340", "order: 340\norder: 341", r":3: the key `order` stands here twice"),
    ("rules/feed_gap/rule.yaml", "order: 340\n", "", r":1: the field `order` is missing; write it"),
    ("rules/feed_gap/rule.yaml", "order: 340", "order: 340\ncolour: red", r":3: unknown field `colour`; write one of"),
    ("rules/feed_gap/rule.yaml", "title: {zh: 介接資料缺號,", "title: {zh: '',", r":7: `zh`: .* length >= 1"),
    ("rules/feed_gap/rule.yaml", "order: 340", "order: !!python/none 1", r":2: the tag .* is not read"),
    ("rules/feed_gap/rule.yaml", "citations: []", "citations: [", r"no YAML"),
    ("rules/feed_gap/rule.yaml", "{missing} 筆", "{missing 筆", r":10: a brace that opens no placeholder"),
    ("rules/feed_gap/rule.yaml", "號 {highest}", "號 {highest}。", r":10: a full stop at the end; leave it out"),
    ("rules/feed_gap/rule.yaml", "請資料提供單位", "請{subject}", r":13: a placeholder; write advice that holds"),
    ("rules/feed_gap/rule.yaml", "kind: state", "kind: state\nevents: [a]", r":4: a state rule is judged by what was"),
    ("rules/feed_gap/rule.yaml", "kind: state", "kind: time", r": a time rule judges no feed"),
    ("rules/cr_over_base/rule.yaml", "law: local-government-act", "law: local-act", r":9: no law local-act; write one"),
    ("rules/cr_over_base/rule.yaml", '"40 III(2)"', '"40 VI"', r":9: local-government-act has no article 40 VI; write"),
    ("rules/cr_over_base/rule.yaml", '"40 III(2)"', "40", r":9: `article` is a whole number; write text \(in quotes\)"),
    (
        "rules/cr_over_base/rule.yaml",
        'citations:\n  - {law: local-government-act, article: "40 III(2)"}',
        "citations: []",
        r":8: a rule of basis_status statute cites nothing; write its law and article",
    ),
    ("rules/cr_over_month/rule.yaml", "other_city_rule", "statute", r":6: statute, but no statute is cited"),
    (
        "rules/closing_late_obligation/rule.yaml",
        "commitment.made",
        "commitment.given",
        r":5: no event type commitment.",
    ),
    ("rules/closing_late_obligation/rule.yaml", "events: [commitment.made]\n", "", r":3: an act rule without events"),
    (
        "rules/virement_over_inflow/rule.yaml",
        "unit: percent",
        "unit: per cent",
        r":14: `unit` is none of .* percent, p",
    ),
    ("rules/virement_over_inflow/rule.yaml", "value: 20", "value: -20", r":16: `value`: .* >= 0"),
    ("rules/virement_over_inflow/rule.yaml", "value: 20", "value: '20'", r":16: `value` is text; write a whole number"),
    ("rules/virement_over_inflow/rule.yaml", "2013-12-18", "2013-12-32", r":16: '2013-12-32' is no day; write it like"),
    (
        "rules/virement_over_inflow/rule.yaml",
        ', law: budget-act, article: "63"}',
        "}",
        r":16: a value of basis_status st",
    ),
    (
        "rules/virement_over_inflow/rule.yaml",
        "message:\n",
        "      - {from: 2013-12-18, value: 30, basis_status: design}\nmessage:\n",
        r":17: 2013-12-18 does not come after 2013-12-18; write the dates in ascending order",
    ),
    ("rules/cr_new_program/rule.yaml", "value: 0", "value: 2", r":15: 2 is no flag; write 0 or 1"),
    ("law/budget-act.yaml", "  en: Applies to", "  fr: Applies to", r":10: unknown field `fr`; write one of zh, en"),
    ("law/budget-act.yaml", "law: budget-act", "law: budget", r"budget-act.yaml:1: the law is budget but the file is"),
    (
        "law/budget-act.yaml",
        '"25":',
        '"25a":',
        r"'25a' names no article; write it like 22, 62-1, 22 III or 40 III\(2\)",
    ),
    (
        "law/budget-act.yaml",
        "date_status: source_read",
        "date_status: sure",
        r"`date_status` is none of its value",
    ),
    (
        "law/budget-act.yaml",
        "https://law.moj.gov.tw/",
        "http://example.com/",
        r":6: .* is none of an official database",
    ),
    ("law/budget-act.yaml", "flno={article}", "flno=1", r":6: a law with articles has {article} in its address"),
    ("law/capital-execution-plan.yaml", "  whole:", '  "3":', r"cited as a whole has no article 3; write whole"),
]


@pytest.mark.parametrize(("file", "old", "new", "problem"), BAD_FILES)
def test_a_bad_file_is_refused_with_its_place(tree: Path, file: str, old: str, new: str, problem: str) -> None:
    """`<file>:<line>: what is wrong; what to write`."""
    edit(tree / file, old, new)
    with pytest.raises(CatalogueProblem, match=problem) as caught:
        load(tree)
    assert re.match(r"alerts/(?:rules/[a-z_]+|law)/[a-z-]+\.yaml:[0-9]+: ", str(caught.value))


@pytest.mark.parametrize("missing", ["rule.yaml", "rule.py", "cases.yaml"])
def test_a_missing_file_is_refused(tree: Path, missing: str) -> None:
    """A rule is three files."""
    (tree / "rules" / "feed_gap" / missing).unlink()
    with pytest.raises(CatalogueProblem, match=f"alerts/rules/feed_gap/{missing}:1: the file is missing; write it"):
        load(tree)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "the file is empty"),
        (b"\xff\xfe", "not UTF-8"),
        (b"- a\n- b\n", "the file is a list; write a mapping"),
        (b"rule: &a x\ntitle: *a\n", ":2: an alias; write the value out"),
        (b"? [a]\n: b\n", "a key that is a list or mapping"),
    ],
)
def test_a_file_that_is_no_mapping_of_plain_values_is_refused(tree: Path, content: bytes, problem: str) -> None:
    """Less than YAML is read."""
    (tree / "rules" / "feed_gap" / "rule.yaml").write_bytes(content)
    with pytest.raises(CatalogueProblem, match=problem):
        load(tree)


# -------------------------------------------------------------------------------------------------------- the page


def test_the_page_is_current() -> None:
    """docs/rules.md is generated; run `python -m alerts.catalogue_page` after a change."""
    assert main(["--check"]) == 0


def test_a_stale_page_is_noticed_and_written_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 1 with what to do; then it is written, and current."""
    stale = tmp_path / "rules.md"
    assert main(["--check", "-o", str(stale)]) == 1
    assert "run python -m alerts.catalogue_page" in capsys.readouterr().err
    assert main(["-o", str(stale)]) == 0
    assert main(["--check", "-o", str(stale)]) == 0


def test_the_page_names_every_rule_and_law(catalogue: Catalogue) -> None:
    """With both titles, and links to files that are there."""
    text = page(catalogue)
    for rule in catalogue.rules.values():
        assert f"## {rule.slug}\n\n**{rule.title.zh}** {rule.title.en}\n" in text
    for law in catalogue.laws.values():
        assert f"## {law.title.zh}\n" in text
    for link in re.findall(r"\]\((\.\./[^)]+)\)", text):
        assert (FOLDER.parent / "docs" / link).resolve().is_file(), link
