"""Brokers that do not answer are waited for; what ends a part of Faust ends the worker, at once and with a line of its own."""

from __future__ import annotations

import gc
import os
import socket
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest

from producers.kafka.connection import connection_to
from producers.kafka.sending import RecordSender
from producers.kafka.wire import ALERTS, RECORD_BYTES_MAX
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


def test_brokers_that_do_not_answer_leave_the_outbox_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """One address takes no connection, the other takes them and stays silent."""
    monkeypatch.setattr("producers.kafka.sending.SEND_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent, socket.create_server(("127.0.0.1", 0)) as gone:
        ports = [silent.getsockname()[1], gone.getsockname()[1]]
        gone.close()
        for port in ports:
            sender = RecordSender(connection_to(f"127.0.0.1:{port}"), "test")
            with ThreadPoolExecutor(1) as beside:  # this thread may have a loop that runs: a browser's, of another test
                sent = beside.submit(sender.send, ALERTS, [(b"alert", b"{}"), (b"alert", b"{}")]).result()
            assert len(sent) == 2 and all(sent), "of each it is said why not"
            sender.close()
    with warnings.catch_warnings():  # a client of kafka-python that reached nobody leaves its socket to the collector
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def test_a_record_that_is_too_large_holds_up_no_other(cluster: Cluster) -> None:
    cluster.make_topics()
    sender = RecordSender(cluster.connection, "test")
    records = [(b"a", b"{}"), (b"b", b"x" * (RECORD_BYTES_MAX + 1)), (b"c", b"{}")]
    sent = sender.send(ALERTS, records)
    sender.close()
    assert sent[0] is None and sent[2] is None
    assert sent[1] is not None and "larger" in sent[1]
    assert {record.key for record in cluster.topic(ALERTS)} == {b"a", b"c"}
