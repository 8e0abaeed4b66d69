"use strict";
// Panels: what is shown of a document in a state, as traces and layouts of Plotly. Nothing here
// changes the state; every text of a document goes through plain() before Plotly reads it.

const DARK = { "plateau": "#EDB120", "near-optimal": "#58AEE8", "overfitting": "#F272AE",
  "other": "#9A9A9A", "unlabelled": "#9A9A9A" };
const SYMBOLS = { point: "circle", line: "square", manifold: "pentagon", infinity: "triangle-up" };
const KIND_NAMES = { point: "point", line: "line (split or silent)", manifold: "manifold",
  infinity: "set at infinity" };
const EVENTS = { "fold": ["circle-open", "○"], "arrival": ["star-open", "☆"],
  "branch point": ["diamond-open", "◇"], "switch": ["square-open", "□"],
  "stopped": ["x-thin-open", "×"] };
const BRIEF = { "near-optimal": "near-opt.", "overfitting": "overfit.", "unlabelled": "?" };
const BARS = [0.72, 0.36, 0.16];
const TICKS = [0, 0.3, 1, 3, 10, Infinity];
const TOGETHER = 0.02, APART = 0.036;

const plain = text => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
const short = value => value === null || value === undefined ? "–"
  : value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential(3) : String(Number(value.toPrecision(5)));
// Ticks of a logarithmic axis: 1, 2, 5 where it spans decades, else as Plotly has them.
const logarithmic = values => ({ type: "log", exponentformat: "power",
  ...(Math.max(...values) > 10 * Math.min(...values) ? { dtick: "D2" } : { nticks: 5 }) });
const compact = w => w === Infinity ? 1 : w / (1 + w);
const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const isDark = () => document.documentElement.dataset.theme === "dark";
const colour = region => isDark() ? DARK[region] : PAYLOAD.colours[region];

const frameOf = s => s.doc.frames[s.frame];
const intervalOf = s => { const k = frameOf(s).interval; return k === null ? null : s.doc.intervals[k]; };

function nodeOf(s, set) {
  const here = intervalOf(s);
  if (here && here.nodes[set]) return here.nodes[set];
  return s.doc.intervals.map(i => i.nodes[set]).find(Boolean) || {};
}

function summary(s, k) {
  const f = frameOf(s), set = f.set[k], node = nodeOf(s, set);
  return `<b>${set + 1} ${plain(s.doc.sets[set])}</b><br>${plain(f.region[k])}, index ${f.index[k]}` +
    `${f.attracting[k] ? ", attracting" : ""}<br>loss ${short(f.loss[k])}` +
    (node.excess_risk == null ? "" : `<br>excess risk ${short(node.excess_risk)}`) +
    `<br>orbit of ${node.orbit_size ?? "?"}<br>${plain(f.where[k])}`;
}

function base(more) {
  const axis = { gridcolor: css("--line"), zeroline: false, linecolor: css("--soft"), automargin: true };
  const { xaxis = {}, yaxis = {}, ...rest } = more;
  return { paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", showlegend: false,
    font: { color: css("--ink"), size: 12, family: 'system-ui, "Segoe UI", "DejaVu Sans", sans-serif' }, margin: { l: 48, r: 12, t: 8, b: 42 }, dragmode: "pan",
    hoverlabel: { align: "left", bgcolor: css("--card"), bordercolor: css("--soft"),
      font: { color: css("--ink"), size: 12 } }, hovermode: "closest",
    xaxis: { ...axis, ...xaxis }, yaxis: { ...axis, ...yaxis }, ...rest };
}

function markers(s, x, y) {
  const f = frameOf(s), chosen = f.set.map(set => set === s.selected);
  const tint = f.region.map(colour);
  return { type: "scatter", mode: "markers+text", x, y, customdata: f.set, cliponaxis: false,
    hovertext: f.set.map((_, k) => summary(s, k)), hoverinfo: "text",
    text: f.set.map((set, k) => chosen[k] ? `<b>${set + 1} ${plain(s.doc.sets[set])}</b>` : String(set + 1)),
    textposition: x.map(v => v - Math.min(...x) > 0.7 * (Math.max(...x) - Math.min(...x)) ? "top left" : "top right"), textfont: { size: 11, color: css("--ink") },
    marker: { symbol: f.set.map(set => SYMBOLS[nodeOf(s, set).kind] || "circle"),
      size: chosen.map(c => c ? 17 : 11), color: f.attracting.map((a, k) => a ? tint[k] : css("--card")),
      line: { color: chosen.map((c, k) => c ? css("--accent") : tint[k]), width: chosen.map(c => c ? 3 : 2) } } };
}

// Sets that stand at one place are drawn beside each other.
function spread(x, y, unit) {
  const groups = new Map();
  x.forEach((value, k) => {
    const key = `${Math.round(value / TOGETHER / unit)},${Math.round(y[k] / TOGETHER / unit)}`;
    groups.set(key, [...(groups.get(key) || []), k]);
  });
  const moved = [...x];
  for (const members of groups.values()) {
    members.forEach((k, i) => { moved[k] = x[k] + APART * unit * (i - (members.length - 1) / 2); });
  }
  return moved;
}

function mapAt(map, p) {
  if (map.at.length === 1) return map.rows[0];
  if (!map.exact) {
    const gaps = map.at.map(at => Math.abs(at - p));
    return map.rows[gaps.indexOf(Math.min(...gaps))];
  }
  const weights = map.at.map((a, i) =>
    map.at.reduce((product, b, j) => j === i ? product : product * (p - b) / (a - b), 1));
  return map.rows[0].map((row, i) => row.map((_, j) =>
    weights.reduce((sum, w, k) => sum + w * map.rows[k][i][j], 0)));
}

function landscape(s) {
  const f = frameOf(s), here = intervalOf(s), map = s.doc.map, traces = [];
  const extent = Math.max(1e-9, ...["x", "y"].map(c => Math.max(...f[c]) - Math.min(...f[c])));
  const unit = map ? 1 : extent;
  if (map) {
    const lowest = Math.min(...f.loss), excess = value => lowest > 0 ? value / lowest - 1 : value;
    const z = mapAt(map, f.p).map((row, i) => map.axis.map((_, j) =>
      j > i ? null : Math.log10(Math.max(excess(row[j]), 1e-5))));
    traces.push({ type: "heatmap", x: map.axis, y: map.axis, z, zsmooth: "fast", hoverinfo: "skip",
      colorscale: isDark() ? [[0, "#2f7ea8"], [0.5, "#1d4055"], [1, "#171e24"]]
        : [[0, "#6c9cbd"], [0.5, "#c3d6e3"], [1, "#f8fafb"]],
      colorbar: { title: { text: lowest > 0 ? "log₁₀(R / lowest loss − 1)" : "log₁₀ R", side: "right" },
        thickness: 10, len: 0.62, y: 0, yanchor: "bottom", outlinewidth: 0, tickfont: { size: 10 } } });
    traces.push({ type: "scatter", mode: "lines", x: [0, 1], y: [0, 1], hoverinfo: "skip",
      line: { color: css("--soft"), width: 1 } });
  }
  traces.push(...flowLines(s, here ? here.paths : []));
  const film = filmOf(s);
  if (film) {
    traces.push({ type: "scatter", mode: "lines", x: film.x.slice(0, s.moment + 1), hoverinfo: "skip",
      y: film.y.slice(0, s.moment + 1), line: { color: css("--accent"), width: 3 } },
    { type: "scatter", mode: "markers", x: [film.x[s.moment]], y: [film.y[s.moment]], hoverinfo: "skip",
      marker: { size: 12, color: css("--accent") } });
  }
  traces.push(markers(s, spread(f.x, f.y, unit), f.y));
  const scale = { tickvals: TICKS.map(compact), ticktext: ["0", "0.3", "1", "3", "10", "∞"],
    range: [-0.05, 1.07], showgrid: false };
  const axes = map ? [scale, { ...scale, scaleanchor: "x" }] : [{}, {}];
  return { traces, layout: base({ xaxis: { title: { text: s.doc.plane[0] }, ...axes[0] },
    yaxis: { title: { text: s.doc.plane[1] }, ...axes[1] } }),
    say: map ? mapWords(s, map) : "distances are distances of network functions" };
}

function mapWords(s, map) {
  const gaps = map.at.map(at => Math.abs(at - frameOf(s).p)), here = intervalOf(s);
  const drawn = here && here.paths.length ? `; connections at ${short(here.at)}` : "";
  const made = map.exact ? "" : ` (map at ${short(map.at[gaps.indexOf(Math.min(...gaps))])})`;
  return `R(w₁, w₂), the loss left when the output weights are fitted${made}${drawn}`;
}

// Arrowheads: pairs of points, of which the first gives the direction and is not seen.
function heads(pairs, bold, faint) {
  const x = pairs.flatMap(([a, b]) => [a[0], b[0]]), y = pairs.flatMap(([a, b]) => [a[1], b[1]]);
  return { type: "scatter", mode: "markers", x, y, hoverinfo: "skip", opacity: faint ? 0.25 : 0.9,
    marker: { symbol: "arrow", angleref: "previous", size: x.map((_, k) => 9 * (k % 2)),
      color: bold ? css("--accent") : css("--ink") } };
}

function flowLines(s, paths) {
  const touches = path => s.selected !== null && (path.source === s.selected || path.target === s.selected);
  return [false, true].flatMap(bold => {
    const shown = paths.filter(path => touches(path) === bold), faint = s.selected !== null && !bold;
    const x = shown.flatMap(path => [...path.x, null]), y = shown.flatMap(path => [...path.y, null]);
    const each = what => shown.flatMap(path => [...path.x.map(() => what(path)), null]);
    const pairs = shown.map(path => Math.floor(path.x.length / 2)).map((m, k) =>
      [m - 1, m].map(i => [shown[k].x[i], shown[k].y[i]]));
    return [{ type: "scatter", mode: "lines", x, y, customdata: each(path => path.source), hoverinfo: "text",
      hovertext: each(path => `${labelOf(s, path.source)} → ${labelOf(s, path.target)}`), opacity: faint ? 0.25 : 0.85,
      line: { color: bold ? css("--accent") : css("--ink"), width: bold ? 2.5 : 1 } }, heads(pairs, bold, faint)];
  });
}

const labelOf = (s, set) => set === null || set === undefined ? "not among the sets"
  : `${set + 1} ${plain(s.doc.sets[set])}`;

function graph(s) {
  const f = frameOf(s), here = intervalOf(s), place = new Map(f.set.map((set, k) => [set, k]));
  const links = new Map();
  for (const edge of here ? here.edges : []) {
    const key = `${edge.source},${edge.target}`;
    links.set(key, [...(links.get(key) || []), edge]);
  }
  const lines = [false, true].map(bold => ({ x: [], y: [], pairs: [], bold }));
  const middle = { x: [], y: [], text: [] };
  for (const edges of links.values()) {
    const [a, b] = [edges[0].source, edges[0].target];
    if (!place.has(a) || !place.has(b)) continue;
    const [i, j] = [place.get(a), place.get(b)];
    const into = lines[Number(a === s.selected || b === s.selected)];
    const [x0, x1, y0, y1] = [s.doc.across[a], s.doc.across[b], f.height[i], f.height[j]];
    const at = share => [x0 + share * (x1 - x0), y0 + share * (y1 - y0)];
    into.x.push(x0, x1, null); into.y.push(y0, y1, null);
    into.pairs.push([at(0.5), at(0.62)]);
    middle.x.push(at(0.62)[0]); middle.y.push(at(0.62)[1]);
    middle.text.push([`<b>${labelOf(s, a)} → ${labelOf(s, b)}</b>`, ...edges.map(e =>
      `${e.multiplicity} × ${plain(e.departure)}, loss drop ${short(e.loss_drop)}, duration ${short(e.duration)}`)].join("<br>"));
  }
  const traces = lines.flatMap(l => {
    const faint = s.selected !== null && !l.bold;
    return [{ type: "scatter", mode: "lines", x: l.x, y: l.y, hoverinfo: "skip", opacity: faint ? 0.25 : 0.9,
      line: { color: l.bold ? css("--accent") : css("--soft"), width: l.bold ? 2.5 : 1 } },
    heads(l.pairs, l.bold, faint)];
  });
  traces.push({ type: "scatter", mode: "markers", x: middle.x, y: middle.y, hovertext: middle.text,
    hoverinfo: "text", marker: { size: 12, opacity: 0 } });
  traces.push(markers(s, f.set.map(set => s.doc.across[set]), f.height));
  const order = f.loss.map((_, k) => k).sort((i, j) => f.height[i] - f.height[j]), ticks = [];
  for (const k of order) if (!ticks.length || f.height[k] - f.height[ticks.at(-1)] > 0.05) ticks.push(k);
  const say = !here ? "the graph is not known here: within the bracket of an event"
    : !here.edges.length ? "no connections were computed" : `${here.edges.length ? links.size : 0} connections` +
      (here.undecided ? `, ${here.undecided} flows not decided` : "") + ", as computed at " + short(here.at);
  return { traces, say, layout: base({ margin: { l: 84, r: 30, t: 12, b: 12 },
    xaxis: { visible: false, range: [-0.1, 1.16] },
    yaxis: { title: { text: "loss (order and logarithmic gaps)" }, showgrid: false, range: [-0.07, 1.09],
      tickvals: ticks.map(k => f.height[k]), ticktext: ticks.map(k => short(f.loss[k])) } }) };
}

function networkFunction(s) {
  const f = frameOf(s), d = s.doc.data, sigma = sigmaOf(s), unit = v => d.unit.centre + d.unit.scale * v;
  const counted = s.doc.parameter === "size" ? Math.ceil(f.p) : d.x.length;
  const traces = [{ type: "scatter", mode: "markers", x: d.x.slice(0, counted), hoverinfo: "skip",
    y: d.target.slice(0, counted).map((t, k) => unit(t + sigma * d.noise[k])),
    marker: { size: 5, color: css("--soft"), opacity: 0.6 } }];
  if (d.teacher) traces.push({ type: "scatter", mode: "lines", x: d.grid, y: d.teacher.map(unit),
    hoverinfo: "name", name: "teacher", line: { color: css("--ink"), width: 1.5, dash: "dash" } });
  const order = f.set.map((_, k) => k).sort((i, j) => (f.set[i] === s.selected) - (f.set[j] === s.selected));
  for (const k of order) {
    const chosen = f.set[k] === s.selected, faint = s.selected !== null && !chosen;
    traces.push({ type: "scatter", mode: "lines", x: d.grid, y: f.f[k].map(unit), hoverinfo: "text",
      hovertext: summary(s, k), customdata: d.grid.map(() => f.set[k]), opacity: faint ? 0.25 : 0.9,
      line: { color: chosen ? css("--accent") : colour(f.region[k]), width: chosen ? 4 : f.attracting[k] ? 2.2 : 1.1,
        dash: f.attracting[k] || chosen ? "solid" : "dot" } });
  }
  const film = filmOf(s);
  if (film) traces.push({ type: "scatter", mode: "lines", x: d.grid, y: film.f[s.moment].map(unit),
    hoverinfo: "name", name: "trajectory", line: { color: css("--accent"), width: 3, dash: "dashdot" } });
  return { traces, say: `${counted} samples${d.samples > d.x.length ? ` of ${d.samples}` : ""}` +
    `${d.teacher ? ", teacher dashed" : ""}; full lines attract`,
    layout: base({ xaxis: { title: { text: plain(d.names[0]) } }, yaxis: { title: { text: plain(d.names[1]) } } }) };
}

const sigmaOf = s => s.doc.parameter === "noise" ? frameOf(s).p : s.doc.noise;

const here = p => ({ type: "line", x0: p, x1: p, yref: "paper", y0: 0, y1: 1,
  line: { color: css("--accent"), width: 2 } });
const eventLines = s => s.doc.events.map(e => ({ type: "line", x0: e.p, x1: e.p, yref: "paper", y0: 0, y1: 1,
  layer: "below", line: { color: css("--line"), width: 1 } }));

// Where no graph is known: between the intervals, within the brackets of events.
function gaps(s) {
  const ends = [s.doc.limits[0], ...s.doc.intervals.flatMap(i => [i.lower, i.upper]), s.doc.limits[1]], shapes = [];
  for (let k = 0; k < ends.length; k += 2) if (ends[k + 1] > ends[k]) shapes.push({ type: "rect", x0: ends[k], x1: ends[k + 1],
    yref: "paper", y0: 0, y1: 1, layer: "below", fillcolor: css("--line"), opacity: 0.7, line: { width: 0 } });
  return shapes;
}

function branches(s) {
  const f = frameOf(s), known = new Map(f.set.map((set, k) => [set, k]));
  const traces = s.doc.branches.map(b => {
    const chosen = b.set === s.selected, faint = s.selected !== null && !chosen;
    return { type: "scatter", mode: "lines", x: b.p, y: b.loss, customdata: b.p.map(() => b.set), hoverinfo: "text",
      hovertext: `<b>${labelOf(s, b.set)}</b><br>${plain(b.region)}${b.attracting ? ", attracting" : ""}`,
      opacity: faint ? 0.35 : 1, line: { color: chosen ? css("--accent") : colour(b.region),
        width: chosen ? 4 : b.attracting ? 2.2 : 1.1, dash: b.attracting ? "solid" : "dot" } };
  });
  traces.push({ ...markers(s, f.set.map(() => f.p), f.loss), mode: "markers" });
  const losses = s.doc.branches.flatMap(b => b.loss);
  return { traces, say: "full lines attract; shaded: within the bracket of an event",
    layout: base({ xaxis: { title: { text: s.doc.parameter }, range: s.doc.limits }, shapes: [...gaps(s), ...eventLines(s), here(f.p)],
      yaxis: { title: { text: "loss" }, ...(losses.every(v => v > 0) ? logarithmic(losses) : {}) } }) };
}

function timeline(s) {
  const bar = { x: [], base: [], y: [], width: [], colours: [], data: [], text: [], edge: [] };
  s.doc.intervals.forEach((interval, k) => {
    const frame = s.doc.frames.find(f => f.interval === k);
    (frame ? frame.set : []).forEach((set, i) => {
      bar.x.push(interval.upper - interval.lower); bar.base.push(interval.lower); bar.y.push(set);
      bar.width.push(BARS[frame.attracting[i] ? 0 : Math.min(Math.max(frame.index[i], 1), 2)]);
      bar.colours.push(colour(frame.region[i])); bar.data.push(set);
      bar.edge.push(set === s.selected ? 2 : 0);
      bar.text.push(`<b>${labelOf(s, set)}</b><br>${short(interval.lower)} to ${short(interval.upper)}<br>` +
        `${plain(frame.region[i])}, index ${frame.index[i]}${frame.attracting[i] ? ", attracting" : ""}`);
    });
  });
  const marks = s.doc.events.flatMap(e => e.sets.map(set => [e, set]));
  const traces = [{ type: "bar", orientation: "h", x: bar.x, base: bar.base, y: bar.y, width: bar.width,
    customdata: bar.data, hovertext: bar.text, hoverinfo: "text", textposition: "none",
    marker: { color: bar.colours, line: { color: css("--accent"), width: bar.edge } } },
  { type: "scatter", mode: "markers", x: marks.map(([e]) => e.p), y: marks.map(([, set]) => set),
    customdata: marks.map(([, set]) => set), hoverinfo: "text",
    hovertext: marks.map(([e]) => `<b>${e.kind}</b> at ${short(e.p)}<br>${plain(e.text)}`),
    marker: { symbol: marks.map(([e]) => EVENTS[e.kind][0]), size: 8, color: css("--ink"), line: { width: 1.5 } } }];
  const attractors = intervalOf(s) ? intervalOf(s).attractors.length : "?";
  return { traces, say: `${attractors} attracting here; thick bars attract, thin ones have index 1, thinnest more`,
    layout: base({ bargap: 0, barmode: "overlay", margin: { l: 104, r: 12, t: 8, b: 42 },
      shapes: [...gaps(s), ...eventLines(s), here(frameOf(s).p)], xaxis: { title: { text: s.doc.parameter }, range: s.doc.limits },
      yaxis: { range: [s.doc.sets.length - 0.4, -0.6], showgrid: false, tickfont: { size: 10 },
        tickvals: s.doc.sets.map((_, k) => k), ticktext: s.doc.sets.map((name, k) =>
          k === s.selected ? `<b>${k + 1} ${plain(name)}</b>` : `${k + 1} ${plain(name)}`) } }) };
}

const filmOf = s => { const i = intervalOf(s); return i && s.film !== null ? i.films[s.film] : null; };

function training(s) {
  const i = intervalOf(s), film = filmOf(s);
  if (!film) return { traces: [], say: "no trajectory is known here", layout: base({}) };
  const region = film.spans.filter(q => q.start <= film.t[s.moment]).at(-1);
  return { traces: [{ type: "scatter", mode: "lines", x: film.t, y: film.loss, hoverinfo: "x+y",
    line: { color: css("--ink"), width: 2 } },
  { type: "scatter", mode: "markers", x: [film.t[s.moment]], y: [film.loss[s.moment]], hoverinfo: "skip",
    marker: { size: 13, color: css("--accent") } }],
  say: `flow time ${short(film.t[s.moment])}: ` + (region ? `${region.region}, at ${plain(region.label)}`
    : "on the way") + `; ends at ${labelOf(s, film.end)}; computed at ${short(i.at)}`,
  layout: base({ xaxis: { type: "log", title: { text: "flow time t" }, exponentformat: "power" },
    yaxis: { title: { text: "loss" }, ...logarithmic(film.loss) },
    shapes: film.spans.filter(q => q.end > q.start).map(q => ({ type: "rect", layer: "below", yref: "paper", y0: 0, y1: 1,
      x0: Math.max(q.start, film.t[0]), x1: q.end, fillcolor: colour(q.region) || colour("other"),
      opacity: 0.3, line: { width: 0 } })),
    annotations: film.spans.map((q, k) => ({ x: Math.log10(Math.sqrt(Math.max(q.start, film.t[0]) * q.end)),
      y: 1 - 0.09 * (k % 3), yref: "paper", showarrow: false, text: plain(q.label), font: { size: 11 } })) }) };
}

function curve(s) {
  const c = s.doc.curve;
  return { say: `ends: ${plain(c.ends.join(" and "))}`, traces: [
    { type: "scatter", mode: "lines+markers", x: c.p, y: c.loss, hoverinfo: "text", marker: { size: 4 },
      hovertext: c.p.map((p, k) => `${plain(c.set)} at ${short(p)}<br>loss ${short(c.loss[k])}, index ${c.index[k]}`),
      line: { color: colour(c.region), width: 2.5 } },
    { type: "scatter", mode: "markers+text", x: c.marks.map(m => m.p), y: c.marks.map(m => m.loss),
      text: c.marks.map(m => plain(m.kind)), textposition: "top center", hoverinfo: "text",
      hovertext: c.marks.map(m => `${plain(m.kind)} at ${short(m.p)}`),
      marker: { symbol: "circle-open", size: 9, color: css("--ink") } }],
  layout: base({ xaxis: { title: { text: c.parameter } }, yaxis: { title: { text: "loss" } } }) };
}

function shares(s) {
  const rows = s.doc.basins.targets;
  return { say: `share of ${s.doc.basins.n} initial weights that end there, 95 % interval`, traces: [
    { type: "bar", orientation: "h", y: rows.map((_, k) => k), x: rows.map(r => r.share), hoverinfo: "text",
      customdata: rows.map(r => r.set), hovertext: rows.map(r => `${plain(r.label)}: ${short(r.share)} ` +
        `(${short(r.lower)} to ${short(r.upper)})`), textposition: "none",
      marker: { color: rows.map(r => { const k = frameOf(s).set.indexOf(r.set);
        return colour(k < 0 ? "other" : frameOf(s).region[k]); }),
      line: { color: css("--accent"), width: rows.map(r => r.set !== null && r.set === s.selected ? 3 : 0) } },
      error_x: { type: "data", symmetric: false, array: rows.map(r => r.upper - r.share),
        arrayminus: rows.map(r => r.share - r.lower), color: css("--ink") } }],
  layout: base({ margin: { l: 120, r: 12, t: 8, b: 42 }, xaxis: { title: { text: "share" }, rangemode: "tozero" },
    yaxis: { tickvals: rows.map((_, k) => k), ticktext: rows.map(r => plain(r.label)), autorange: "reversed" } }) };
}

function picture(s) {
  const p = s.doc.picture, field = p.field;
  const flat = Math.max(...field.z.flat().filter(v => v !== null)) < 20 && s.doc.kind === "plane";
  return { say: `${plain(field.name)} as colour`, traces: [
    { type: "heatmap", x: field.x, y: field.y, z: field.z, hoverinfo: flat ? "z" : "skip", opacity: 0.75,
      colorscale: isDark() ? "Cividis" : [[0, "#f8fafb"], [1, "#4d7ea3"]],
      colorbar: { title: { text: plain(field.name), side: "right" }, thickness: 10, outlinewidth: 0 } },
    ...p.lines.map(l => ({ type: "scatter", mode: "lines", x: l.x, y: l.y, name: plain(l.name), hoverinfo: "name",
      hoverlabel: { namelength: -1 }, line: { color: css("--ink"), width: 1.6, dash: l.dash } })),
    { type: "scatter", mode: "markers", x: p.marks.map(m => m.x), y: p.marks.map(m => m.y), hoverinfo: "text",
      hovertext: p.marks.map(m => plain(m.name)), marker: { size: 10, line: { color: css("--ink"), width: 2 },
        color: p.marks.map(m => m.filled ? css("--ink") : css("--card")) } }],
  layout: base({ xaxis: { title: { text: plain(p.names[0]) }, range: p.limits[0], showgrid: false },
    yaxis: { title: { text: plain(p.names[1]) }, range: p.limits[1], showgrid: false } }) };
}

const PANELS = [
  { id: "landscape", title: "Landscape", when: d => d.frames, draw: landscape },
  { id: "graph", title: "Heteroclinic graph", when: d => d.frames && d.intervals.some(i => i.edges.length), draw: graph },
  { id: "sets", title: "Sets", when: d => d.frames },
  { id: "picture", title: "Plane", when: d => d.picture, draw: picture, shape: "double" },
  { id: "function", title: "Network function", when: d => d.frames && d.data.grid, draw: networkFunction },
  { id: "branches", title: "Branches", when: d => d.branches && d.branches.length, draw: branches },
  { id: "timeline", title: "Timeline", when: d => d.parameter, draw: timeline },
  { id: "curve", title: "Branch", when: d => d.curve, draw: curve },
  { id: "shares", title: "Basins", when: d => d.basins, draw: shares },
  { id: "training", title: "Trajectory through log time", when: d => d.frames, draw: training, shape: "wide",
    controls: () => filmControls() },
];
