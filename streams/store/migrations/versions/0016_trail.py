"""The trail is bound by a key; passwords, and requests to judge a day, stand in tables whose rows are only added."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
GUARDED_FROM_HERE = (
    *("acts", "credentials", "session_generations", "presented_lists", "failed_log_ins", "judgement_requests"),
    *("answer_links", "link_openings", "link_uses", "notices", "notice_attachments"),
)
"""Tables whose rows are only added, made here or before: a store gets its triggers for them when this is run."""


def upgrade() -> None:
    """Make columns and tables; passwords move from the users. The chain itself is begun once they stand."""
    for name, comment in (
        ("credential", "session, token, local, command line …"),
        ("credential_id", None),
        ("key", "fingerprint of the key that the next row is bound by; null in the first version's"),
        ("seals", "JSON: by table and key, the digest of each row that the act added or changed"),
    ):
        op.add_column("acts", sa.Column(name, sa.Text(), comment=comment))
    op.add_column(
        "segments",
        sa.Column("seal", sa.Text(), comment="by the key of the trail: of where, when and in what lines it came"),
    )
    op.add_column(
        "judgements", sa.Column("asked", sa.BigInteger(), comment="the request that it answers, and all before it")
    )
    _added_to(
        "credentials",
        sa.Column("name", sa.Text(), nullable=False, comment="the user's"),
        sa.Column("password_hash", sa.Text(), nullable=False),
    )
    op.create_index("ix_credentials_name", "credentials", ["name"])
    _added_to("judgement_requests", sa.Column("day", sa.Text(), nullable=False))
    op.execute(
        "INSERT INTO credentials (name, password_hash, at)"
        " SELECT name, password_hash, created_at FROM users ORDER BY name"
    )
    op.drop_column("users", "password_hash")


def _added_to(name: str, *columns: sa.Column[str]) -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        name,
        sa.Column("n", number, primary_key=True, autoincrement=True, nullable=False),
        *columns,
        sa.Column("at", sa.Text(), nullable=False),
    )
