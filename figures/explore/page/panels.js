"use strict";
// Panels: what is shown of a document in a state, as pictures of chart.js. Nothing here changes the
// state.

const DARK = { "plateau": "#EDB120", "near-optimal": "#58AEE8", "overfitting": "#F272AE",
  "other": "#9A9A9A", "unlabelled": "#9A9A9A" };
const KIND_SHAPES = { point: "circle", line: "square", manifold: "pentagon", infinity: "triangle" };
const KIND_NAMES = { point: "point", line: "line (split or silent)", manifold: "manifold",
  infinity: "set at infinity" };
const EVENTS = { "fold": ["circle", "○"], "arrival": ["star", "☆"], "branch point": ["diamond", "◇"],
  "switch": ["square", "□"], "stopped": ["cross", "×"] };
const BRIEF = { "near-optimal": "near-opt.", "overfitting": "overfit.", "unlabelled": "?" };
const BARS = [0.72, 0.36, 0.16];
const TICKS = [[0, "0"], [0.3, "0.3"], [1, "1"], [3, "3"], [10, "10"], [Infinity, "∞"]];
const TOGETHER = 0.02, APART = 0.036, FAINT = 0.25;

const short = value => value === null || value === undefined ? "–"
  : value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential(3) : String(Number(value.toPrecision(5)));
const counted = (n, noun) => `${n} ${noun}${n === 1 ? "" : "s"}`;
const compact = w => w === Infinity ? 1 : w / (1 + w);
const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const isDark = () => document.documentElement.dataset.theme === "dark";
const colour = region => isDark() ? DARK[region] : PAYLOAD.colours[region];
const logarithmic = values => values.every(v => v > 0) && Math.max(...values) > 2 * Math.min(...values);

const frameOf = s => s.doc.frames[s.frame];
const intervalOf = s => { const k = frameOf(s).interval; return k === null ? null : s.doc.intervals[k]; };
const labelOf = (s, set) => set === null || set === undefined ? "not among the sets" : `${set + 1} ${s.doc.sets[set]}`;

function nodeOf(s, set) {
  const here = intervalOf(s);
  if (here && here.nodes[set]) return here.nodes[set];
  return s.doc.intervals.map(i => i.nodes[set]).find(Boolean) || {};
}

function summary(s, k) {
  const f = frameOf(s), set = f.set[k], node = nodeOf(s, set);
  return [labelOf(s, set), `${f.region[k]}, index ${f.index[k]}${f.attracting[k] ? ", attracting" : ""}`,
    `loss ${short(f.loss[k])}`, ...(node.excess_risk == null ? [] : [`excess risk ${short(node.excess_risk)}`]),
    `orbit of ${node.orbit_size ?? "?"}`, f.where[k]];
}

function markers(s, x, y, labelled = true) {
  const f = frameOf(s), chosen = f.set.map(set => set === s.selected), tint = f.region.map(colour);
  return { kind: "points", x, y, pick: f.set, hover: f.set.map((_, k) => summary(s, k)),
    label: labelled ? f.set.map((set, k) => ({ text: chosen[k] ? labelOf(s, set) : String(set + 1), bold: chosen[k] })) : undefined,
    shape: f.set.map(set => KIND_SHAPES[nodeOf(s, set).kind]), size: chosen.map(c => c ? 17 : 11),
    fill: f.attracting.map((a, k) => a ? tint[k] : css("--card")),
    edge: chosen.map((c, k) => c ? css("--accent") : tint[k]), weight: chosen.map(c => c ? 3 : 2) };
}

// How what belongs to one set is drawn: the chosen set in front of all others, which are faint.
const emphasis = (s, sets, attracting) => {
  const chosen = sets.includes(s.selected);
  return { chosen, width: chosen ? 3.5 : attracting ? 2.2 : 1.1, dash: attracting || chosen ? undefined : "dot",
    opacity: s.selected !== null && !chosen ? FAINT : 0.9 };
};

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
  const f = frameOf(s), here = intervalOf(s), map = s.doc.map, film = filmOf(s), marks = [];
  const extent = Math.max(1e-9, ...["x", "y"].map(c => Math.max(...f[c]) - Math.min(...f[c])));
  if (map) {
    const lowest = Math.min(...f.loss), excess = value => lowest > 0 ? value / lowest - 1 : value;
    const z = mapAt(map, f.p).map((row, i) => map.axis.map((_, j) =>
      j > i ? null : Math.log10(Math.max(excess(row[j]), 1e-5))));
    marks.push({ kind: "image", x: map.axis, y: map.axis, z, smooth: true,
      colours: isDark() ? ["#2f7ea8", "#1d4055", "#171e24"] : ["#6c9cbd", "#c3d6e3", "#f8fafb"],
      title: lowest > 0 ? "log₁₀(R / lowest loss − 1)" : "log₁₀ R" },
    { kind: "line", x: [0, 1], y: [0, 1], colour: css("--soft"), width: 1 });
  }
  marks.push(...flowLines(s, here ? here.paths : []));
  if (film) marks.push({ kind: "line", x: film.x.slice(0, s.moment + 1), y: film.y.slice(0, s.moment + 1), colour: css("--accent"), width: 3 },
    { kind: "points", x: [film.x[s.moment]], y: [film.y[s.moment]], size: 12, fill: css("--accent"), edge: css("--card") });
  marks.push(markers(s, spread(f.x, f.y, map ? 1 : extent), f.y));
  const scale = { ticks: TICKS.map(([w, text]) => [compact(w), text]), range: [-0.05, 1.07], grid: false };
  const [x, y] = s.doc.plane.map(title => ({ title, ...(map ? scale : {}) }));
  return { x, y, marks, equal: Boolean(map), say: map ? mapWords(s, map) : "distances are distances of network functions" };
}

function mapWords(s, map) {
  const gaps = map.at.map(at => Math.abs(at - frameOf(s).p)), here = intervalOf(s);
  const drawn = here && here.paths.length ? `; connections at ${short(here.at)}` : "";
  const made = map.exact ? "" : ` (map at ${short(map.at[gaps.indexOf(Math.min(...gaps))])})`;
  return `R(w₁, w₂), the loss left when the output weights are fitted${made}${drawn}`;
}

function flowLines(s, paths) {
  return paths.map(path => {
    const { chosen, opacity } = emphasis(s, [path.source, path.target]);
    return { kind: "line", x: path.x, y: path.y, pick: path.source, hover: [`${labelOf(s, path.source)} → ${labelOf(s, path.target)}`],
      colour: css(chosen && s.selected !== null ? "--accent" : "--ink"), width: chosen ? 2.5 : 1, opacity, arrow: 0.5, chosen };
  }).sort((a, b) => a.chosen - b.chosen);
}

function connectionsOf(s) { // edges between the same two sets are one line
  const links = new Map();
  for (const edge of intervalOf(s)?.edges ?? []) {
    const key = `${edge.source},${edge.target}`;
    links.set(key, [...(links.get(key) || []), edge]);
  }
  return [...links.values()];
}

function graph(s) {
  const f = frameOf(s), here = intervalOf(s), place = new Map(f.set.map((set, k) => [set, k])), links = connectionsOf(s);
  const lines = links.filter(([{ source, target }]) => place.has(source) && place.has(target)).map(edges => {
    const { source, target } = edges[0], { chosen, opacity } = emphasis(s, [source, target]);
    return { kind: "line", x: [s.doc.across[source], s.doc.across[target]], y: [source, target].map(set => f.height[place.get(set)]),
      colour: css(chosen ? "--accent" : "--soft"), width: chosen ? 2.5 : 1.2, opacity, arrow: 0.6, chosen, pick: source,
      hover: [`${labelOf(s, source)} → ${labelOf(s, target)}`, ...edges.map(e =>
        `${e.multiplicity} × ${e.departure}, loss drop ${short(e.loss_drop)}, duration ${short(e.duration)}`)] };
  }).sort((a, b) => a.chosen - b.chosen);
  const order = f.loss.map((_, k) => k).sort((i, j) => f.height[i] - f.height[j]), ticks = [];
  for (const k of order) if (!ticks.length || f.height[k] - f.height[ticks.at(-1)] > 0.05) ticks.push(k);
  const say = !here ? "the graph is not known here: within the bracket of an event"
    : !links.length ? "no connections were computed" : counted(links.length, "connection") +
      (here.undecided ? `, ${counted(here.undecided, "flow")} not decided` : "") + ", as computed at " + short(here.at);
  return { say, marks: [...lines, markers(s, f.set.map(set => s.doc.across[set]), f.height)],
    x: { hidden: true, range: [-0.06, 1.1] }, y: { title: "loss (order and logarithmic gaps)", grid: false, range: [-0.07, 1.09],
      ticks: ticks.map(k => [f.height[k], short(f.loss[k])]) } };
}

function networkFunction(s) {
  const f = frameOf(s), d = s.doc.data, sigma = sigmaOf(s), unit = v => d.unit.centre + d.unit.scale * v;
  const most = s.doc.parameter === "size" ? Math.ceil(f.p) : d.x.length;
  const marks = [{ kind: "points", x: d.x.slice(0, most), y: d.target.slice(0, most).map((t, k) => unit(t + sigma * d.noise[k])),
    size: 5, fill: css("--soft"), edge: "none", opacity: 0.6 }];
  if (d.teacher) marks.push({ kind: "line", x: d.grid, y: d.teacher.map(unit), hover: ["teacher"], colour: css("--ink"), dash: "dash" });
  const order = f.set.map((_, k) => k).sort((i, j) => (f.set[i] === s.selected) - (f.set[j] === s.selected));
  for (const k of order) {
    const { chosen, ...look } = emphasis(s, [f.set[k]], f.attracting[k]);
    marks.push({ kind: "line", x: d.grid, y: f.f[k].map(unit), hover: summary(s, k), pick: f.set[k], ...look,
      colour: chosen ? css("--accent") : colour(f.region[k]) });
  }
  const film = filmOf(s);
  if (film) marks.push({ kind: "line", x: d.grid, y: film.f[s.moment].map(unit), hover: ["trajectory"], colour: css("--accent"),
    width: 3, dash: "dashdot" });
  return { x: { title: d.names[0] }, y: { title: d.names[1] }, marks,
    say: `${counted(most, "sample")}${d.samples > d.x.length ? ` of ${d.samples}` : ""}${d.teacher ? ", teacher dashed" : ""}; full lines attract` };
}

const sigmaOf = s => s.doc.parameter === "noise" ? frameOf(s).p : s.doc.noise;

const here = s => ({ kind: "rule", x: frameOf(s).p, colour: css("--accent"), width: 2 });
const eventLines = s => s.doc.events.map(e => ({ kind: "rule", x: e.p, colour: css("--line"), width: 1 }));

// Where no graph is known: between the intervals, within the brackets of events.
function gaps(s) {
  const ends = [s.doc.limits[0], ...s.doc.intervals.flatMap(i => [i.lower, i.upper]), s.doc.limits[1]], bands = [];
  for (let k = 0; k < ends.length; k += 2) if (ends[k + 1] > ends[k]) {
    bands.push({ kind: "band", x0: ends[k], x1: ends[k + 1], fill: css("--line"), opacity: 0.7 });
  }
  return bands;
}

function branches(s) {
  const f = frameOf(s), losses = s.doc.branches.flatMap(b => b.loss);
  const lines = s.doc.branches.map(b => {
    const { chosen, ...look } = emphasis(s, [b.set], b.attracting);
    return { kind: "line", x: b.p, y: b.loss, pick: b.set, ...look, chosen, colour: chosen ? css("--accent") : colour(b.region),
      hover: [labelOf(s, b.set), `${b.region}${b.attracting ? ", attracting" : ""}`, `${short(b.p[0])} to ${short(b.p.at(-1))}`] };
  }).sort((a, b) => a.chosen - b.chosen);
  return { say: "full lines attract; shaded: within the bracket of an event",
    marks: [...gaps(s), ...eventLines(s), here(s), ...lines, markers(s, f.set.map(() => f.p), f.loss, false)],
    x: { title: s.doc.parameter, range: s.doc.limits }, y: { title: "loss", log: logarithmic(losses) } };
}

function timeline(s) {
  const bars = { kind: "bars", from: [], to: [], y: [], height: [], fill: [], edge: [], pick: [], hover: [] };
  s.doc.intervals.forEach((interval, k) => {
    const frame = s.doc.frames.find(f => f.interval === k);
    (frame ? frame.set : []).forEach((set, i) => {
      bars.from.push(interval.lower); bars.to.push(interval.upper); bars.y.push(set); bars.pick.push(set);
      bars.height.push(BARS[frame.attracting[i] ? 0 : Math.min(Math.max(frame.index[i], 1), 2)]);
      bars.fill.push(colour(frame.region[i])); bars.edge.push(set === s.selected ? css("--accent") : "none");
      bars.hover.push([labelOf(s, set), `${short(interval.lower)} to ${short(interval.upper)}`,
        `${frame.region[i]}, index ${frame.index[i]}${frame.attracting[i] ? ", attracting" : ""}`]);
    });
  });
  const at = s.doc.events.flatMap(e => e.sets.map(set => [e, set]));
  const events = { kind: "points", x: at.map(([e]) => e.p), y: at.map(([, set]) => set), pick: at.map(([, set]) => set),
    hover: at.map(([e]) => [`${e.kind} at ${short(e.p)}`, e.text]), shape: at.map(([e]) => EVENTS[e.kind][0]), size: 8,
    edge: css("--ink"), fill: css("--card") };
  const attractors = intervalOf(s) ? intervalOf(s).attractors.length : "?";
  return { say: `${attractors} attracting here; thick bars attract, thin ones have index 1, thinnest more`,
    marks: [...gaps(s), ...eventLines(s), bars, events, here(s)], x: { title: s.doc.parameter, range: s.doc.limits },
    y: { range: [-0.6, s.doc.sets.length - 0.4], flip: true, grid: false, ticks: s.doc.sets.map((_, k) => [k, labelOf(s, k), k === s.selected]) } };
}

const filmOf = s => { const i = intervalOf(s); return i && s.film !== null ? i.films[s.film] : null; };

function training(s) {
  const i = intervalOf(s), film = filmOf(s);
  if (!film) return { marks: [], x: { hidden: true }, y: { hidden: true }, say: "no trajectory is known here" };
  const region = film.spans.filter(q => q.start <= film.t[s.moment]).at(-1);
  const begin = q => Math.max(q.start, film.t[0]), passed = film.spans.filter(q => q.end > q.start);
  return { marks: [...passed.map(q => ({ kind: "band", x0: begin(q), x1: q.end, fill: colour(q.region) || colour("other"), opacity: 0.3 })),
    { kind: "line", x: film.t, y: film.loss, colour: css("--ink"), width: 2 },
    { kind: "points", x: [film.t[s.moment]], y: [film.loss[s.moment]], size: 13, fill: css("--accent"), edge: css("--card"),
      hover: [[`t = ${short(film.t[s.moment])}`, `loss ${short(film.loss[s.moment])}`]] },
    ...film.spans.map((q, k) => ({ kind: "note", x: Math.sqrt(begin(q) * q.end), row: k % 3, text: q.label }))],
  head: Math.min(3, film.spans.length),
  say: `flow time ${short(film.t[s.moment])}: ${region ? `${region.region}, at ${region.label}` : "on the way"}; ` +
    `ends at ${labelOf(s, film.end)}; computed at ${short(i.at)}`,
  x: { log: true, title: "flow time t", range: [film.t[0], film.t.at(-1)] }, y: { title: "loss", log: logarithmic(film.loss) } };
}

function curve(s) {
  const c = s.doc.curve;
  return { say: `ends: ${c.ends.join(" and ")}`, x: { title: c.parameter }, y: { title: "loss" }, marks: [
    { kind: "line", x: c.p, y: c.loss, colour: colour(c.region), width: 2.5 },
    { kind: "points", x: c.p, y: c.loss, size: 4, fill: colour(c.region), edge: "none",
      hover: c.p.map((p, k) => [`${c.set} at ${short(p)}`, `loss ${short(c.loss[k])}, index ${c.index[k]}`]) },
    { kind: "points", x: c.marks.map(m => m.p), y: c.marks.map(m => m.loss), size: 9, edge: css("--ink"),
      label: c.marks.map(m => ({ text: m.kind })), hover: c.marks.map(m => [`${m.kind} at ${short(m.p)}`, `loss ${short(m.loss)}`]) }] };
}

function shares(s) {
  const rows = s.doc.basins.targets, f = frameOf(s), tint = r => { const k = f.set.indexOf(r.set); return colour(k < 0 ? "other" : f.region[k]); };
  return { say: `share of ${counted(s.doc.basins.n, "initial weight")} that end there, 95 % interval`,
    x: { title: "share", range: [0, 1.05 * Math.max(...rows.map(r => r.upper))] },
    y: { range: [-0.6, rows.length - 0.4], flip: true, grid: false, ticks: rows.map((r, k) => [k, r.label, r.set !== null && r.set === s.selected]) },
    marks: [{ kind: "bars", from: rows.map(() => 0), to: rows.map(r => r.share), y: rows.map((_, k) => k), height: 0.7, pick: rows.map(r => r.set),
      fill: rows.map(tint), edge: rows.map(r => r.set !== null && r.set === s.selected ? css("--accent") : "none"),
      hover: rows.map(r => [r.label, `${short(r.share)} (${short(r.lower)} to ${short(r.upper)})`]) },
    ...rows.map((r, k) => ({ kind: "line", x: [r.lower, r.upper], y: [k, k], colour: css("--ink") }))] };
}

function picture(s) {
  const p = s.doc.picture, field = p.field, [x, y] = p.names.map((title, k) => ({ title, range: p.limits[k], grid: false }));
  const numbers = s.doc.kind === "plane" ? [...new Set(known(field.z.flat()))].map(v => [v, String(v)]) : undefined;
  return { say: `${field.name} as colour`, x, y, marks: [
    { kind: "image", x: field.x, y: field.y, z: field.z, opacity: 0.75, smooth: !numbers, title: field.name, ticks: numbers,
      colours: isDark() ? CIVIDIS : ["#f8fafb", "#4d7ea3"] },
    ...p.lines.map(l => ({ kind: "line", x: l.x, y: l.y, hover: [l.name], colour: css("--ink"), width: 1.6, dash: l.dash })),
    { kind: "points", x: p.marks.map(m => m.x), y: p.marks.map(m => m.y), hover: p.marks.map(m => [m.name, `${short(m.x)}, ${short(m.y)}`]), size: 10,
      edge: css("--ink"), weight: 2, fill: p.marks.map(m => m.filled ? css("--ink") : css("--card")) }] };
}

const CIVIDIS = ["#00224e", "#35456c", "#666970", "#948e77", "#c8b866", "#fee838"];

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
