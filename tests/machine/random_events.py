"""Random streams of legal and illegal events over few agencies, lines and ids, so that everything meets everything."""

from __future__ import annotations

import json
from random import Random
from typing import Any

AGENCIES = ("020011", "020012", "050011")
REGISTRY = [
    {
        "code": code,
        "name_zh": f"機關{code}",
        "name_en": f"Agency {code}",
        "authority_code": code[:2],
        "authority_name_zh": f"主管{code[:2]}",
        "authority_name_en": f"Authority {code[:2]}",
        "email": "",
    }
    for code in AGENCIES
]
LINES = (
    "32020110101/current/1000",
    "32020110101/current/2000",
    "32020110101/current/2054",
    "32020110101/capital/3000",
    "32020110101/capital/3035",
    "32020110202/current/4000",
    "32020110202/capital/3000",
    "32020110202/current/5010",
    "70a0101001/current/2000",
    "70a0101001/current/4000",
)
BASES = ("authorised_plan", "prior_year", "statutory", "disaster", "personnel", "debt_service", "council_consent")
YEAR_DAYS = (
    "2025-01-01", "2025-01-02", "2025-01-15", "2025-01-31", "2025-02-06", "2025-02-28", "2025-03-05", "2025-03-31",
    "2025-05-20", "2025-06-30", "2025-09-15", "2025-11-30", "2025-12-31", "2026-01-01", "2026-01-31", "2026-02-28",
)  # fmt: skip
PAPER_DAYS = (*YEAR_DAYS, "2023-01-01", "2024-11-30", "2024-12-16", "2026-12-31")
BAD_DAYS = ("2024-12-31", "2026-03-01", "2022-12-31", "2027-01-01", "2025-02-29", "2025-2-1", "114/01/01")
AMOUNTS = (1, 2, 5, 9, 10, 19, 20, 21, 50, 99, 100, 101, 250, 1_000, 50_000_000, 50_000_001, 120_000_000, 10**15)
BAD_AMOUNTS = (0, -1, 10**15 + 1, 2**63, 2**64 + 1, 1.0, 1e3, True, "5", None, [1])
TAKEN_BACK = ("virement", "carryover", "saving")
"""What can be taken back: it stays together, so that there often is something to take."""
IDS = ("r1", "r2", "r3", "採購-4")


class Generator:
    """Draws events from a random source; the same source gives the same stream."""

    def __init__(
        self, random: Random, fiscal_years: tuple[int, ...] = (114,), agencies: tuple[str, ...] = AGENCIES
    ) -> None:
        self.random = random
        self.fiscal_years = fiscal_years
        self.agencies = agencies
        self.number = 0
        self.sent: list[bytes] = []
        self.seqs: dict[tuple[str, str], int] = {}

    def line(self) -> bytes:
        """One line of a file: mostly an event, sometimes an old one again, sometimes one with something wrong."""
        kind = self.random.random()
        if self.sent and kind < 0.06:
            return self.again(self.random.choice(self.sent))
        event = self.event()
        if kind > 0.93:
            self.spoil(event)
        line = json.dumps(event, ensure_ascii=self.random.random() < 0.3).encode()
        self.sent.append(line)
        return line

    def again(self, line: bytes) -> bytes:
        """A duplicate, or the same id with other content."""
        try:
            event = json.loads(line)
        except ValueError:
            return line
        if not isinstance(event, dict):
            return line
        if self.random.random() < 0.4:
            event["note"] = "resent"
            event["source"], event["seq"] = "cba", self.random.randint(1, 30)
        if self.random.random() < 0.3:
            event["amount"] = self.random.choice(AMOUNTS)
        return json.dumps(event).encode()

    def event(self) -> dict[str, Any]:
        r = self.random
        kind = r.choice(KINDS)
        self.number += 1
        year = r.choice(self.fiscal_years)
        days = (
            PAPER_DAYS
            if kind.startswith(("appropriation", "budget", "allotment", "carryover", "report", "reserve.est"))
            else YEAR_DAYS
        )
        day = r.choice(days)
        event: dict[str, Any] = {
            "id": f"e{self.number}",
            "type": kind,
            "fiscal_year": year,
            "agency": self.agencies[0] if kind.startswith(TAKEN_BACK) and r.random() < 0.7 else r.choice(self.agencies),
            "booked_on": f"{int(day[:4]) + year - 114}{day[4:]}",
        }
        event.update(getattr(self, kind.replace(".", "_"))(event))
        if event["booked_on"][5:] == "02-29":
            event["booked_on"] = event["booked_on"][:8] + "28"
        if r.random() < 0.25:
            event["source"] = r.choice(("cba", "treasury"))
            if r.random() < 0.8:
                key = (event["agency"], event["source"])
                self.seqs[key] = self.seqs.get(key, 0) + r.choice((1, 1, 1, 1, 2, 0))
                event["seq"] = max(1, self.seqs[key] - r.choice((0, 0, 0, 1)))
        if r.random() < 0.1:
            event["recorded_at"] = r.choice(("2025-03-05T10:11:12Z", "2025-03-05T10:11:12.5+08:00"))
        if r.random() < 0.05:
            event["note"] = r.choice(("", "第一行\n第二行\t", "plain"))
        return event

    def amount(self) -> int:
        return self.random.choice(AMOUNTS[:14]) if self.random.random() < 0.9 else self.random.choice(AMOUNTS)

    def spoil(self, event: dict[str, Any]) -> None:
        """Make one thing wrong."""
        r = self.random
        what = r.randrange(9)
        if what == 0:
            event["amount"] = r.choice(BAD_AMOUNTS)
        elif what == 1:
            event["booked_on"] = r.choice(BAD_DAYS)
        elif what == 2:
            event["agency"] = r.choice(("999999", "", "a" * 129, 5))
        elif what == 3:
            event.pop(r.choice(list(event)))
        elif what == 4:
            event["colour"] = "red"
        elif what == 5:
            event["type"] = r.choice(("payment", None, 5, "disbursement.PAID"))
        elif what == 6:
            event[r.choice(list(event))] = None
        elif what == 7:
            event["line"] = r.choice(("32020110101/current/20000", "3202/capital/3000", "32020110101/other/3000", 7))
        else:
            event["recorded_at"] = r.choice(("2025-03-05t10:11:12Z", "2025-03-05 10:11:12Z", "2025-13-05T10:11:12Z"))

    def a_line(self) -> str:
        return self.random.choice(LINES)

    def origin(self, p: float = 0.15) -> dict[str, Any]:
        x = self.random.random()
        return {"origin_year": self.random.choice((112, 113))} if x < p else {"origin_year": 114} if x > 0.97 else {}

    def basis(self) -> dict[str, Any]:
        out: dict[str, Any] = {}
        if self.random.random() < 0.35:
            out["basis"] = self.random.choice(BASES)
        if self.random.random() < 0.3:
            out["basis_ref"] = "府主字第1號"
        return out

    def named(self, *kinds: str, p: float = 0.35) -> dict[str, Any]:
        return {kind: self.random.choice(IDS) for kind in kinds if self.random.random() < p}

    def flags(self, *names: str, p: float = 0.25) -> dict[str, Any]:
        return {name: self.random.random() < 0.8 for name in names if self.random.random() < p}

    def appropriation_proposed(self, _: dict[str, Any]) -> dict[str, Any]:
        out = {"line": self.a_line(), "amount": self.amount()}
        out |= self.flags("new_capital", "new_account", "new_program", "statutory")
        if self.random.random() < 0.5:
            out["prior_year_executed"] = self.random.choice((0, 5, 20, 100, 500))
        if self.random.random() < 0.2:
            out["authorised_plan"] = "計畫"
        return out

    def appropriation_enacted(self, _: dict[str, Any]) -> dict[str, Any]:
        out = {"line": self.a_line(), "amount": self.amount()}
        if self.random.random() < 0.25:
            out["council_cut"] = self.random.choice((0, 10, 100))
            out["amount"] = self.random.choice((0, out["amount"]))
        return out | self.flags("statutory", p=0.1)

    def appropriation_corrected(self, _: dict[str, Any]) -> dict[str, Any]:
        return {
            "line": self.a_line(),
            "stage": self.random.choice(("proposed", "enacted")),
            "amount": self.amount() * self.random.choice((1, -1)),
        }

    def budget_adopted(self, _: dict[str, Any]) -> dict[str, Any]:
        return {}

    def appropriation_supplemented(self, _: dict[str, Any]) -> dict[str, Any]:
        ground = self.random.choice((1, 2, 3, 4))
        return {"line": self.a_line(), "amount": self.amount() * self.random.choice((1, 1, -1)), "ground": ground}

    def allotment_approved(self, _: dict[str, Any]) -> dict[str, Any]:
        months = [self.random.choice((0, 1, 5, 10, 50)) for _ in range(12)]
        revision = self.random.choice((1, 1, 2, 3))
        return {"line": self.a_line(), "months": months, "revision": revision, **self.origin()}

    def two_lines(self) -> dict[str, Any]:
        a, b = self.random.sample(LINES, 2)
        return {"from_line": a, "to_line": b if self.random.random() < 0.97 else a, "amount": self.amount()}

    def virement_approved(self, event: dict[str, Any]) -> dict[str, Any]:
        out = self.two_lines() | self.flags("disaster", "pooled", p=0.15)
        if self.random.random() < 0.5:  # the same id between the same lines, mostly: further lines are a conflict
            n = self.random.choice((0, 0, 1, 2, 3))
            out["virement"] = IDS[n]
            if self.random.random() < 0.8:
                out["from_line"], out["to_line"] = LINES[n], LINES[n + 1]
        elif self.random.random() < 0.1:
            out["virement"] = event["id"]
        return out

    def virement_cancelled(self, _: dict[str, Any]) -> dict[str, Any]:
        return {
            "virement": self.random.choice((*IDS[:2], *IDS, f"e{max(1, self.number - 9)}")),
            "amount": self.little(),
        }

    def hold_placed(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"line": self.a_line(), "amount": self.amount(), "kind": self.random.choice(("council", "section_69"))}

    hold_released = hold_placed

    def little(self) -> int:
        """What is taken back is mostly less than there was."""
        return self.random.choice((1, 1, 2, 5)) if self.random.random() < 0.8 else self.amount()

    def carried(self, event: dict[str, Any], *, case: float) -> dict[str, Any]:
        """Of two lines alone, each with a case of its own, mostly: a case of another line is a conflict."""
        n = self.random.choice((0, 0, 0, 1))
        kind = self.random.choice(("payable", "payable", "payable", "encumbrance", "continuing", "special"))
        out: dict[str, Any] = {
            "line": LINES[n],
            "amount": self.amount(),
            "origin_year": event["fiscal_year"] - 1,
            "kind": kind,
        }
        if self.random.random() < 0.1:
            out["line"] = self.a_line()
        return out | ({"case": IDS[n]} if self.random.random() < case else {})

    def carryover_applied(self, event: dict[str, Any]) -> dict[str, Any]:
        out = self.carried(event, case=1)
        if self.random.random() < 0.3:
            out |= {"ground": "工程未完成", "commitment": "c9", "expected_on": "2026-06-30"}
        return out

    def carryover_approved(self, event: dict[str, Any]) -> dict[str, Any]:
        return self.carried(event, case=0.5) | ({"approval_ref": "府字"} if self.random.random() < 0.2 else {})

    def carryover_declined(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"case": self.random.choice(IDS[:2]), "amount": self.little()}

    def carryover_cancelled(self, event: dict[str, Any]) -> dict[str, Any]:
        out = self.carried(event, case=0.3) | {"amount": self.little()}
        return out if self.random.random() < 0.2 else out | {"line": LINES[0], "kind": "payable"}

    def commitment_made(self, _: dict[str, Any]) -> dict[str, Any]:
        return {
            "line": self.a_line(), "amount": self.amount(), "commitment": self.random.choice(IDS),
            **self.origin(), **self.basis(),
        }  # fmt: skip

    def commitment_cancelled(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"commitment": self.random.choice(IDS), "amount": self.amount()}

    def disbursement_paid(self, _: dict[str, Any]) -> dict[str, Any]:
        return {
            "line": self.a_line(), "amount": self.amount(), **self.voucher(), **self.origin(), **self.basis(),
            **self.named("commitment", "payable", "prepayment", p=0.25),
        }  # fmt: skip

    def disbursement_reversed(self, _: dict[str, Any]) -> dict[str, Any]:
        return {
            "line": self.a_line(), "amount": self.amount(), **self.voucher(), **self.origin(),
            **self.named("commitment", "payable", "prepayment", p=0.25),
        }  # fmt: skip

    def disbursement_recovered(self, event: dict[str, Any]) -> dict[str, Any]:
        year = self.random.choice((event["fiscal_year"], event["fiscal_year"], 113))
        return {"line": self.a_line(), "amount": self.amount(), "original_year": year, **self.origin()}

    def reclassification_booked(self, _: dict[str, Any]) -> dict[str, Any]:
        return self.two_lines() | self.origin()

    def payable_recognised(self, _: dict[str, Any]) -> dict[str, Any]:
        return {
            "line": self.a_line(), "amount": self.amount(), "payable": self.random.choice(IDS), **self.origin(),
            **self.named("commitment"),
        }  # fmt: skip

    def payable_cleared(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"line": self.a_line(), "amount": self.amount(), "payable": self.random.choice(IDS), **self.origin()}

    def prepayment_made(self, _: dict[str, Any]) -> dict[str, Any]:
        return {
            "line": self.a_line(), "amount": self.amount(), "prepayment": self.random.choice(IDS), **self.origin(),
            **self.named("commitment"), **self.basis(),
        }  # fmt: skip

    def prepayment_settled(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"line": self.a_line(), "amount": self.amount(), "prepayment": self.random.choice(IDS), **self.origin()}

    def voucher(self) -> dict[str, Any]:
        """Few vouchers, items and amounts: what was paid before is paid again."""
        out: dict[str, Any] = {"voucher": self.random.choice(("v", "v", "w"))}
        if self.random.random() < 0.2:
            out["item"] = self.random.choice(("1", "2"))
        if self.random.random() < 0.3:
            out |= {"amount": self.random.choice((9_999, 10_000, 12_000))}
        return out

    def saving_declared(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"line": self.random.choice((LINES[3], self.a_line())), "amount": self.amount(), **self.origin(0.05)}

    def saving_withdrawn(self, event: dict[str, Any]) -> dict[str, Any]:
        return self.saving_declared(event) | {"amount": self.little()}

    def provisional_spent(self, _: dict[str, Any]) -> dict[str, Any]:
        out = {"line": self.a_line(), "amount": self.amount(), **self.voucher(), "basis": self.random.choice(BASES)}
        return out | ({"basis_ref": "字號"} if self.random.random() < 0.4 else {})

    def a_case(self) -> dict[str, Any]:
        return {
            "reserve": self.random.choice(("first", "second", "second", "disaster")),
            "case": self.random.choice(IDS),
        }

    def reserve_established(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"reserve": self.a_case()["reserve"], "amount": self.amount()}

    def reserve_requested(self, _: dict[str, Any]) -> dict[str, Any]:
        return {
            **self.a_case(),
            "line": self.a_line(),
            "amount": self.amount(),
            "ground": self.random.choice((1, 2, 3)),
        }

    def reserve_approved(self, _: dict[str, Any]) -> dict[str, Any]:
        out = {**self.a_case(), "line": self.a_line(), "amount": self.amount()}
        if self.random.random() < 0.5:
            out["ground"] = self.random.choice((1, 2, 3, 4, 0, -7))
        if self.random.random() < 0.3:
            out["council_notified_on"] = self.random.choice(("2025-01-01", "2025-12-01", "2025-02-30"))
        if self.random.random() < 0.2:
            out["approval_ref"] = "府字"
        return out | self.flags("council_consent", "disaster", p=0.15)

    def reserve_declined(self, _: dict[str, Any]) -> dict[str, Any]:
        return self.a_case()

    def reserve_cancelled(self, _: dict[str, Any]) -> dict[str, Any]:
        return {**self.a_case(), "amount": self.amount()}

    reserve_returned = reserve_cancelled

    def forecast_declared(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"amount": self.random.choice((0, 50, 90, 100, 1000))}

    def report_filed(self, _: dict[str, Any]) -> dict[str, Any]:
        out = {
            "month": self.random.choice((1, 2, 3, 6, 12, 13)),
            "number": self.random.choice((1, 2, 3, 5, 8, 0, 2**63)),
        }
        return out | ({"version": self.random.choice((1, 2, 3))} if self.random.random() < 0.4 else {})

    def balance_reported(self, event: dict[str, Any]) -> dict[str, Any]:
        ends = ("2025-01-31", "2025-03-31", "2025-06-30", "2025-12-31", "2026-01-31", "2026-02-28", "2025-05-20")
        return {
            "line": self.a_line(), "booked_on": f"{int((day := self.random.choice(ends))[:4]) + event['fiscal_year'] - 114}{day[4:]}",
            "realised": self.random.choice((0, 1, 10, 100, -5)), **self.origin(),
        }  # fmt: skip


KINDS = (
    "appropriation.proposed", "appropriation.enacted", "appropriation.enacted", "appropriation.corrected",
    "budget.adopted", "appropriation.supplemented", "allotment.approved", "virement.approved", "virement.approved",
    "virement.cancelled", "virement.cancelled", "hold.placed", "hold.released", "carryover.applied",
    "carryover.applied", "carryover.approved", "carryover.approved", "carryover.declined", "carryover.cancelled",
    "commitment.made", "commitment.made", "commitment.cancelled", "disbursement.paid", "disbursement.paid",
    "disbursement.paid", "disbursement.paid", "disbursement.reversed", "disbursement.recovered",
    "reclassification.booked", "payable.recognised", "payable.cleared", "prepayment.made", "prepayment.settled",
    "saving.declared", "saving.declared", "saving.withdrawn", "saving.withdrawn", "provisional.spent",
    "provisional.spent", "reserve.established", "reserve.requested", "reserve.approved", "reserve.declined",
    "reserve.cancelled", "reserve.returned", "forecast.declared", "report.filed", "balance.reported",
)  # fmt: skip
