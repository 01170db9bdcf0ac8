// Draws one board with Grafana's own components. What it is given stands in `window.look`: the board as Grafana gets it,
// and for each panel the data frames that its queries brought.
const {
  createTheme, dateTime, FieldType, getDisplayProcessor, getFieldDisplayValues, standardTransformers,
  standardTransformersRegistry, ThemeContext, toDataFrame, transformDataFrame, VizOrientation,
} = require('@grafana/data');
const { initPluginTranslations } = require('@grafana/i18n');
const { BarGauge, BigValue, GlobalStyles, PanelChrome, Table, TimeSeries, VizRepeater } = require('@grafana/ui');
const { createRoot } = require('react-dom/client');
const { lastValueFrom } = require('rxjs');

const moment = require('moment');
require('moment/locale/zh-tw');

const UNIT = 38; // px a row of the grid, with its gap
const GAP = 8;
const { board, frames, width } = window.look;
moment.locale(/[\u4e00-\u9fff]/.test(board.title) ? 'zh-tw' : 'en'); // as a Grafana of that language does
const theme = createTheme({ colors: { mode: 'light' } });
const timeZone = 'Asia/Taipei';
const column = (width - GAP) / 24;

standardTransformersRegistry.setInit(() =>
  [...new Map(Object.values(standardTransformers).map((one) => [one.id, one])).values()]
    .map((one) => ({ id: one.id, name: one.name, transformation: async () => one, editor: () => null })));

function put(target, path, value) {
  const keys = path.split('.');
  const last = keys.pop();
  keys.reduce((at, key) => (at[key] ??= {}), target)[last] = value;
}

// A field's settings as the board gives them: those of all fields, and its own over them.
function settled(panel, frame, field) {
  const config = structuredClone({ ...panel.fieldConfig.defaults, ...field.config });
  for (const { matcher, properties } of panel.fieldConfig.overrides) {
    const name = field.config.displayNameFromDS ?? config.displayName ?? field.name;
    const hit = matcher.id === 'byName' ? matcher.options === name || matcher.options === field.name
      : matcher.id === 'byRegexp' ? new RegExp(matcher.options.replace(/^\/|\/$/g, '')).test(name)
      : matcher.id === 'byFrameRefID' ? matcher.options === frame.refId
      : matcher.id === 'byType' ? matcher.options === field.type : false;
    if (!hit) continue;
    for (const { id, value } of properties) put(config, id, value);
  }
  return config;
}

async function prepared(panel) {
  let data = (frames[panel.id] ?? []).map((one) => toDataFrame(one));
  if (panel.transformations?.length) {
    data = await lastValueFrom(transformDataFrame(panel.transformations, data));
  }
  for (const frame of data) {
    frame.fields = frame.fields.filter((field) => !settled(panel, frame, field).custom?.hidden);
    for (const field of frame.fields) {
      field.config = settled(panel, frame, field);
      field.display = getDisplayProcessor({ field, theme, timeZone });
      field.getLinks = () => [];
    }
  }
  return data;
}

function Values({ panel, data, width, height }) {
  const values = getFieldDisplayValues({
    data, theme, timeZone, fieldConfig: { defaults: {}, overrides: [] }, reduceOptions: panel.options.reduceOptions,
    replaceVariables: (text) => text, sparkline: false,
  });
  const isStat = panel.type === 'stat';
  const named = values.length > 1;
  const orientation = { horizontal: VizOrientation.Horizontal, vertical: VizOrientation.Vertical }[panel.options.orientation]
    ?? VizOrientation.Auto;
  return (
    <VizRepeater
      source={values} width={width} height={height} orientation={orientation} itemSpacing={isStat ? 3 : 8}
      getValues={() => values} renderCounter={0} autoGrid minVizHeight={isStat ? 10 : 16} minVizWidth={10}
      renderValue={({ value, width, height, count }) => isStat ? (
        <BigValue
          value={{ ...value.display, title: named || panel.options.textMode === 'value_and_name' ? value.display.title : '' }}
          width={width} height={height} theme={theme} colorMode={panel.options.colorMode} graphMode="none"
          justifyMode={panel.options.justifyMode ?? 'auto'} textMode={named ? 'value_and_name' : panel.options.textMode} count={count}
        />
      ) : (
        <BarGauge
          value={value.display} field={value.field} display={value.view?.getFieldDisplayProcessor(value.colIndex)}
          width={width} height={height} theme={theme} orientation={VizOrientation.Horizontal} itemSpacing={8} lcdCellWidth={12}
          displayMode={panel.options.displayMode} valueDisplayMode={panel.options.valueMode}
          namePlacement={panel.options.namePlacement}
        />
      )}
    />
  );
}

function Lines({ panel, data, width, height }) {
  const times = data.flatMap((frame) => frame.fields.filter((one) => one.type === FieldType.time).flatMap((one) => one.values));
  const [from, to] = [dateTime(Math.min(...times)), dateTime(Math.max(...times))];
  for (const frame of data) {
    for (const field of frame.fields.filter((one) => one.type === FieldType.number)) {
      field.config.custom = {
        drawStyle: 'line', axisPlacement: 'auto', axisColorMode: 'text', lineInterpolation: 'linear', ...field.config.custom,
      };
    }
  }
  return (
    <TimeSeries
      frames={data} structureRev={1} timeRange={{ from, to, raw: { from, to } }} timeZone={timeZone} width={width} height={height}
      legend={panel.options.legend} options={{}}
    />
  );
}

// The component of this kind is part of the server's bundle, in no package: a table of the same cells and fills stands in.
function StandIn({ data }) {
  const [frame] = data;
  if (!frame) return <p>—</p>;
  const [first, ...rest] = data.length > 1 ? data : [frame];
  const rows = [first, ...rest].flatMap((one) => one.fields.filter((field) => field.type !== FieldType.time).map((field) => field));
  return (
    <div style={{ overflow: 'hidden', fontSize: 11 }}>
      <div style={{ opacity: 0.7 }}>stand-in: this component is in no package</div>
      {rows.slice(0, 14).map((field, number) => (
        <div key={number} style={{ display: 'flex', gap: 2, marginBottom: 2 }}>
          <span style={{ width: 260, overflow: 'hidden', whiteSpace: 'nowrap' }}>{field.config.displayNameFromDS ?? field.name}</span>
          {field.values.map((value, at) => {
            const shown = field.display(value);
            return <span key={at} style={{ flex: 1, background: shown.color, color: theme.colors.getContrastText(shown.color ?? '#fff'), textAlign: 'center' }}>{shown.text}</span>;
          })}
        </div>
      ))}
    </div>
  );
}

function Rows({ panel, data, width, height }) {
  const { sortBy, cellHeight } = panel.options;
  return data[0] ? <Table data={data[0]} width={width} height={height} cellHeight={cellHeight} initialSortBy={sortBy} /> : <p>—</p>;
}

const DRAWN = { stat: Values, bargauge: Values, timeseries: Lines, table: Rows, 'status-history': StandIn };

function Panel({ panel, data }) {
  const { x, y, w, h } = panel.gridPos;
  const Drawn = DRAWN[panel.type];
  const box = { position: 'absolute', left: GAP + x * column, top: GAP + y * UNIT, width: w * column - GAP, height: h * UNIT - GAP };
  return (
    <div style={box}>
      <PanelChrome title={panel.title} description={panel.description} width={box.width} height={box.height}>
        {(width, height) => Drawn
          ? data.some((frame) => frame.length) ? <Drawn panel={panel} data={data} width={width} height={height} />
            : <div style={{ textAlign: 'center', paddingTop: height / 3 }}>{panel.fieldConfig.defaults.noValue}</div>
          : <pre style={{ whiteSpace: 'pre-wrap' }}>{panel.options.content}</pre>}
      </PanelChrome>
    </div>
  );
}

async function main() {
  await initPluginTranslations('grafana');
  const drawn = await Promise.all(board.panels.map(async (panel) => ({ panel, data: await prepared(panel) })));
  const height = Math.max(...board.panels.map(({ gridPos }) => gridPos.y + gridPos.h)) * UNIT + GAP;
  createRoot(document.getElementById('board')).render(
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <div id="drawn" style={{ position: 'relative', width, height, background: theme.colors.background.canvas }}>
        {drawn.map(({ panel, data }) => <Panel key={panel.id} panel={panel} data={data} />)}
      </div>
    </ThemeContext.Provider>,
  );
}

void main();
