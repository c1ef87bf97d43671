// Draws the charts of a page. A chart is `<figure class="chart">` with an empty `.plot`, its figures
// as a JSON data block, and the same figures as a table for those who cannot see the drawing.
"use strict";

(() => {
  const TONES = {
    accent: "--accent", quiet: "--quiet", met: "--met", undecided: "--undecided",
    violated: "--violated", agent: "--agent", customer: "--customer",
  };
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const tone = (name) => token(TONES[name] || TONES.accent);

  function shown(value, spec) {
    if (value === null || value === undefined) return "–";
    return value.toFixed(spec.decimals) + spec.unit;
  }

  function faint(colour, share) {
    const canvas = document.createElement("canvas").getContext("2d");
    canvas.fillStyle = colour;
    const [r, g, b] = canvas.fillStyle.match(/[0-9a-f]{2}/gi).map((part) => parseInt(part, 16));
    return `rgba(${r},${g},${b},${share})`;
  }

  // Weeks that rest on few calls are hollow: they are there, but say little.
  function points(series, colour) {
    return series.values.map((value, at) => {
      const few = series.few && series.few[at];
      return { value, itemStyle: few ? { color: token("--panel"), borderColor: colour } : { color: colour, borderColor: colour } };
    });
  }

  function line(series) {
    const colour = tone(series.tone);
    return {
      type: "line", name: series.name, data: points(series, colour), connectNulls: false,
      symbol: series.plain ? "none" : "circle", symbolSize: 7, z: series.plain ? 3 : 4,
      lineStyle: { color: colour, width: series.plain ? 1.5 : 2.5, type: series.plain ? "dashed" : "solid" },
      itemStyle: { color: colour, borderWidth: 2 }, animation: false, emphasis: { disabled: true },
    };
  }

  // A band is drawn as an unseen base and, stacked upon it, what lies between its edges.
  function band(series) {
    const base = {
      type: "line", stack: series.name, symbol: "none", silent: true, animation: false,
      lineStyle: { opacity: 0 }, tooltip: { show: false }, z: 1, stackStrategy: "all",
    };
    const between = series.high.map((high, at) => (high === null ? null : high - series.low[at]));
    return [
      { ...base, data: series.low },
      { ...base, data: between, areaStyle: { color: faint(tone(series.tone), 0.16) } },
    ];
  }

  function column(series) {
    const colour = tone(series.tone);
    return {
      type: "bar", name: series.name, data: series.values, stack: series.stack || undefined,
      itemStyle: { color: colour, borderRadius: series.stack ? 0 : [3, 3, 0, 0] }, barMaxWidth: 34,
      barCategoryGap: "22%", animation: false, emphasis: { disabled: true },
    };
  }

  function drawn(spec) {
    return spec.series.flatMap((series) => {
      if (series.low) return band(series);
      return [spec.kind === "columns" ? column(series) : line(series)];
    });
  }

  function lines(spec, at) {
    const told = spec.series.map((series) => {
      if (series.low) {
        const edge = series.low[at] === null ? "–" : `${shown(series.low[at], spec)} … ${shown(series.high[at], spec)}`;
        return `${series.name}  ${edge}`;
      }
      const count = series.counts ? `  (${series.counts[at]})` : "";
      return `${series.name}  ${shown(series.values[at], spec)}${count}`;
    });
    return [(spec.long || spec.labels)[at], ...told].join("\n");
  }

  function option(spec) {
    const quiet = { color: token("--quiet"), fontSize: 12 };
    return {
      animation: false,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      grid: { left: 8, right: 14, top: 14, bottom: 4, containLabel: true },
      // Drawn on the canvas: names come from people, and the page allows no inline style.
      tooltip: {
        trigger: "axis", renderMode: "richText", confine: true, transitionDuration: 0,
        axisPointer: { type: spec.kind === "columns" ? "shadow" : "line", lineStyle: { color: token("--line") }, shadowStyle: { color: faint(token("--quiet"), 0.08) } },
        backgroundColor: token("--panel"), borderColor: token("--line"), borderWidth: 1,
        textStyle: { color: token("--text"), fontSize: 12 },
        formatter: (items) => (items.length ? lines(spec, items[0].dataIndex) : ""),
      },
      xAxis: {
        type: "category", data: spec.labels, boundaryGap: spec.kind === "columns",
        axisLabel: { ...quiet, hideOverlap: true }, axisTick: { show: false },
        axisLine: { lineStyle: { color: token("--line") } },
      },
      yAxis: {
        type: "value", min: spec.min ?? undefined, max: spec.max ?? undefined, minInterval: spec.decimals ? undefined : 1,
        splitNumber: 4, axisLabel: { ...quiet, formatter: (value) => value + spec.unit },
        splitLine: { lineStyle: { color: token("--soft") } },
      },
      series: drawn(spec),
    };
  }

  const all = [];
  for (const figure of document.querySelectorAll("figure.chart")) {
    const block = figure.querySelector("script[type='application/json']");
    const plot = figure.querySelector(".plot");
    if (!block || !plot || !window.echarts) continue;
    const spec = JSON.parse(block.textContent);
    const chart = window.echarts.init(plot, null, { renderer: "canvas", devicePixelRatio: Math.max(2, window.devicePixelRatio || 1) });
    all.push({ chart, spec });
    new ResizeObserver(() => chart.resize()).observe(plot);
  }
  const draw = () => all.forEach(({ chart, spec }) => chart.setOption(option(spec), true));
  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  new MutationObserver(draw).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });

  // Paper is white, whatever the screen is.
  let before = null;
  addEventListener("beforeprint", () => {
    before = document.documentElement.getAttribute("data-theme");
    document.documentElement.setAttribute("data-theme", "light");
    draw();
  });
  addEventListener("afterprint", () => {
    if (before === null) document.documentElement.removeAttribute("data-theme");
    else document.documentElement.setAttribute("data-theme", before);
    draw();
  });
})();
