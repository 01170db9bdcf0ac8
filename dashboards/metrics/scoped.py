"""Metrics as somebody who is confined to agencies may see them: what names no agency or authority of theirs is left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from streams.scope import Scope, agency_of_key


class ScopedCollector(Collector):
    """The families of a registry, with the samples that are in a scope; a family without any is left out."""

    def __init__(self, whole: CollectorRegistry, scope: Scope) -> None:
        self._whole, self._scope = whole, scope

    def collect(self) -> Iterator[Metric]:
        """Each family as far as it is in the scope."""
        for family in self._whole.collect():
            samples = [sample for sample in family.samples if is_within(sample.labels, self._scope)]
            if samples:
                found = Metric(family.name, family.documentation, family.type, family.unit)
                found.samples = samples
                yield found


def is_within(labels: Mapping[str, str], scope: Scope) -> bool:
    """Whether a sample is of a level, an agency or an authority in the scope; one that names none is the city's own."""
    if "level" in labels and "key" in labels:
        return scope.has(labels["level"], labels["key"], agency_of_key(labels["level"], labels["key"]))
    if labels.get("agency"):
        return scope.has_agency(labels["agency"])
    if labels.get("authority"):
        return scope.has_authority(labels["authority"])
    return False
