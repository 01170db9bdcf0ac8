"""What a notice says of each rule's first breach, and that nothing in a name can leave its place."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.catalogue import Catalogue, load
from alerts.letters import phrases
from alerts.letters.compose import Happening, compose, recipient_of
from alerts.letters.notice import Notice, NoticeKind
from alerts.letters.text import as_text, subject
from alerts.subjects import alert_id
from alerts.yaml_files import CatalogueProblem
from ledger.books import Alert
from ledger.city import City
from ledger.fiscal import roc_day
from ledger.names import Account, Names
from ledger.registry import Agency, Registry
from ledger.words import Language, Words, alike
from streams.letters_page import alert_of_case, first_breach, sample

RULES = sorted(load().rules)
OVER = Alert(
    rule="spending-over-appropriation",
    severity="critical",
    level="line",
    key="020011:32020110101/current/2000",
    fiscal_year=114,
    state="open",
    opened_by="020011:e3",
    opened_on="2025-03-05",
    evidence={"obligated": 101, "appropriated": 100, "excess": 1},
)


def notice_of(
    catalogue: Catalogue, city: Names, kind: NoticeKind = "opened", language: Language = "zh", alert: Alert = OVER
) -> Notice:
    to = recipient_of(city, "agency", "020011")
    return compose([Happening(alert, kind)], to, catalogue, city, day="2025-03-05", language=language)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("slug", RULES)
def test_a_rules_first_breach_is_told_whole(slug: str, language: Language, catalogue: Catalogue, city: Names) -> None:
    rule = catalogue.rules[slug]
    alert, _ = alert_of_case(rule, first_breach(rule), catalogue, city)
    notice = sample(rule, catalogue, city, language)
    text = as_text(notice)
    assert rule.title.text(language) in text
    assert rule.notice.ask.text(language) in text and rule.unblock.text(language) in text
    for citation in rule.citations_on(alert.opened_on):
        said = next(
            version.paraphrase
            for version in catalogue.laws[citation.slug].articles[citation.article]
            if version.effective_from == citation.effective_from
        )
        assert said.text(language) in text
    for key, named in rule.evidence.items():
        if named.unit == "NTD" and key in alert.evidence:
            assert named.words.text(language) in text and f"{abs(alert.evidence[key]):,}" in text
    if alert.opened_by is not None:
        assert alert.opened_by in text
    assert "—\n" not in text and "{" not in text, "no number is missing, no template is left"
    assert "高雄市政府主計處" in text if language == "zh" else "Kaohsiung City Government" in text
    assert notice.asks == (notice.recipient.kind != "office")
    if notice.due_on is not None:
        assert catalogue.calendar.is_working(notice.due_on)
        assert catalogue.calendar.between(notice.written_on, notice.due_on) == rule.notice.days
        assert (roc_day(notice.due_on) if language == "zh" else notice.due_on) in subject(notice)
        assert "https://budget.example/answer/x" in text


@pytest.mark.parametrize("slug", RULES)
def test_what_is_kept_of_it_is_all_of_it(slug: str, catalogue: Catalogue, city: Names) -> None:
    notice = sample(catalogue.rules[slug], catalogue, city, "zh")
    assert msgspec.json.decode(msgspec.json.encode(notice), type=Notice) == notice


def test_days_of_rest_do_not_count(catalogue: Catalogue, city: Names) -> None:
    to = recipient_of(city, "agency", "020011")
    before_new_year = compose([Happening(OVER, "opened")], to, catalogue, city, day="2025-01-24")
    assert before_new_year.due_on == "2025-02-05", "27 to 31 January 2025 are days off"


def test_what_has_ended_asks_for_nothing(catalogue: Catalogue, city: Names) -> None:
    notice = notice_of(catalogue, city, "resolved")
    text = as_text(notice)
    assert notice.due_on is None and phrases.NO_REPLY.zh in text and "應辦事項" not in text
    assert subject(notice) == "【預算執行通知】秘書處：超過預算支用（解除）"


@pytest.mark.parametrize(
    ("kind", "word"), [("worsened", "情形加重"), ("reminded", "催請回復"), ("returned", "請補充回復")]
)
def test_a_notice_says_why_it_is_written(kind: NoticeKind, word: str, catalogue: Catalogue, city: Names) -> None:
    notice = notice_of(catalogue, city, kind)
    assert word in subject(notice) and word in as_text(notice)


def test_a_reminder_keeps_the_day_that_was_told(catalogue: Catalogue, city: Names) -> None:
    to = recipient_of(city, "agency", "020011")
    reminder = Happening(OVER, "reminded", "1", due_on="2025-03-10")
    assert compose([reminder], to, catalogue, city, day="2025-03-20").due_on == "2025-03-10"


def test_the_key_repeats_for_the_same_and_for_nothing_else(catalogue: Catalogue, city: Names) -> None:
    first, later = notice_of(catalogue, city), notice_of(catalogue, city, language="en")
    assert first.key == later.key and re.fullmatch("[0-9a-f]{32}", first.key)
    others = [
        notice_of(catalogue, city, "reminded"),
        compose([Happening(OVER, "opened")], recipient_of(city, "office"), catalogue, city, day="2025-03-05"),
        compose(
            [Happening(OVER, "opened", "2")], recipient_of(city, "agency", "020011"), catalogue, city, day="2025-03-05"
        ),
    ]
    assert len({each.key for each in (first, *others)}) == 4


def test_several_are_told_together_the_gravest_first(catalogue: Catalogue, city: Names) -> None:
    low = msgspec.structs.replace(
        OVER, rule="payment-duplicated", severity="warn", evidence={"count": 1, "sum": 5, "last": "020011:x"}
    )
    to = recipient_of(city, "agency", "020011")
    notice = compose([Happening(low, "opened"), Happening(OVER, "opened")], to, catalogue, city, day="2025-03-05")
    assert [matter.alert for matter in notice.matters] == [alert_id(OVER), alert_id(low)]
    assert subject(notice) == "【預算執行通知】秘書處：2 件預算執行事項，請於114年3月10日前回復"
    assert "一、超過預算支用（重大）" in as_text(notice) and "二、疑似重複付款（警告）" in as_text(notice)
    assert "020011:x" in as_text(notice)


def test_an_authority_is_its_own_row_else_its_first_agency(city: Names) -> None:
    assert recipient_of(city, "authority", "02").name.zh == "秘書處"
    own = msgspec.structs.replace(city.registry.agencies["020031"], code="02")
    named = Names(Registry(dict(city.registry.agencies) | {"02": own}, city.registry.authorities))
    assert recipient_of(named, "authority", "02").name.zh == "人事處"
    assert recipient_of(city, "authority", "none").name.zh == "none"


def test_a_demonstration_says_so_in_subject_and_text(catalogue: Catalogue, city: Names) -> None:
    to = recipient_of(city, "agency", "020011")
    notice = compose([Happening(OVER, "opened")], to, catalogue, city, day="2025-03-05", demonstration=True)
    assert subject(notice).startswith("【示範資料") and as_text(notice).startswith("【示範資料")


HOSTILE = st.one_of(
    st.text(min_size=1, max_size=128),
    st.sampled_from(
        [
            "局\r\nBcc: all@example.invalid",
            "\u202e局\u202c",
            "a\u2028b\u2029c\x85d",
            '<script>alert("1")</script>',
            '"局", O\'Neil; =1+1',
            "\ud800\x00\ufffe\u200f",
            "局" * 128,
            "{subject} #set page() $x$ \\ */ //",
        ]
    ),
)


def hostile_names(name: str) -> Names:
    """A city in which everything is called so."""
    words = alike(name)
    agency = Agency("020011", name, name, "02", name, name, "")
    return Names(
        Registry({"020011": agency}, {"02": words}),
        {"32020110101": (Account(114, words, words, words),)},
        {"2000": words},
        City(name=words, office=words, address=name, telephone=name),
    )


@settings(max_examples=60)
@given(HOSTILE)
def test_a_name_stays_on_its_line(catalogue: Catalogue, name: str) -> None:
    usual = notice_of(catalogue, hostile_names("局"))
    notice = notice_of(catalogue, hostile_names(name))
    for language in ("zh", "en"):
        one, other = (msgspec.structs.replace(each, language=language) for each in (notice, usual))
        assert as_text(one).count("\n") == as_text(other).count("\n")
        assert not any(
            unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp") for each in as_text(one) if each != "\n"
        )
        assert not any(unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp") for each in subject(one))
        assert len(subject(one)) <= 160
    assert msgspec.json.decode(msgspec.json.encode(notice), type=Notice) == notice, "it is kept as it leaves"


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ("{days: 0, wish: reply, ask: {zh: 說明, en: Explain}}", "days"),
        ("{days: 6, wish: beg, ask: {zh: 說明, en: Explain}}", "wish"),
        ("{days: 6, wish: reply, ask: {zh: 說明, en: ''}}", "en"),
        ("{days: 6, wish: reply, ask: {zh: '說明 {excess}', en: Explain}}", "placeholder"),
        ("{days: 6, wish: reply, ask: {zh: 說明。, en: Explain}}", "full stop"),
        ("{days: 6, wish: reply, asks: {zh: 說明, en: Explain}}", "ask"),
    ],
)
def test_a_rule_that_asks_for_nothing_sensible_is_refused(tree_with_new_rules: Path, terms: str, reason: str) -> None:
    file = tree_with_new_rules / "rules" / "any_payment" / "rule.yaml"
    file.write_text(re.sub("notice: .*", f"notice: {terms}", file.read_text("utf-8")), "utf-8")
    with pytest.raises(CatalogueProblem, match=reason) as refused:
        load(tree_with_new_rules)
    assert "any_payment/rule.yaml:" in str(refused.value)


def test_words_of_both_languages_are_there() -> None:
    assert all(isinstance(each, Words) and each.zh != each.en for each in phrases.FIELD_NAMES.values())
