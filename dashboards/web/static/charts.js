// Draws the charts whose data stand in the page; draws them again when the data change.

const drawn = new Map();

function draw() {
  for (const data of document.querySelectorAll("script[data-chart]")) {
    const chart = document.getElementById(data.dataset.chart);
    if (!chart || drawn.get(chart) === data.textContent) continue;
    const first = !drawn.has(chart);
    drawn.set(chart, data.textContent);
    const { data: lines, layout } = JSON.parse(data.textContent);
    const config = { displayModeBar: false, responsive: true, locale: "en" };
    if (first) chart.replaceChildren();
    window.Plotly[first ? "newPlot" : "react"](chart, lines, layout, config);
  }
}

if (window.Plotly) draw();
else window.addEventListener("load", draw);
document.addEventListener("refreshed", () => window.Plotly && draw());
