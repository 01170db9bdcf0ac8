"""The API for those who write a feeder: the OpenAPI document as a page, with a command to try each operation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency

from dashboards.web.access import ANYBODY
from dashboards.web.answer import page
from dashboards.web.desk import Desk
from ledger.words import Words

NAMES: Final[Mapping[str, Words]] = {
    "post /v1/events": Words("送入事件", "Send events"),
    "post /v1/check": Words("試算一筆事件之後果", "May I spend this?"),
    "post /v1/alerts/{alert}/acknowledge": Words("簽收警示", "Acknowledge an alert"),
    "post /v1/alerts/{alert}/close": Words("結案", "Close an alert"),
    "post /v1/alerts/{alert}/reopen": Words("重新立案", "Reopen an alert"),
    "post /v1/judge": Words("立即判定時間規則", "Judge the time rules now"),
    "get /v1/positions": Words("各層級執行數與執行率", "Positions and rates"),
    "get /v1/reserves": Words("預備金", "Reserves"),
    "get /v1/carryover": Words("歲出保留案", "Cases of carry-over"),
    "get /v1/half-years": Words("半年結算", "Half-year settlements"),
    "get /v1/alerts": Words("違規與警示", "Alerts"),
    "get /v1/lagging": Words("資本支出執行落後名單", "Lagging authorities"),
    "get /v1/lagging/unjudged": Words("未能判定之主管機關", "Authorities not judged"),
    "get /v1/lagging/absent": Words("本年度無資料之機關", "Agencies without any event"),
    "get /v1/refusals": Words("拒收資料", "Refusals"),
    "get /healthz": Words("運作狀態", "Health"),
    "get /metrics": Words("Prometheus 指標", "Metrics for Prometheus"),
}
"""What each operation is for, by method and path."""

EXPLAINED: Final[Mapping[str, Words]] = {
    "post /v1/events": Words(
        "一筆事件、NDJSON 或 JSON 陣列；全部寫入並判定後，逐筆回覆結果。需 feeder 或 administrator 權杖。",
        "One event, NDJSON or a JSON array; the outcome of each once all are durable and judged. A token with the role"
        " feeder or administrator.",
    ),
    "post /v1/check": Words(
        "內容同擬送之事件，可不填 id；不登錄任何資料。",
        "An event as it would be sent, its id left out or not. Nothing is recorded.",
    ),
    "post /v1/alerts/{alert}/acknowledge": Words(
        "敘明理由與期限。需 officer 或 administrator 權杖。",
        "Why it stands, and by when it will be dealt with. A token with the role officer or administrator.",
    ),
    "post /v1/alerts/{alert}/close": Words(
        "僅行為規則之警示可結案。需 officer 或 administrator 權杖。",
        "Only alerts about acts are closed. A token with the role officer or administrator.",
    ),
    "post /v1/alerts/{alert}/reopen": Words(
        "撤銷結案；同一規則及對象已另立新警示者不得為之。需 officer 或 administrator 權杖。",
        "Takes back a closing, unless a newer alert of the same rule and subject stands. A token with the role officer or"
        " administrator.",
    ),
    "get /healthz": Words(
        "可寫入時回 200，否則 503；不需權杖。", "200 while events are kept, else 503; no token needed."
    ),
}

PARAMETERS: Final[Mapping[str, Words]] = {
    "alert": Words("警示編號", "The alert's id"),
    "as_of": Words(
        "分配數計至此日（2025-06-30 或 114/06/30），未填為今日", "Count allotments up to this day; else today"
    ),
    "level": Words("層級", "Level"),
    "key": Words("代碼", "Code, or agency:line"),
    "fiscal_year": Words("年度（民國）", "ROC year"),
    "economic_class": Words("經常門、資本門或合計", "Current, capital or both"),
    "reserve": Words("預備金別", "Which reserve"),
    "state": Words("處理狀態", "As people's acts have put it"),
    "review": Words("審查情形", "How far the review has come"),
    "rule": Words("規則代碼", "The rule's slug"),
    "severity": Words("程度", "Severity"),
    "agency": Words("機關代碼", "Agency code"),
    "authority": Words("主管機關代碼", "Authority code"),
    "reason": Words("拒收原因", "Reason"),
    "settled": Words("是否已重送入帳（true 或 false）", "Whether it was accepted since: true or false"),
    "limit": Words("至多筆數", "At most so many"),
    "offset": Words("略過筆數", "After leaving out so many"),
}

ANSWERS: Final[Mapping[str, Words]] = {
    "200": Words("完成", "done"),
    "400": Words("無法理解", "not understood"),
    "401": Words("未附有效權杖", "no token, or none that is known"),
    "403": Words("權杖無此權限", "not with this token"),
    "404": Words("查無此項", "not found"),
    "408": Words("傳送過慢", "arrived too slowly"),
    "409": Words("狀態不允許", "not in its present state"),
    "413": Words("內容過大", "too large"),
    "415": Words("不接受此種內容", "another kind of content, or compressed"),
    "429": Words("請依 Retry-After 稍後再送", "come again after Retry-After"),
    "503": Words("未寫入，請再送", "nothing kept, send again"),
}

BODIES: Final[Mapping[str, str]] = {
    "post /v1/events": '{"id":"P-1","type":"disbursement.paid","fiscal_year":114,"agency":"010011",'
    '"booked_on":"2025-03-05","line":"33010010101/current/1015","amount":5000,"voucher":"V-1"}',
    "post /v1/check": '{"type":"disbursement.paid","fiscal_year":114,"agency":"010011",'
    '"booked_on":"2025-03-05","line":"33010010101/current/1015","amount":5000,"voucher":"V-1"}',
    "post /v1/alerts/{alert}/acknowledge": '{"reason":"…","due_on":"2099-12-31"}',
    "post /v1/alerts/{alert}/close": '{"reason":"…"}',
    "post /v1/alerts/{alert}/reopen": '{"reason":"…"}',
}


class ApiParameter(msgspec.Struct, frozen=True):
    """What an operation can be told in its address."""

    name: str
    explained: Words
    values: str


class Operation(msgspec.Struct, frozen=True):
    """A method on a path."""

    method: str
    path: str
    name: Words
    explained: Words | None
    parameters: list[ApiParameter]
    bodies: list[str]
    """The media types it takes."""
    answers: list[tuple[str, Words]]
    command: str


def operations(document: Mapping[str, Any], address: str) -> Iterator[Operation]:
    """The operations of an OpenAPI document, in its order."""
    for path, methods in document["paths"].items():
        for method, found in methods.items():
            key = f"{method} {path}"
            yield Operation(
                method=method.upper(),
                path=path,
                name=NAMES[key],
                explained=EXPLAINED.get(key),
                parameters=[
                    ApiParameter(each["name"], PARAMETERS[each["name"]], _values(each["schema"]))
                    for each in found.get("parameters", ())
                ],
                bodies=list(found.get("requestBody", {}).get("content", ())),
                answers=[(status, ANSWERS[status]) for status in sorted(found["responses"])],
                command=_command(key, method, f"{address}{path}"),
            )


def _values(schema: Mapping[str, Any]) -> str:
    """What a parameter may be: the words of an enumeration, or its type and bounds."""
    known = [each for each in schema.get("oneOf", (schema,)) if each.get("type") != "null"]
    words = [str(word) for each in known for word in each.get("enum", ()) if word is not None]
    if words:
        return " · ".join(words)
    first = known[0]
    bounds = [first[name] for name in ("minimum", "maximum") if name in first]
    return str(first["type"]) + (f" {' … '.join(f'{int(bound)}' for bound in bounds)}" if bounds else "")


def _command(key: str, method: str, address: str) -> str:
    shown = '-H "Authorization: Bearer $TOKEN" '
    body = BODIES.get(key)
    if method == "get":
        return f"curl {'' if key == 'get /healthz' else shown}{address}"
    if body is None:
        return f"curl {shown}-X {method.upper()} {address}"
    return f"curl {shown}-H 'Content-Type: application/json' -d '{body}' {address}"


@get("/api", include_in_schema=False, sync_to_thread=True, opt=ANYBODY)
def api_reference(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> Response[Any]:
    """The API on a page."""
    document = request.app.openapi_schema.to_schema()
    address = desk.monitor.reach.public_url or str(request.base_url).rstrip("/")
    return page(
        desk,
        request,
        "api.html",
        Words("程式介面", "API"),
        {"operations": list(operations(document, address)), "loopback": desk.is_open()},
        here="api",
    )
