"""New program under continuing resolution: a program that is new is begun before the budget is law."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.continuing_resolution import spending_on_new
from alerts.judgement import Act, Finding, Parameters


def findings(act: Act, p: Parameters) -> Sequence[Finding]:
    """Spending on a line proposed as a new program, NT$ (Budget Act §54(2): 新增計畫 waits).

    A warning, for the city's own law speaks of accounts (LGA §40 III(2)). `critical` is the flag to set where the
    city's rules speak of programs too.
    """
    return spending_on_new(act, "new_program", "critical" if p["critical"] else None)
