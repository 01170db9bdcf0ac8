"""Every route of the application for everybody who may ask: what is not theirs is neither shown nor done (CONTRACT §8)."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import httpx
import msgspec
import pytest
from litestar.routes import HTTPRoute

from alerts.letters.bulletin import Bulletin
from alerts.letters.compose import recipient_of
from alerts.letters.notice import LetterHead
from alerts.subjects import alert_id
from dashboards.metrics import registry_of
from dashboards.web.app import create_app
from dashboards.web.site import site
from ledger.words import alike
from streams.notices.bulletins import keep_notice
from streams.people import accounts
from streams.people.accounts import Domain
from streams.people.files import keep_file
from streams.people.lagging_acts import keep_list
from streams.people.links import make_link
from streams.people.person import Person
from streams.store import alert_lists, schema
from streams.store.alert_lists import Overlay, Wanted
from tests.running import Running, running

OWN, OTHER, AUTHORITY = "020011", "030011", "02"
LINE = "32020110199/current/2000"
PASSWORD = "correct horse battery"  # noqa: S105
DAY = "2025-09-15"
NOTICE = "n-1"
MARKS = (OWN, LINE.partition("/")[0], "臺北市政府民政局")
"""What names the agency: nobody else's page may hold it."""

PUBLIC = {"GET /healthz", "GET /log-in", "POST /log-in", "POST /log-out", "GET /static/{name:str}"}
LINK = {"GET /answer/{secret:str}", "POST /answer/{secret:str}"}
"""For whoever has a one-time link: its secret in the path is what lets in."""
DOCUMENT = {"GET /schema", "GET /schema/openapi.json", "GET /schema/{path:str}"}
"""The description of the API: nothing of the city is in it."""
FILTERED = {
    *(
        "GET /",
        "GET /monthly",
        "GET /alerts",
        "GET /refusals",
        "GET /reserves",
        "GET /rules",
        "GET /rules/{slug:str}",
        "GET /search",
    ),
    *("GET /check", "POST /check", "GET /check/lines", "GET /api", "GET /events", "GET /password", "POST /password"),
    *("GET /alerts/{name:str}", "POST /alerts/{name:str}/acknowledge", "POST /alerts/{name:str}/note"),
    *("POST /alerts/{name:str}/close", "POST /alerts/{name:str}/reopen", "GET /metrics", "POST /v1/check"),
    *("GET /v1/positions", "GET /v1/reserves", "GET /v1/alerts", "GET /v1/refusals", "POST /v1/events"),
    *("POST /v1/alerts/{alert:str}/acknowledge", "POST /v1/alerts/{alert:str}/close"),
    "POST /v1/alerts/{alert:str}/reopen",
    *("GET /desk", "POST /desk/answer"),
    *("GET /files", "GET /files/templates/{name:str}"),
    *("GET /carryover", "GET /carryover/{draft:str}", "GET /v1/carryover"),
}
"""Shown to whoever is let in, and each leaves out what is not theirs: a new one is written down here and proved below."""
LOADERS = {
    "POST /files",
    "GET /files/kept/{number:int}",
    "GET /files/{ident:str}",
    *(f"POST /files/{{ident:str}}/{act}" for act in ("read", "take", "drop")),
}
"""For whoever may send events, and each sees their own files: see `test_files`."""
NEEDS = {
    "GET /agencies/{code:str}": "agency",
    "GET /agencies/{code:str}/report.pdf": "agency",
    "GET /lines/{fiscal_year:int}/{agency:str}/{name:path}": "agency",
    "GET /authorities/{code:str}": "authority",
    "POST /authorities/{code:str}/reason": "authority",
    "GET /lagging": "city",
    "GET /half-year": "city",
    "POST /half-year/freeze": "city",
    "GET /v1/half-years": "city",
    "POST /lagging/present": "city",
    "POST /lagging/judge": "city",
    "GET /lagging/presented/{number:int}": "city",
    "POST /lagging/presented/{number:int}/withdraw": "city",
    "GET /v1/lagging": "city",
    "GET /v1/lagging/unjudged": "city",
    "GET /v1/lagging/absent": "city",
    "POST /v1/judge": "city",
    "GET /audit-trail": "whole",
    "POST /alerts/{name:str}/accept": "whole",
    "POST /alerts/{name:str}/return": "whole",
    "POST /alerts/{name:str}/letter": "whole",
    "GET /alerts/{name:str}/letter.odt": "whole",
    "GET /notices": "whole",
    "GET /notices/{name:str}": "whole",
    "GET /notices/{name:str}/attachments/{file:str}": "whole",
    "POST /notices/{name:str}/{wish:str}": "whole",
    "GET /alerts/{name:str}/letter.pdf": "whole",
    "POST /monthly/{fiscal_year:int}/{month:int}/sample": "whole",
    "GET /monthly/{fiscal_year:int}/{month:int}/{agency:str}": "agency",
    "POST /monthly/{fiscal_year:int}/{month:int}/{agency:str}/findings": "whole",
    "POST /monthly/{fiscal_year:int}/{month:int}/{agency:str}/reply": "agency",
    "POST /monthly/{fiscal_year:int}/{month:int}/{agency:str}/verify": "whole",
    "POST /monthly/{fiscal_year:int}/{month:int}/{agency:str}/settle": "whole",
    "GET /monthly/{fiscal_year:int}/{month:int}/{agency:str}/letter.odt": "agency",
    "GET /monthly/{fiscal_year:int}/{month:int}/{agency:str}/letter.pdf": "agency",
}

PEOPLE = {
    "own": Domain(frozenset([OWN])),
    "other": Domain(frozenset([OTHER])),
    "authority": Domain(None, AUTHORITY),
    "other with city": Domain(frozenset([OTHER]), None, frozenset(["city"])),
    "whole": Domain(),
}
MAY = {
    "agency": {"own", "authority", "whole"},
    "authority": {"authority", "whole"},
    "city": {"other with city", "whole"},
    "whole": {"whole"},
}


def event(number: str, agency: str, name: str, /, **fields: object) -> bytes:
    common = {"id": number, "type": name, "fiscal_year": 114, "agency": agency, "booked_on": DAY}
    return msgspec.json.encode(common | fields)


def paid(number: str, agency: str, **fields: object) -> bytes:
    return event(number, agency, "disbursement.paid", **{"line": LINE, "amount": 7_000, "voucher": number} | fields)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("scope") / "data") as found:
        second = {"reserve": "second"}
        lines = [
            event("a", OWN, "appropriation.enacted", line=LINE, amount=900_000),
            paid("over", OWN, amount=5_000_000),
            paid("b", OTHER, line="33030110199/current/2000"),
            paid("refused", OWN, amount="many"),
            event("e", "010011", "reserve.established", amount=10_000_000, **second),
            event("r", OWN, "reserve.approved", case="C-1", line=LINE, amount=77, ground=1, **second),
            event("f", OWN, "reserve.established", reserve="first", amount=4_000),
            event("k", OWN, "carryover.applied", case="K-1", line=LINE, amount=9, origin_year=113, kind="special"),
        ]
        found.monitor.replica.submit(lines, "test").result()
        found.monitor.replica.judge(found.monitor.today()).result()
        keep_list(found.monitor.store, DAY, DAY, Person("王", ("officer",)), {"ranks": {}, "tables": []})
        keep_a_notice(found)
        for name, domain in PEOPLE.items():
            accounts.add_user(found.monitor.store, name, name, PASSWORD, ["officer"], domain)
        yield found


def keep_a_notice(city: Running) -> None:
    """A notice to the agency as it left, with something attached."""
    names = city.monitor.names()
    recipient, office = recipient_of(names, "agency", OWN), LetterHead(alike("x"), alike("y"))
    said = Bulletin("key", DAY, recipient, "zh", office, alike(OWN), (alike(OWN),))
    with city.monitor.store.writing() as connection:
        keep_notice(connection, NOTICE, said, "2025-09-15T00:00:00.000Z")
        file = {"notice": NOTICE, "name": "a.pdf", "media_type": "application/pdf", "content": b"%PDF"}
        connection.execute(schema.notice_attachments.insert(), file)


def routes(city: Running) -> list[tuple[str, str]]:
    """Method and path of every route, from the application itself."""
    app = create_app(city.monitor, site(city.monitor), *registry_of(city.monitor))
    found = []
    for route in app.routes:
        assert isinstance(route, HTTPRoute)
        found += [(method, route.path_format) for method in route.methods - {"OPTIONS", "HEAD"}]
    paths = {route.path_format: route.path for route in app.routes}
    return sorted((method, paths[path]) for method, path in found)


def alert_of(city: Running, rule: str = "spending-over-appropriation") -> str:
    with city.client(city.token("officer", domain=PEOPLE["own"])) as client:
        alerts = client.get("/v1/alerts").json()
    return next(str(one["id"]) for one in alerts if OWN in one["subject"]["key"])


def address(city: Running, path: str) -> str:
    code = AUTHORITY if "authorities" in path else OWN
    filled = {"code:str": code, "agency:str": OWN, "fiscal_year:int": "114", "name:path": LINE, "number:int": "1"}
    filled |= {"alert:str": alert_of(city), "slug:str": "spending-over-appropriation", "path:str": "openapi.json"}
    filled |= {
        "file:str": "a.pdf",
        "wish:str": "retry",
        "ident:str": "nothing",
        "month:int": "5",
        "draft:str": "applications.ndjson",
    }
    filled["name:str"] = (
        "payments.xlsx"
        if "templates" in path
        else "page.css"
        if "static" in path
        else NOTICE
        if "notices" in path
        else alert_of(city)
    )
    return re.sub(r"\{([^}]+)\}", lambda found: filled[found[1]], path)


@pytest.fixture(scope="module")
def logged_in(city: Running) -> Iterator[dict[str, httpx.Client]]:
    clients = {}
    for name in PEOPLE:
        client = clients[name] = city.client()
        token = csrf(client, "/log-in")
        answer = client.post("/log-in", data={"name": name, "password": PASSWORD, "_csrf_token": token})
        assert answer.status_code == 303, answer.text
    yield clients
    for client in clients.values():
        client.close()


def csrf(client: httpx.Client, path: str = "/rules") -> str:
    found = re.search(r'name="_csrf_token" value="([^"]+)"', client.get(path).text)
    assert found is not None
    return found[1]


FORM = {
    "reason": "查證中",
    "due_on": "2099-01-31",
    "text": "x",
    "recovery_on": "2099-01-31",
    "year": "114",
    "again": "yes",
}
DRAFT = {
    "type": "disbursement.paid",
    "fiscal_year": "114",
    "agency": OWN,
    "booked_on": DAY,
    "line": LINE,
    "amount": "1",
}


def ask(client: httpx.Client, method: str, path: str, *, program: bool, asked: str) -> httpx.Response:
    if path == "/events":
        with client.stream("GET", path) as answer:
            return httpx.Response(answer.status_code)
    if method == "GET":
        query = {"year": "114", "agency": OWN} if asked == "/check/lines" else {}
        return client.get(path, params=query)
    if not program:
        form = FORM | DRAFT | {"_csrf_token": csrf(client) if "bw_session" in client.cookies else ""}
        file = {"file": ("p.ndjson", paid("loaded", OWN))} if asked == "/files" else None  # as the page sends it
        return client.post(path, data=form, files=file)
    if asked in ("/v1/check", "/v1/events"):
        return client.post(path, content=paid("check", OWN))
    return client.post(
        path, json={"reason": "x", "due_on": "2099-01-31"} if "acknowledge" in asked else {"reason": "x"}
    )


def test_every_route_is_known_here(city: Running) -> None:
    known = PUBLIC | LINK | DOCUMENT | FILTERED | LOADERS | set(NEEDS)
    found = {f"{method} {path}" for method, path in routes(city)}
    assert found <= known | {"GET /search"} and found - known == set()


def link_of(city: Running) -> str:
    """A one-time link for an alert of the other agency."""
    store, names = city.monitor.store, city.monitor.names()
    alerts = alert_lists.find(store, Wanted(agencies=(OTHER,)), Overlay(), "newest")
    with store.writing() as connection:
        address = make_link(connection, city.url, "key", recipient_of(names, "agency", OTHER), [alert_id(alerts[0])])
    return address.removeprefix(city.url)


@pytest.mark.parametrize("who", ["nobody", "link"])
def test_nobody_is_shown_anything_without_logging_in(city: Running, who: str) -> None:
    """Whoever has a link sees its page, and is nobody everywhere else."""
    with city.client() as nobody:
        if who == "link":
            shown = nobody.get(link_of(city))
            assert shown.status_code == 200 and OTHER in shown.text and not any(mark in shown.text for mark in MARKS)
        for method, path in routes(city):
            name = f"{method} {path}"
            if name in LINK:
                made_up = path.replace("{secret:str}", "A" * 43)
                answer = nobody.request(method, made_up, data={"person": "x"} if method == "POST" else None)
                assert answer.status_code in (403, 404) and not any(mark in answer.text for mark in (*MARKS, OTHER))
                continue
            if name in PUBLIC | DOCUMENT:
                continue
            answer = ask(nobody, method, address(city, path), program=path.startswith(("/v1", "/metrics")), asked=path)
            assert answer.status_code in (303, 401), (name, answer.status_code)
            assert not any(mark in answer.text for mark in MARKS[1:]), name


@pytest.mark.parametrize("who", PEOPLE)
def test_everybody_is_shown_and_does_what_is_theirs_alone(
    city: Running, logged_in: dict[str, httpx.Client], who: str
) -> None:
    program = city.client(city.token("officer", "feeder", domain=PEOPLE[who]))
    own = who in ("own", "authority", "whole")
    # An act changes what the next one meets; what is asked for first is the rest.
    for method, path in sorted(routes(city), key=lambda route: route[0]):
        name, by_program = f"{method} {path}", path.startswith(("/v1", "/metrics"))
        if name in PUBLIC | LINK | DOCUMENT:
            continue
        client = program if by_program else logged_in[who]
        answer = ask(client, method, address(city, path), program=by_program, asked=path)
        status, where = answer.status_code, (who, name, answer.status_code, answer.text[:300])
        if name in LOADERS:
            assert status == (404 if "kept" in name else 403), where
        elif name in NEEDS:
            assert (status in (403, 404)) == (who not in MAY[NEEDS[name]]), where
        elif own:
            assert status not in (401, 403, 404), where
        else:
            # What is asked for is another agency's: the path, the form or the event names it.
            names_it = ("alert" in path and "{" in path) or path in (
                "/check",
                "/check/lines",
                "/v1/check",
                "/v1/events",
            )
            assert (status in (403, 404)) == (names_it and name != "GET /check"), where
            shown = re.sub(r'(href|value|action)="[^"]*"', "", answer.text) if name != "GET /api" else ""
            assert not [mark for mark in MARKS if mark in shown], where
        assert status < 500, where
    program.close()


@pytest.mark.parametrize("who", PEOPLE)
def test_everybody_loads_files_of_what_is_theirs_alone(city: Running, who: str) -> None:
    """The routes that nobody without the role gets to, by everybody with it: whose file it is decides."""
    name, store, own = f"feeder of {who}", city.monitor.store, who in ("own", "authority", "whole")
    accounts.add_user(store, name, name, PASSWORD, ["feeder"], PEOPLE[who])
    kept = keep_file(store, Person("whole", ("feeder",)), "own.ndjson", paid("kept", OWN), [OWN], {})
    with city.client() as client:
        form = {"name": name, "password": PASSWORD, "_csrf_token": csrf(client, "/log-in")}
        assert client.post("/log-in", data=form).status_code == 303
        sent = ask(client, "POST", "/files", program=False, asked="/files")
        assert sent.status_code == 303
        at, until = sent.headers["location"], time.monotonic() + 30
        while "refresh" in (draft := client.get(at, params={"lang": "zh"})).headers:
            assert time.monotonic() < until, draft.text
            time.sleep(0.05)
        assert ("整檔不予匯入" in draft.text) is not own
        assert ask(client, "POST", f"{at}/take", program=False, asked="").status_code == (303 if own else 422)
        assert client.get(f"/files/kept/{kept}").status_code == (200 if own else 404)
        with city.client() as another:
            form = {"name": "whole", "password": PASSWORD, "_csrf_token": csrf(another, "/log-in")}
            assert another.post("/log-in", data=form).status_code == 303
            assert another.get(at).status_code == 403, "an officer without the role"
