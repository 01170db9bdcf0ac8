"""What Prometheus scrapes (CONTRACT §6), each metric declared once.

Figures are read from the books at the moment of a scrape; lines are left out (there are too many), and so is every label
that events could make up. Money is `_twd`, shares are `_ratio` from 0 to 1. Of fiscal years those are shown whose books are
open; years that are closed stay in Prometheus as they were.
"""

from dashboards.metrics.collector import FigureCollector, MetricsRegistry, registry_of
from dashboards.metrics.instruments import Instruments
from dashboards.metrics.scoped import SamplesAsked

__all__ = ["FigureCollector", "Instruments", "MetricsRegistry", "SamplesAsked", "registry_of"]
