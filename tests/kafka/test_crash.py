"""Brokers that do not answer are waited for; what ends a part of Faust ends the worker, at once and with a line of its own."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any, cast

import faust
import pytest
from faust.exceptions import ProducerSendError

from agents import relay
from streams.kafka.telling import Telling
from tests.kafka.cluster import ROOT, Cluster

_CRASHING = """
import asyncio, sys, faust
from streams.kafka.app import leave_at_a_crash

app = faust.App("crashing", broker=f"kafka://{sys.argv[1]}", store="memory://", web_enabled=False)
leave_at_a_crash(app)

async def one_that_waits_for_what_does_not_come():
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            pass

async def broken():
    raise OSError("no brokers")

app.task()(one_that_waits_for_what_does_not_come)
app.timer(0.1)(broken)
started = faust.Worker(app, quiet=True, redirect_stdouts=False, loglevel="ERROR")
started.spinner = None
started.execute_from_commandline()
"""


def test_a_crash_within_faust_ends_the_process_at_once(cluster: Cluster) -> None:
    command = [sys.executable, "-c", _CRASHING, cluster.kafka.bootstrap]
    path = os.environ | {"PYTHONPATH": str(ROOT)}  # in a folder where Faust may leave its own
    ended = subprocess.run(
        command, cwd=cluster.folder, env=path, capture_output=True, text=True, timeout=30, check=False
    )
    assert ended.returncode == 70, ended.stderr
    assert "budgetwatch: Faust ended: OSError('no brokers')" in ended.stderr.splitlines()


@pytest.mark.parametrize("answer", ["none", "refused"])
def test_what_brokers_do_not_take_is_told_later(answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "_SEND_SECONDS", 0.05)

    async def send(*_: Any) -> asyncio.Future[None]:
        if answer == "refused":
            raise ProducerSendError("Error while sending: KafkaTimeoutError()")
        return asyncio.get_running_loop().create_future()  # never done

    app = cast("faust.App", SimpleNamespace(producer=SimpleNamespace(send=send)))
    telling = [Telling("budget.alerts.v1", b"alert", b"{}", "alert-1")]
    with ThreadPoolExecutor(1) as apart:  # this thread may have a loop that runs: a browser's, of another test
        assert apart.submit(lambda: asyncio.run(relay._send(app, telling))).result() == []
