"""New account under continuing resolution: an account that is new is used before the budget is law."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.continuing_resolution import spending_on_new
from alerts.judgement import Act, Finding, Parameters


def findings(act: Act, p: Parameters) -> Sequence[Finding]:
    """Spending on a line proposed as a new account, NT$ (LGA §40 III(2): 新增科目 waits)."""
    return spending_on_new(act, "new_account")
