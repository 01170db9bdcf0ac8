"""What is wrong with a store or its log, said in one line."""

from __future__ import annotations


class StoreError(Exception):
    """The store cannot be read or written now; the message says why."""


class LogBroken(StoreError):
    """A part of the log is missing or is not what was written: from `place` on nothing can be folded again."""

    def __init__(self, message: str, place: int) -> None:
        super().__init__(message)
        self.place = place


class StoreUnavailable(StoreError):
    """The database is away, full, shutting down or gave the transaction up: the same again may succeed."""


class StoreRefused(StoreError):
    """The store is not as this version must have it; the message says what to do."""


class OlderSchema(StoreRefused):
    """The store was made by an earlier version and not brought forward yet."""


class KafkaUnavailable(StoreUnavailable):
    """The brokers do not answer, or cannot now; the message says what is known of it."""


class KafkaRefused(StoreRefused):
    """The brokers do not let us in, or we do not trust them; settings, certificates or rights must be changed first."""


class RowsDamaged(StoreRefused):
    """A row of the store cannot be read as what it was written."""

    def __init__(self, reason: object) -> None:
        super().__init__(
            f"a row of the store cannot be read ({reason}); `budgetwatch audit` names it: restore a backup, or `rebuild`"
        )


class MarkMissing(StoreRefused):
    """There is no mark that says up to where the log was folded, and yet something was folded."""

    def __init__(self) -> None:
        super().__init__(
            "the store's mark, which says up to where its log was folded, is gone: nothing can go on from here;"
            " see `budgetwatch audit`, then restore a backup, or `rebuild`"
        )


class RowMissing(StoreRefused):
    """A row belongs to another that the store lacks: `what` names it. Figures cannot be loaded from it."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what}: the row that it belongs to is missing from the store; see `budgetwatch audit`, then `rebuild`"
        )
        self.what = what
