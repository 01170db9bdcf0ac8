"""New capital under continuing resolution: capital outlay that is new is begun before the budget is law."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.continuing_resolution import spending_on_new
from alerts.judgement import Act, Finding, Parameters


def findings(act: Act, p: Parameters) -> Sequence[Finding]:
    """Spending on a line proposed as new capital outlay, NT$ (LGA §40 III(2): 新興資本支出 waits)."""
    return spending_on_new(act, "new_capital")
