"""What bookings change of a position is kept apart from its budget, which is written when it changes."""

from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op

from streams.store.schema import Money, MonthsColumn

revision = "0004"
down_revision = "0003"

_KEY = '"fiscal_year", "agency", "name"'
_SPENT = ("line", "origin_year", "month_last", "realised", "prepaid", "payable", "committed")
_GRANTED = ("original", "supplemented", "reserve_in", "virement_in", "virement_out", "held", "carryover")
_FURTHER = ("saving", "council_cut", "correction_awaiting")


def upgrade() -> None:
    """Both tables are made anew: dropping columns one by one would write every row as often on SQLite."""
    op.create_table(
        "position_budgets",
        *_key(),
        *(sa.Column(name, Money(), nullable=False) for name in (*_GRANTED, *_FURTHER)),
        sa.Column("allotment_revision", sa.BigInteger(), nullable=False),
        sa.Column("statutory", sa.Boolean(), nullable=False),
        sa.Column("has_money", sa.Boolean(), nullable=False),
        sa.Column("allotment", MonthsColumn(), nullable=True),
        sa.Column("allotment_under_cr", MonthsColumn(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True, comment="JSON: proposal, provisional spending, balance reported"),
        sa.PrimaryKeyConstraint("fiscal_year", "agency", "name"),
    )
    further = ("allotment_revision", "statutory", "has_money", "allotment", "allotment_under_cr", "detail")
    _copy("positions", "position_budgets", (*_GRANTED, *_FURTHER, *further))
    spent = _named((*_SPENT, "realised_by_month", "prepaid_by_month"))
    op.execute(f"CREATE TABLE spent_before AS SELECT {_KEY}, {spent} FROM positions")  # noqa: S608
    op.drop_table("positions")
    op.create_table(
        "positions",
        *_key(),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("origin_year", sa.SmallInteger(), nullable=False),
        sa.Column("month_last", sa.SmallInteger(), nullable=False),
        *(sa.Column(name, Money(), nullable=False) for name in ("realised", "prepaid", "payable", "committed")),
        sa.Column("realised_by_month", MonthsColumn(), nullable=True),
        sa.Column("prepaid_by_month", MonthsColumn(), nullable=True),
        sa.PrimaryKeyConstraint("fiscal_year", "agency", "name"),
    )
    _copy("spent_before", "positions", (*_SPENT, "realised_by_month", "prepaid_by_month"))
    op.drop_table("spent_before")


def _key() -> list[sa.Column[object]]:
    return [
        sa.Column("fiscal_year", sa.SmallInteger(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
    ]


def _named(columns: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def _copy(source: str, target: str, columns: Iterable[str]) -> None:
    names = f"{_KEY}, {_named(columns)}"
    op.execute(f'INSERT INTO "{target}" ({names}) SELECT {names} FROM "{source}"')  # noqa: S608
