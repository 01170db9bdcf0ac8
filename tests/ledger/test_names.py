"""Names: what the files hold, what a later year takes over, and every refusal with its line."""

from __future__ import annotations

import pytest

from alerts.naming import line_name, subject
from ledger.names import NO_NAMES, Names, NamesProblem, parse_accounts, parse_objects
from ledger.registry import parse
from ledger.words import Words

HEADER = "fiscal_year,account,function_zh,program_zh,work_plan_zh,work_plan_en\n"
REGISTER = (
    b"code,name_zh,name_en,authority_code,authority_name_zh,authority_name_en,email\n"
    b"260021,\xe9\x81\x8b\xe5\x8b\x95\xe5\xb1\x80,Sports Bureau,26,\xe9\x81\x8b\xe5\x8b\x95\xe4\xb8\xbb\xe7\xae\xa1,Sports group,\n"
)


def names(text: str = "", objects: str = "object_code,name_zh,name_en\n2000,業務費,Operations\n") -> Names:
    return Names(
        parse(REGISTER, "agencies.csv"),
        parse_accounts((HEADER + text).encode(), "accounts.csv"),
        parse_objects(objects.encode(), "objects.csv"),
    )


def test_a_later_year_takes_the_latest_earlier_row() -> None:
    known = names("112,53260020101,文化,場館,舊名,Old\n114,53260020101,文化,場館,運動場館管理,Sports venues\n")
    called = {year: known.account(year, "53260020101") for year in (111, 112, 113, 114, 120)}
    assert called[111] is None
    assert [found and found.work_plan.zh for found in called.values()][1:] == [
        "舊名",
        "舊名",
        "運動場館管理",
        "運動場館管理",
    ]


def test_a_line_is_called_by_plan_class_and_object() -> None:
    known = names("113,53260020101,文化,場館,運動場館管理,\n")
    assert line_name(known, 114, "53260020101/current/2000").zh == "運動場館管理—經常門—業務費"
    assert line_name(known, 114, "53260020101/capital/3020@113").zh == "運動場館管理—資本門—3020（113年度保留）"
    assert line_name(known, 112, "53260020101/current/2000").zh == "53260020101—經常門—業務費"
    assert line_name(known, 114, "no line") == Words("no line", "no line")


@pytest.mark.parametrize(
    ("level", "key", "zh"),
    [
        ("line", "260021:53260020101/current/2000", "運動局 運動場館管理—經常門—業務費"),
        ("object", "260021:53260020101/current/2000", "運動局 運動場館管理—經常門—業務費"),
        ("case", "260021:second:S0009817", "運動局 第二預備金第 S0009817 案"),
        ("reference", "260021:commitment:C0008783", "運動局 契約 C0008783"),
        ("feed", "260021:accounting", "運動局 資料來源 accounting"),
        ("reserve", "first:260021", "運動局 第一預備金"),
        ("reserve", "second", "第二預備金"),
        ("authority", "26", "運動主管"),
        ("agency", "260021", "運動局"),
        ("agency", "999999", "999999"),
    ],
)
def test_subjects_have_names(level: str, key: str, zh: str) -> None:
    assert subject(names("114,53260020101,文化,場館,運動場館管理,\n"), level, key, 114).zh == zh


def test_without_names_every_code_is_shown_as_itself() -> None:
    assert subject(NO_NAMES, "line", "a:53260020101/current/2000", 114).zh == "a 53260020101—經常門—2000"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x,53260020101,a,b,c,d\n", "accounts.csv: line 2: fiscal_year 'x'; write a ROC year such as 114"),
        ("114,5326,a,b,c,d\n", "accounts.csv: line 2: account '5326'; write 10 or 11 ASCII digits or letters"),
        ("１１４,53260020101,a,b,c,d\n", "accounts.csv: line 2: fiscal_year '１１４'"),
        ("114,５3260020101,a,b,c,d\n", "accounts.csv: line 2: account '５3260020101'"),
        ("114,53260020101,a,b,,d\n", "accounts.csv: line 2: work_plan_zh is empty"),
        ("114,53260020101,a,b,c\n", "accounts.csv: line 2: 5 fields where the header has 6"),
        ("114,53260020101,a,b,c\x07,d\n", "accounts.csv: line 2: work_plan_zh has more than 128"),
        (
            "114,53260020101,a,b,c,d\n\n114,53260020101,a,b,e,f\n",
            "accounts.csv: line 4: account 53260020101 is named twice",
        ),
    ],
)
def test_a_wrong_row_is_refused_with_its_line(text: str, problem: str) -> None:
    with pytest.raises(NamesProblem) as caught:
        parse_accounts((HEADER + text).encode(), "accounts.csv")
    assert str(caught.value).startswith(problem)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "line 1: the file is empty"),
        (b"object_code\n", "line 1: column name_zh is missing"),
        (b"object_code,name_zh,color\n", "line 1: unknown column color"),
        (b"object_code,name_zh,name_zh\n", "line 1: column name_zh is repeated"),
        (b"object_code,name_zh\n20,x\n", "line 2: object_code '20'; write 4 ASCII digits"),
        (b"object_code,name_zh\n2000,x\n2000,y\n", "line 3: object 2000 is named twice"),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
def test_a_wrong_file_of_objects_is_refused(content: bytes, problem: str) -> None:
    with pytest.raises(NamesProblem) as caught:
        parse_objects(content, "objects.csv")
    assert problem in str(caught.value)
