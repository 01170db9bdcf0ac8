"""One broker and one PostgreSQL for all tests of a process; each test has new topics and a new database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.kafka import cluster as parts
from tests.kafka.cluster import Cluster


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with parts.cluster(tmp_path_factory.mktemp("cluster")) as started:
        yield started
