"""How panels look: the city's colours and units, so that a panel's function says only what it shows.

Darker is worse. The palest fill cannot be read as text on white, so values stand on a solid fill or beside it, and never
in the colour of a status.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from grafana_foundation_sdk.builders import bargauge, common, dashboard, stat, statushistory, table, text, timeseries
from grafana_foundation_sdk.models import common as c
from grafana_foundation_sdk.models import dashboard as m
from grafana_foundation_sdk.models.text import TextMode

from dashboards.colours import ACTUAL, STATUS_FILL
from ledger.words import Language, Words

MONEY: Final = "currency:financial:元:suffix"
"""Whole NT$ with thousands, for tables; English ones bear the same sign, for the figure is the same."""
YI: Final = Words("suffix:億元", "suffix:× NT$100M")
"""Grafana never makes 萬 or 億 of a number: queries divide by 1e8."""
SHARE: Final = "percentunit"
POINTS: Final = Words("suffix:個百分點", "suffix:points")
"""Between two shares: × 100."""
COUNT: Final = "none"
NO_DATA: Final = Words("無資料", "no data")


def yi(reader: Language) -> str:
    """The unit of amounts in 億元 (NT$ 100 million)."""
    return YI.text(reader)


def steps(*edges: tuple[float | None, str]) -> dashboard.ThresholdsConfig:
    """Fills from a value on; the first from None, which is below all."""
    made = [m.Threshold(value=value, color=colour) for value, colour in edges]
    return dashboard.ThresholdsConfig().mode(m.ThresholdsMode.ABSOLUTE).steps(made)


def one_fill(colour: str = STATUS_FILL["normal"]) -> dashboard.ThresholdsConfig:
    """No step: nothing about the value is better or worse by itself."""
    return steps((None, colour))


def _by_steps() -> dashboard.FieldColor:
    return dashboard.FieldColor().mode(m.FieldColorModeId.THRESHOLDS)


def _last() -> common.ReduceDataOptions:
    return common.ReduceDataOptions().calcs(["lastNotNull"]).values(False).fields("")


def stat_panel(reader: Language, title: Words, description: Words, unit: str) -> stat.Panel:
    """One number, or one a series, on a solid fill."""
    return (
        stat.Panel()
        .title(title.text(reader))
        .description(description.text(reader))
        .unit(unit)
        .no_value(NO_DATA.text(reader))
        .color_scheme(_by_steps())
        .thresholds(one_fill())
        .reduce_options(_last())
        .color_mode(c.BigValueColorMode.BACKGROUND_SOLID)
        .graph_mode(c.BigValueGraphMode.NONE)
        .text_mode(c.BigValueTextMode.AUTO)
    )


def bars_panel(reader: Language, title: Words, description: Words, unit: str) -> bargauge.Panel:
    """A bar a series, its value in ink beside it."""
    return (
        bargauge.Panel()
        .title(title.text(reader))
        .description(description.text(reader))
        .unit(unit)
        .no_value(NO_DATA.text(reader))
        .color_scheme(_by_steps())
        .thresholds(one_fill(ACTUAL))
        .reduce_options(_last())
        .orientation(c.VizOrientation.HORIZONTAL)
        .display_mode(c.BarGaugeDisplayMode.BASIC)
        .show_unfilled(False)
        .value_mode(c.BarGaugeValueMode.TEXT)
        .name_placement(c.BarGaugeNamePlacement.LEFT)
        .min(0)
    )


def lines_panel(reader: Language, title: Words, description: Words, unit: str) -> timeseries.Panel:
    """Lines over time, each styled by `styled`."""
    legend = common.VizLegendOptions().display_mode(c.LegendDisplayMode.LIST).placement(c.LegendPlacement.BOTTOM)
    return (
        timeseries.Panel()
        .title(title.text(reader))
        .description(description.text(reader))
        .unit(unit)
        .no_value(NO_DATA.text(reader))
        .color_scheme(dashboard.FieldColor().mode(m.FieldColorModeId.FIXED).fixed_color(STATUS_FILL["unjudged"]))
        .line_width(2)
        .fill_opacity(0)
        .show_points(c.VisibilityMode.NEVER)
        .span_nulls(False)
        .legend(legend.show_legend(True))
        .tooltip(common.VizTooltipOptions().mode(c.TooltipDisplayMode.MULTI).sort(c.SortOrder.NONE))
    )


def table_panel(reader: Language, title: Words, description: Words) -> table.Panel:
    """Rows; columns get their unit by override."""
    return (
        table.Panel()
        .title(title.text(reader))
        .description(description.text(reader))
        .unit("string")
        .no_value(NO_DATA.text(reader))
        .color_scheme(_by_steps())
        .thresholds(one_fill())
        .cell_height(c.TableCellHeight.SM)
        .show_header(True)
    )


def history_panel(reader: Language, title: Words, description: Words, unit: str) -> statushistory.Panel:
    """A row a series, a field a month."""
    return (
        statushistory.Panel()
        .title(title.text(reader))
        .description(description.text(reader))
        .unit(unit)
        .no_value(NO_DATA.text(reader))
        .color_scheme(_by_steps())
        .thresholds(one_fill())
        .show_value(c.VisibilityMode.AUTO)
        .row_height(0.9)
        .legend(common.VizLegendOptions().show_legend(False))
    )


def text_panel(reader: Language, title: Words, description: Words, content: Words) -> text.Panel:
    """What is said instead of a list that this store cannot be asked for."""
    made = text.Panel().title(title.text(reader)).description(description.text(reader)).unit("string")
    return made.mode(TextMode.MARKDOWN).content(content.text(reader))


def styled(
    panel: timeseries.Panel,
    name: str,
    colour: str,
    *,
    width: int = 2,
    dash: tuple[float, float] | None = None,
    dots: bool = False,
    stepped: bool = False,
) -> timeseries.Panel:
    """Give a line its colour, width and stroke."""
    stroke: dict[str, object] = {"fill": "solid"}
    if dash is not None:
        stroke = {"fill": "dash", "dash": list(dash)}
    if dots:
        stroke = {"fill": "dot", "dash": [0, 10]}
    properties = [
        m.DynamicConfigValue(id_val="color", value={"mode": "fixed", "fixedColor": colour}),
        m.DynamicConfigValue(id_val="custom.lineWidth", value=width),
        m.DynamicConfigValue(id_val="custom.lineStyle", value=stroke),
    ]
    if stepped:
        properties.append(m.DynamicConfigValue(id_val="custom.lineInterpolation", value="stepAfter"))
    return panel.override_by_name(name, properties)


def words_of(mapping: Mapping[str, tuple[Words, str | None]], reader: Language) -> list[m.ValueMapping]:
    """Values shown as words, on a fill where one is given."""
    options = {
        value: m.ValueMappingResult(text=words.text(reader), color=colour, index=number)
        for number, (value, (words, colour)) in enumerate(mapping.items())
    }
    return [m.ValueMap(options=options)]


def filled() -> list[m.DynamicConfigValue]:
    """A cell on the solid fill of its value."""
    return [m.DynamicConfigValue(id_val="custom.cellOptions", value={"type": "color-background", "mode": "basic"})]


def with_unit(panel: table.Panel, unit: str, *columns: str, decimals: int | None = None) -> table.Panel:
    """Give columns of a table their unit."""
    for name in columns:
        properties = [m.DynamicConfigValue(id_val="unit", value=unit)]
        if decimals is not None:
            properties.append(m.DynamicConfigValue(id_val="decimals", value=decimals))
        panel = panel.override_by_name(name, properties)
    return panel


def linked(panel: table.Panel, column: str, title: str, url: str) -> table.Panel:
    """Let each cell of a column lead to its page."""
    link = {"title": title, "url": url, "targetBlank": True}
    return panel.override_by_name(column, [m.DynamicConfigValue(id_val="links", value=[link])])


def hidden(panel: table.Panel, *columns: str) -> table.Panel:
    """Keep columns for links alone."""
    for name in columns:
        panel = panel.override_by_name(name, [m.DynamicConfigValue(id_val="custom.hidden", value=True)])
    return panel


def wide(panel: table.Panel, column: str, width: int) -> table.Panel:
    """Give a column its width, px."""
    return panel.override_by_name(column, [m.DynamicConfigValue(id_val="custom.width", value=width)])


def narrow(panel: table.Panel, widths: Mapping[str, int]) -> table.Panel:
    """Give columns their width, px, so that what is long has the rest."""
    for column, width in widths.items():
        panel = wide(panel, column, width)
    return panel


def wrapped(panel: table.Panel, column: str) -> table.Panel:
    """Let the words of a column take as many lines as they need."""
    cell = {"type": "auto", "wrapText": True}
    return panel.override_by_name(column, [m.DynamicConfigValue(id_val="custom.cellOptions", value=cell)])


def page_link(reader: Language, path: str) -> dashboard.DashboardLink:
    """The link to the page that explains a panel."""
    return link_to(Words("網頁", "The page").text(reader), "${page}" + path)


def link_to(title: str, url: str) -> dashboard.DashboardLink:
    """A link of a panel, or of its data, to a page or another board."""
    made = dashboard.DashboardLink(title).type(m.DashboardLinkType.LINK).url(url)
    return made.target_blank(url.startswith("${page}"))
