"""The views that Grafana may read (`board_*`), as SQL for PostgreSQL: figures, alerts and cases by row, with their names.

They hold no secrets, nobody's name and no text but messages. What is said of a column stands beside it and is kept in the
database as its comment. Percentages and sums are those of the pages; days are `YYYY-MM-DD`, years ROC years, money NT$.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from ledger.figures import FIGURES, Figure
from ledger.other_figures import CARRYOVER_FIGURES, PROVISIONAL_FIGURES

MONTHS_FUNCTION: Final = "board_months(bytea)"
MESSAGE_FUNCTION: Final = "board_message(text, jsonb, text)"

FUNCTIONS: Final[Mapping[str, str]] = {
    # As `streams.store.rows.pack_months` packs them: eight bytes each, the lowest first, or JSON of another length.
    MONTHS_FUNCTION: """
CREATE FUNCTION board_months(packed bytea) RETURNS numeric[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE
    WHEN coalesce(length(packed), 0) = 0 THEN NULL
    WHEN length(packed) % 8 <> 0 THEN
      ARRAY(SELECT value::numeric FROM jsonb_array_elements_text(convert_from(packed, 'UTF8')::jsonb))
    ELSE ARRAY(
      SELECT (SELECT sum(get_byte(packed, 8 * m + b)::bigint << (8 * b)) FROM generate_series(0, 7) b)
      FROM generate_series(0, length(packed) / 8 - 1) m ORDER BY m)
  END
$$""",
    # As `alerts.messages` fills a template, and `ledger.money.percent` rounds.
    MESSAGE_FUNCTION: """
CREATE FUNCTION board_message(template text, evidence jsonb, subject text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  rest text := template; said text := ''; found text[]; start int; value text; above numeric; below numeric;
BEGIN
  LOOP
    found := regexp_match(rest, '\\{([a-z_]+)(?:/([a-z_]+))?\\}');
    EXIT WHEN found IS NULL;
    value := CASE WHEN found[2] IS NULL THEN '{' || found[1] || '}' ELSE '{' || found[1] || '/' || found[2] || '}' END;
    start := strpos(rest, value);
    said := said || left(rest, start - 1);
    rest := substr(rest, start + length(value));
    IF found[1] = 'subject' THEN
      said := said || subject;
    ELSIF found[2] IS NOT NULL THEN
      above := (evidence ->> found[1])::numeric; below := (evidence ->> found[2])::numeric;
      said := said || coalesce(CASE WHEN below > 0 THEN
        round(sign(above) * div(abs(above) * 20000 + below, 2 * below) * 0.01, 2)::text END, '—');
    ELSIF jsonb_typeof(evidence -> found[1]) = 'number' THEN
      said := said || to_char((evidence ->> found[1])::numeric, 'FM999,999,999,999,999,999,999,999,990');
    ELSE
      said := said || coalesce(evidence ->> found[1], '—');
    END IF;
  END LOOP;
  RETURN said || rest;
END
$$""",
}
"""By signature."""

_TODAY: Final = "to_char(now() AT TIME ZONE 'Asia/Taipei', 'YYYY-MM-DD')"
_MONTHS_DUE: Final = f"""least(12, greatest(0, (substr({_TODAY}, 1, 4)::int - p.fiscal_year - 1911) * 12
    + substr({_TODAY}, 6, 2)::int))"""
_NAMED: Final = """coalesce(g.name_zh, {of}.agency) AS agency_zh, coalesce(g.name_en, {of}.agency) AS agency_en,
  {authority} AS authority, coalesce(a.name_zh, {authority}) AS authority_zh, coalesce(a.name_en, {authority}) AS authority_en"""
_OF_NAMES: Final = """LEFT JOIN board_names g ON g.level = 'agency' AND g.key = {of}.agency
LEFT JOIN board_names a ON a.level = 'authority' AND a.key = {authority}"""


def _sum_of(figure: str) -> str:
    """A figure's terms as SQL; what is saved stands with a position's budget."""
    return FIGURES[figure].put_together(
        " + ", " - ", lambda key: "coalesce(b.saving, 0)" if key == "saving" else f"p.{key}"
    )


def _made_of(figure: Figure, of: str) -> str:
    """The same where all its terms are columns of one table."""
    return figure.put_together(" + ", " - ", lambda key: f"{of}{key}")


def _in_words(figure: Figure) -> str:
    """A figure's terms as the comment of a column says them."""
    return figure.put_together(" + ", " − ", str)


def _named(of: str, authority: str) -> str:
    return _NAMED.format(of=of, authority=authority)


def _of_names(of: str, authority: str) -> str:
    return _OF_NAMES.format(of=of, authority=authority)


_AGENCY: Final = {
    "fiscal_year": "ROC year",
    "agency": "the agency's code",
    "agency_zh": "its name",
    "agency_en": "its name in English",
    "authority": "the code of its authority",
    "authority_zh": "the authority's name",
    "authority_en": "the authority's name in English",
}


class View(msgspec.Struct, frozen=True):
    """A view: its SQL, and what each of its columns means."""

    sql: str
    columns: Mapping[str, str]


VIEWS: Final[Mapping[str, View]] = {
    "board_lines": View(
        f"""
SELECT p.fiscal_year, p.agency, {_named("p", "y.authority")},
  p.name, p.line, p.origin_year, split_part(p.line, '/', 2) AS economic_class,
  {FIGURES["available"].put_together(" + ", " - ", "coalesce(b.{}, 0)".format)} AS available,
  CASE WHEN coalesce(length(b.allotment), 0) = 0 THEN coalesce(b.carryover, 0)
    ELSE (SELECT coalesce(sum(m), 0) FROM unnest((board_months(b.allotment))[1:{_MONTHS_DUE}]) m) END AS allotted,
  p.realised, p.prepaid, p.payable, p.committed, coalesce(b.saving, 0) AS saving,
  {_sum_of("executed")} AS executed,
  {_sum_of("obligated")} AS obligated
FROM positions p
JOIN agency_years y ON (y.fiscal_year, y.agency) = (p.fiscal_year, p.agency)
LEFT JOIN position_budgets b ON (b.fiscal_year, b.agency, b.name) = (p.fiscal_year, p.agency, p.name)
{_of_names("p", "y.authority")}""",
        _AGENCY
        | {
            "name": "the line, with @ and its origin year where the money is carried over",
            "line": "the budget line",
            "origin_year": "ROC year that the money comes from",
            "economic_class": "current or capital",
            "available": "B, NT$",
            "allotted": "L as of today in Taipei, NT$",
            "realised": "NT$",
            "prepaid": "NT$",
            "payable": "NT$",
            "committed": "NT$",
            "saving": "NT$",
            "executed": "E, NT$",
            "obligated": "O, NT$",
        },
    ),
    "board_line_months": View(
        f"""
SELECT p.fiscal_year, p.agency, {_named("p", "y.authority")},
  p.name, split_part(p.line, '/', 2) AS economic_class, m.month,
  (make_date(p.fiscal_year + 1911, 1, 1) + make_interval(months => m.month) - interval '12 hours')
    AT TIME ZONE 'Asia/Taipei' AS until,
  m.realised, m.prepaid, sum(m.realised) OVER w AS realised_to_date, sum(m.prepaid) OVER w AS prepaid_to_date,
  CASE WHEN coalesce(length(b.allotment), 0) = 0 THEN coalesce(b.carryover, 0) ELSE sum(m.allotted) OVER w END
    AS allotted_to_date
FROM positions p
JOIN agency_years y ON (y.fiscal_year, y.agency) = (p.fiscal_year, p.agency)
LEFT JOIN position_budgets b ON (b.fiscal_year, b.agency, b.name) = (p.fiscal_year, p.agency, p.name)
{_of_names("p", "y.authority")}
CROSS JOIN LATERAL (
  SELECT n::int AS month, coalesce(r.months[n], 0) AS realised, coalesce(r.paid[n], 0) AS prepaid, coalesce(r.plan[n], 0) AS allotted
  FROM (SELECT board_months(p.realised_by_month) AS months, board_months(p.prepaid_by_month) AS paid,
          board_months(b.allotment) AS plan) r, generate_series(1, 14) n) m
WINDOW w AS (PARTITION BY p.fiscal_year, p.agency, p.name ORDER BY m.month)""",
        _AGENCY
        | {
            "name": "the line, with @ and its origin year where the money is carried over",
            "economic_class": "current or capital",
            "month": "month of booking: 1 to 12, and 13 and 14 of the closing period",
            "until": "noon in Taipei on the month's last day",
            "realised": "booked in the month, NT$",
            "prepaid": "booked in the month, NT$",
            "realised_to_date": "booked up to the month, NT$",
            "prepaid_to_date": "booked up to the month, NT$",
            "allotted_to_date": "allotted up to the month, NT$; what is carried over without an allotment is due at once",
        },
    ),
    "board_alerts": View(
        f"""
SELECT w.id, w.fiscal_year, w.rule, r.title_zh AS rule_zh, r.title_en AS rule_en, w.severity, w.level, w.key, w.agency,
  coalesce(g.name_zh, w.agency) AS agency_zh, coalesce(g.name_en, w.agency) AS agency_en, w.authority,
  coalesce(a.name_zh, w.authority) AS authority_zh, coalesce(a.name_en, w.authority) AS authority_en,
  CASE WHEN w.is_closed THEN 'closed' WHEN w.state <> 'open' THEN w.state
    WHEN w.due_on > {_TODAY} AND w.openings_known IS NOT NULL AND w.openings <= w.openings_known
      AND array_position(ARRAY['info', 'warn', 'high', 'critical'], w.severity)
        <= array_position(ARRAY['info', 'warn', 'high', 'critical'], w.severity_known)
      AND NOT (w.measured > w.excess AND w.measured >= 2 * w.excess)
    THEN 'acknowledged' ELSE 'open' END AS state,
  w.opened_on, ({_TODAY}::date - w.opened_on::date) AS days,
  c.article_zh, c.article_en,
  board_message(r.message_zh, w.evidence, w.subject_zh) || c.article_zh || '。' AS message_zh,
  board_message(r.message_en, w.evidence, w.subject_en) || c.article_en || '.' AS message_en
FROM (
  SELECT f.*, y.authority AS agency_authority,
    CASE WHEN f.level = 'authority' THEN f.key ELSE y.authority END AS authority,
    (f.evidence ->> q.measure)::numeric AS measured, last.kind = 'close' AS is_closed,
    given.after ->> 'due_on' AS due_on, given.after ->> 'severity' AS severity_known,
    (given.after ->> 'excess')::numeric AS excess, (given.after ->> 'openings')::int AS openings_known,
    (SELECT count(*) FROM alert_history h WHERE h.alert = f.id AND h.change = 'opened') AS openings,
    CASE WHEN f.level = 'reserve' AND f.agency IS NOT NULL THEN coalesce(s.name_zh, f.agency) || ' ' || first.name_zh
      ELSE coalesce(s.name_zh, f.key) || coalesce(nullif(' ' || substr(f.key, length(f.agency) + 2), ' '), '') END AS subject_zh,
    CASE WHEN f.level = 'reserve' AND f.agency IS NOT NULL THEN first.name_en || ' of ' || coalesce(s.name_en, f.agency)
      ELSE coalesce(s.name_en, f.key) || coalesce(nullif(', ' || substr(f.key, length(f.agency) + 2), ', '), '') END AS subject_en
  FROM (SELECT id, n, rule, severity, level, key, fiscal_year, agency, state, opened_by, opened_on, resolved_by,
          evidence::jsonb AS evidence FROM alerts) f
  LEFT JOIN agency_years y ON (y.fiscal_year, y.agency) = (f.fiscal_year, f.agency)
  LEFT JOIN board_rules q ON q.rule = f.rule
  LEFT JOIN board_names s ON (s.level, s.key) = (
    CASE WHEN f.level IN ('authority', 'city', 'reserve') AND f.agency IS NULL THEN f.level ELSE 'agency' END,
    coalesce(f.agency, f.key))
  LEFT JOIN board_names first ON (first.level, first.key) = ('reserve', 'first')
  LEFT JOIN LATERAL (SELECT kind FROM acts WHERE subject = f.id AND kind IN ('close', 'reopen') ORDER BY n DESC LIMIT 1)
    last ON true
  LEFT JOIN LATERAL (
    SELECT k.after::jsonb || coalesce((SELECT m.after::jsonb FROM acts m
        WHERE m.subject = f.id AND m.kind = 'acknowledgement-measured' AND (m.after::jsonb ->> 'act')::bigint = k.n
        ORDER BY m.n LIMIT 1), '{{}}') AS after
    FROM (SELECT n, kind, after FROM acts WHERE subject = f.id AND kind IN ('acknowledge', 'reopen') ORDER BY n DESC LIMIT 1) k
    WHERE k.kind = 'acknowledge') given ON true
) w
LEFT JOIN board_rules r ON r.rule = w.rule
LEFT JOIN LATERAL (
  SELECT article_zh, article_en FROM board_articles d WHERE d.rule = w.rule
  ORDER BY d.since <= w.opened_on DESC, CASE WHEN d.since <= w.opened_on THEN d.since END DESC, d.since LIMIT 1) c ON true
LEFT JOIN board_names g ON g.level = 'agency' AND g.key = w.agency
LEFT JOIN board_names a ON a.level = 'authority' AND a.key = w.authority""",
        {
            "id": "the alert's id: its page is /alerts/<id>",
            "fiscal_year": "ROC year",
            "rule": "the rule's slug",
            "rule_zh": "what the rule is called",
            "rule_en": "the same in English",
            "severity": "info, warn, high or critical",
            "level": "what it is about: line, object, reference, case, reserve, agency, authority, feed or city",
            "key": "the subject's key",
            "agency": "its agency's code; null for what agencies share",
            "agency_zh": "the agency's name",
            "agency_en": "the agency's name in English",
            "authority": "its authority's code",
            "authority_zh": "the authority's name",
            "authority_en": "the authority's name in English",
            "state": "open, acknowledged, resolved or closed, as people see it today",
            "opened_on": "the day booked on, or the day judged",
            "days": "since then",
            "article_zh": "the articles in force on that day, in brackets",
            "article_en": "the same in English",
            "message_zh": "what happened, with numbers; lines by their code",
            "message_en": "the same in English",
        },
    ),
    "board_reserve_cases": View(
        f"""
SELECT c.fiscal_year, c.reserve, c.id, c.agency, {_named("c", "y.authority")}, c.line, c.ground,
  c.pending, c.approved, c.cancelled, c.returned, c.approved - c.cancelled - c.returned AS net, c.disaster, c.notified_on
FROM cases c
JOIN agency_years y ON (y.fiscal_year, y.agency) = (c.fiscal_year, c.agency)
{_of_names("c", "y.authority")}""",
        _AGENCY
        | {
            "reserve": "first, second or disaster",
            "id": "the case",
            "line": "the line that it is for",
            "ground": "of Budget Act Art. 70, as stated",
            "pending": "asked for and not decided, NT$",
            "approved": "NT$",
            "cancelled": "NT$",
            "returned": "NT$",
            "net": "approved − cancelled − returned, NT$",
            "disaster": "whether it is for a disaster",
            "notified_on": "the earliest day on which the council was notified",
        },
    ),
    "board_carryover_cases": View(
        f"""
SELECT c.fiscal_year, c.id, c.agency, {_named("c", "y.authority")}, c.line, c.origin_year, c.applied, c.approved, c.declined,
  c.cancelled, greatest(0, {_made_of(CARRYOVER_FIGURES["awaiting"], "c.")}) AS awaiting
FROM carryover_cases c
JOIN agency_years y ON (y.fiscal_year, y.agency) = (c.fiscal_year, c.agency)
{_of_names("c", "y.authority")}""",
        _AGENCY
        | {
            "id": "the case",
            "line": "the line that it is for",
            "origin_year": "ROC year that the money comes from",
            "applied": "NT$",
            "approved": "less what was cancelled, NT$",
            "declined": "NT$",
            "cancelled": "what was approved and taken back, NT$",
            "awaiting": f"{_in_words(CARRYOVER_FIGURES['awaiting'])}, NT$; never below 0",
        },
    ),
    "board_commitments": View(
        f"""
SELECT c.fiscal_year, c.id, c.agency, {_named("c", "y.authority")}, split_part(c.position, '@', 1) AS line,
  coalesce(nullif(split_part(c.position, '@', 2), '')::int, c.fiscal_year) AS origin_year, c.opened, c.cancelled,
  c.outstanding
FROM refs c
JOIN agency_years y ON (y.fiscal_year, y.agency) = (c.fiscal_year, c.agency)
{_of_names("c", "y.authority")}
WHERE c.kind = 'commitment' AND c.outstanding > 0""",
        _AGENCY
        | {
            "id": "the commitment",
            "line": "the line that it is on",
            "origin_year": "ROC year that its money comes from: how old it is",
            "opened": "NT$",
            "cancelled": "NT$",
            "outstanding": "what stands open, NT$; nothing is shown of which nothing does",
        },
    ),
    "board_provisional_lines": View(
        f"""
SELECT b.fiscal_year, b.agency, {_named("b", "y.authority")}, b.name, d.base, d.counted,
  {_made_of(PROVISIONAL_FIGURES["headroom"], "d.")} AS headroom,
  d.new_capital, d.new_account, d.new_program
FROM position_budgets b
JOIN agency_years y ON (y.fiscal_year, y.agency) = (b.fiscal_year, b.agency)
{_of_names("b", "y.authority")}
CROSS JOIN LATERAL (
  SELECT CASE WHEN proposal ->> 'authorised_plan' IS NOT NULL THEN (proposal ->> 'amount')::numeric
      ELSE (proposal ->> 'prior_year_executed')::numeric END AS base,
    greatest(0, coalesce((spent ->> 'counted')::numeric, 0)) AS counted,
    coalesce((proposal ->> 'new_capital')::boolean, false) AS new_capital,
    coalesce((proposal ->> 'new_account')::boolean, false) AS new_account,
    coalesce((proposal ->> 'new_program')::boolean, false) AS new_program
  FROM (SELECT b.detail::jsonb -> 0 AS proposal, b.detail::jsonb -> 1 AS spent) j
  WHERE jsonb_typeof(proposal) = 'object' OR jsonb_typeof(spent) = 'object') d
WHERE y.adopted_on > {_TODAY}""",
        _AGENCY
        | {
            "name": "the line, of an agency whose budget is not adopted yet",
            "base": "what may be spent before adoption (LGA Art. 40), NT$; null while it is not known",
            "counted": "payments counted against the base, less reversals, NT$",
            "headroom": f"{_in_words(PROVISIONAL_FIGURES['headroom'])}, NT$",
            "new_capital": "proposed as new capital spending: barred until adoption",
            "new_account": "proposed as a new account: barred until adoption",
            "new_program": "proposed as a new program: barred until adoption",
        },
    ),
    "board_refusals": View(
        """
SELECT f.partition, f.place, f.at, f.origin, f.line, f.id, f.fiscal_year, f.agency, coalesce(g.name_zh, f.agency) AS agency_zh,
  coalesce(g.name_en, f.agency) AS agency_en, f.reason, f.settled_by IS NOT NULL AS settled
FROM refusals f
LEFT JOIN board_names g ON g.level = 'agency' AND g.key = f.agency""",
        {
            "partition": "of the log",
            "place": "the number of the line in its partition",
            "at": "when it was committed, UTC",
            "origin": "where it came from",
            "line": "its number there",
            "id": "the event's id, where it tells it",
            "fiscal_year": "ROC year, where it tells it",
            "agency": "the agency's code, where it tells it",
            "agency_zh": "the agency's name",
            "agency_en": "the agency's name in English",
            "reason": "why it is refused",
            "settled": "whether an event of its id was accepted since",
        },
    ),
    "board_agencies": View(
        f"""
SELECT y.fiscal_year, y.agency, {_named("y", "y.authority")}, nullif(y.adopted_on, '9999-12-31') AS adopted_on,
  nullif(y.latest, '') AS latest, CASE WHEN y.latest <> '' THEN {_TODAY}::date - y.latest::date END AS days
FROM agency_years y
{_of_names("y", "y.authority")}""",
        _AGENCY
        | {
            "adopted_on": "the day from which its budget is law; null under continuing resolution",
            "latest": "the latest day booked on",
            "days": "since then",
        },
    ),
}
"""By name, in the order in which they are made."""
