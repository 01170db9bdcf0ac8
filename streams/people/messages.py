"""What people's acts leave in the outbox: a reminder, a step up, an answer that was returned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from streams.outbox import STEP
from streams.store import schema
from streams.store.alerts import next_number
from streams.store.store import now


def leave_message(connection: sa.Connection, alert: str, act: int, payload: Mapping[str, Any]) -> None:
    """Put into the outbox what an act about an alert is to tell, under an id of its own: the act's number never repeats."""
    values = {
        "id": f"act-{act}",
        "n": next_number(connection, schema.outbox),
        "kind": STEP,
        "subject": alert,
        "payload": msgspec.json.encode(dict(payload)).decode(),
        "created_at": now(),
    }
    connection.execute(schema.outbox.insert(), values)
