"""What of the metrics somebody asks for, and may see: of some levels and agencies, and nothing else is made."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from prometheus_client.core import Metric

from dashboards.metrics.snapshot import LEVELS
from ledger.books import Books
from streams.scope import EVERYTHING, Scope, agency_of_key


class SamplesAsked(msgspec.Struct, frozen=True):
    """Which samples."""

    scope: Scope = EVERYTHING
    levels: frozenset[str] = LEVELS
    agencies: frozenset[str] | None = None
    """None: of all in the scope."""

    @property
    def whole(self) -> bool:
        """Whether what names no agency is in it too: the log, the reserves of the city, the lagging list."""
        return self.scope.whole and self.agencies is None

    def books(self, books: Books) -> Books:
        """As much of the books as its figures are made of."""
        if (self.scope.whole or self.scope.city) and self.agencies is None:
            return books
        part = Books()
        part.time_alerts = books.time_alerts
        part.funds = books.funds
        for fiscal_year, agencies in books.years.items():
            part.years[fiscal_year] = {
                code: year
                for code, year in agencies.items()
                if (code in self.agencies if self.agencies is not None else self._has(code, year.authority))
            }
        return part

    def of(self, family: Metric) -> Metric | None:
        """A family with the samples that are in it; None where there is none."""
        if self.whole:
            return family
        samples = [sample for sample in family.samples if self._shows(sample.labels)]
        if not samples:
            return None
        found = Metric(family.name, family.documentation, family.type, family.unit)
        found.samples = samples
        return found

    def _has(self, agency: str, authority: str) -> bool:
        return self.scope.has_agency(agency) or authority in self.scope.authorities

    def _shows(self, labels: Mapping[str, str]) -> bool:
        if self.agencies is not None and agency_named(labels) not in self.agencies:
            return False
        return is_within(labels, self.scope)


def agency_named(labels: Mapping[str, str]) -> str | None:
    """The agency that a sample is of."""
    if "level" in labels and "key" in labels:
        return agency_of_key(labels["level"], labels["key"])
    return labels.get("agency") or None


def is_within(labels: Mapping[str, str], scope: Scope) -> bool:
    """Whether a sample is of a level, an agency or an authority in the scope; one that names none is the city's own."""
    if "level" in labels and "key" in labels:
        return scope.has(labels["level"], labels["key"], agency_of_key(labels["level"], labels["key"]))
    if labels.get("agency"):
        return scope.has_agency(labels["agency"])
    if labels.get("authority"):
        return scope.has_authority(labels["authority"])
    return False
