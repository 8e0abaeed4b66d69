"use strict";
// Charts as SVG. A picture is { x, y, marks }: two axes and what is drawn from back to front.
//
// The picture may ask for { equal }: one scale both ways, { head }: rows of notes above, { fixed }: no moving.
//
// axis   { title, range, log, ticks: [[value, text]], flip, hidden, grid }; all may be missing
// marks  { kind: "line", x, y, colour, width, dash, opacity, arrow }    null breaks it; arrow: share of the way
//        { kind: "points", x, y, shape, size, fill, edge, weight, label, opacity }
//        { kind: "bars", from, to, y, height, fill, edge }
//        { kind: "cells", x, y, fill, edge, text }                      around whole numbers
//        { kind: "image", x, y, z, colours, title, ticks, smooth }      with a colour bar
//        { kind: "band", x0, x1, fill, opacity }, { kind: "rule", x, colour, width }
//        { kind: "note", x, row, text }
// A mark with `hover` (lines of text) says them, one with `pick` is what a click gives; points, bars
// and cells have one of each for every place. Texts are set as texts: nothing of them is markup.

const SVG = "http://www.w3.org/2000/svg";
const FONT = 'system-ui, "Segoe UI", "DejaVu Sans", sans-serif';
const DASHES = { dash: "7 5", dot: "2 4", dashdot: "8 4 2 4" };
const SHAPES = { // of unit radius
  circle: "M-1 0A1 1 0 1 1 1 0A1 1 0 1 1 -1 0Z", square: "M-.9 -.9H.9V.9H-.9Z", triangle: "M0 -1.1L1.05 .75H-1.05Z",
  pentagon: "M0 -1L.95 -.31L.59 .81H-.59L-.95 -.31Z", diamond: "M0 -1.15L1.15 0L0 1.15L-1.15 0Z",
  star: "M0 -1.2L.28 -.39L1.14 -.37L.46 .15L.71 .97L0 .48L-.71 .97L-.46 .15L-1.14 -.37L-.28 -.39Z",
  cross: "M-1 -1L1 1M-1 1L1 -1" };
const NEAR = 14; // pixels around a point that are its own, for fingers
const STILL = 4; // pixels that a click may move
const pen = document.createElement("canvas").getContext("2d");

function node(tag, attributes = {}, text) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined && value !== null) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

const widthOf = (text, size = 12) => { pen.font = `${size}px ${FONT}`; return pen.measureText(text).width; };
const of = (value, k) => Array.isArray(value) ? value[k] : value;
const known = values => values.filter(v => v !== null && v !== undefined && Number.isFinite(v));

// Numbers of ticks.

const raised = power => String(power).replace(/[-\d]/g, c => c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c]);

function tickText(value, step) {
  if (value === 0) return "0";
  const power = Math.floor(Math.log10(Math.abs(value)) + 1e-9), digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  if (power > -4 && power < 5) return value.toFixed(digits).replace("-", "−");
  const head = Number((value / 10 ** power).toPrecision(4));
  return `${head === 1 ? "" : `${head}·`}10${raised(power)}`.replace("-", "−");
}

function evenTicks(low, high, most) {
  const raw = (high - low) / Math.max(most, 1), power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find(s => s * power >= raw * (1 - 1e-9));
  const first = Math.ceil(low / step - 1e-9), last = Math.floor(high / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, k) => (first + k) * step).map(v => [v, tickText(v, step)]);
}

function logTicks(low, high, most) { // limits as powers of ten
  if (high - low < 0.7) return evenTicks(10 ** low, 10 ** high, most);
  const heads = high - low < 2.5 ? [1, 2, 5] : [1], stride = Math.max(1, Math.ceil((high - low) / Math.max(most, 1)));
  const ticks = [];
  for (let power = Math.floor(low); power <= high; power++) {
    if (heads.length === 1 && power % stride) continue;
    for (const head of heads) {
      const at = Math.log10(head) + power;
      if (at >= low - 1e-9 && at <= high + 1e-9) ticks.push([head * 10 ** power, tickText(head * 10 ** power, 10 ** power)]);
    }
  }
  return ticks;
}

// An axis over pixels: `map` makes numbers of values, `at` pixels of values, `ticks` those within.

function limitsOf(axis, values) {
  const map = axis.log ? Math.log10 : v => v;
  const [low, high] = axis.range ? axis.range.map(map)
    : [Math.min(...values.map(map)), Math.max(...values.map(map))];
  if (!Number.isFinite(low + high)) return [0, 1];
  const margin = axis.range ? 0 : high > low ? 0.05 * (high - low) : Math.abs(high) * 0.05 || 1;
  return [low - margin, high + margin];
}

function scaleOf(axis, [low, high], from, to) {
  const map = axis.log ? Math.log10 : v => v, [a, b] = axis.flip ? [high, low] : [low, high];
  const at = v => from + (map(v) - a) / (b - a) * (to - from);
  const most = Math.max(2, Math.floor(Math.abs(to - from) / (from < to ? 58 : 46)));
  const all = axis.ticks ?? (axis.log ? logTicks : evenTicks)(low, high, most), slack = 1e-6 * (high - low);
  return { axis, low, high, from, to, at, ticks: all.filter(([v]) => map(v) >= low - slack && map(v) <= high + slack) };
}

function valuesAlong(marks, name) {
  return marks.flatMap(m => m.kind === "line" || m.kind === "points" || m.kind === "image" ? known(m[name])
    : m.kind === "bars" ? known(name === "x" ? [...m.from, ...m.to] : m.y.flatMap((v, k) => [v - of(m.height, k) / 2, v + of(m.height, k) / 2]))
      : m.kind === "cells" ? m[name].flatMap(v => [v - 0.5, v + 0.5]) : []);
}

// The frame: margins have room for the texts beside the axes.

function framed(picture, view, width, height) {
  const { x, y, marks } = picture, bar = marks.some(m => m.kind === "image" && m.title);
  const limits = { x: view?.x ?? limitsOf(x, valuesAlong(marks, "x")), y: view?.y ?? limitsOf(y, valuesAlong(marks, "y")) };
  const top = 8 + 16 * (picture.head ?? 0), bottom = height - (x.hidden ? 10 : x.title ? 40 : 24), right = width - (bar ? 78 : 14);
  const rough = scaleOf(y, limits.y, bottom, top), room = 0.42 * width;
  const widest = y.hidden ? 0 : Math.min(room, Math.max(0, ...rough.ticks.map(([, text]) => widthOf(text, 11))));
  const left = y.hidden ? 10 : Math.ceil(widest) + (y.title ? 30 : 12);
  const box = { left, right, top, bottom };
  if (picture.equal) square(box, limits);
  return { ...box, room, x: scaleOf(x, limits.x, box.left, box.right), y: scaleOf(y, limits.y, box.bottom, box.top) };
}

function square(box, limits) { // as many pixels for a unit each way
  const [w, h] = [box.right - box.left, box.bottom - box.top];
  const [a, b] = [limits.x[1] - limits.x[0], limits.y[1] - limits.y[0]], unit = Math.min(w / a, h / b);
  box.right = box.left + unit * a;
  box.bottom = box.top + unit * b;
}

function axes(frame) {
  const group = node("g", { class: "axes" }), { x, y, left, right, top, bottom } = frame;
  const cut = text => { let t = text; while (t.length > 2 && widthOf(t, 11) > frame.room) t = `${t.slice(0, -2)}…`; return t; };
  for (const [value, text] of x.axis.hidden ? [] : x.ticks) {
    const at = x.at(value);
    if (x.axis.grid !== false) group.append(node("line", { x1: at, x2: at, y1: top, y2: bottom, class: "grid" }));
    group.append(node("text", { x: at, y: bottom + 15, "text-anchor": "middle" }, text));
  }
  for (const [value, text, bold] of y.axis.hidden ? [] : y.ticks) {
    const at = y.at(value);
    if (y.axis.grid !== false) group.append(node("line", { x1: left, x2: right, y1: at, y2: at, class: "grid" }));
    group.append(node("text", { x: left - 6, y: at + 4, "text-anchor": "end", "font-weight": bold ? 700 : undefined }, cut(text)));
  }
  if (x.axis.title && !x.axis.hidden) group.append(node("text", { x: (left + right) / 2, y: bottom + 33, class: "title", "text-anchor": "middle" }, x.axis.title));
  if (y.axis.title && !y.axis.hidden) group.append(node("text", { class: "title", "text-anchor": "middle",
    transform: `translate(13 ${(top + bottom) / 2}) rotate(-90)` }, y.axis.title));
  return group;
}

// Marks. Each returns elements; `spots` collects the places of points, `held` what elements say.

const within = (x, half, frame) => Math.max(frame.left + half, Math.min(frame.right - half, x));
const round = v => Math.round(10 * v) / 10;

function pathOf(mark, frame) {
  let text = "", open = false;
  for (let k = 0; k < mark.x.length; k++) {
    const [a, b] = [mark.x[k], mark.y[k]];
    if (a === null || b === null) { open = false; continue; }
    text += `${open ? "L" : "M"}${round(frame.x.at(a))} ${round(frame.y.at(b))}`;
    open = true;
  }
  return text;
}

function arrow(mark, frame) {
  const at = mark.x.map((v, k) => [frame.x.at(v), frame.y.at(mark.y[k])]);
  const steps = at.slice(1).map((p, k) => Math.hypot(p[0] - at[k][0], p[1] - at[k][1]));
  let left = mark.arrow * steps.reduce((a, b) => a + b, 0), k = 0;
  while (k < steps.length - 1 && left > steps[k]) left -= steps[k++];
  if (!steps[k]) return [];
  const [dx, dy] = [(at[k + 1][0] - at[k][0]) / steps[k], (at[k + 1][1] - at[k][1]) / steps[k]];
  const tip = [at[k][0] + left * dx + 4 * dx, at[k][1] + left * dy + 4 * dy];
  const side = s => `${round(tip[0] - 9 * dx - 4 * s * dy)} ${round(tip[1] - 9 * dy + 4 * s * dx)}`;
  return [node("path", { d: `M${round(tip[0])} ${round(tip[1])}L${side(1)}L${side(-1)}Z`, fill: mark.colour, opacity: mark.opacity })];
}

const DRAW = {
  line(mark, frame, chart) {
    const d = pathOf(mark, frame), made = [node("path", { d, fill: "none", stroke: mark.colour, "stroke-width": mark.width ?? 1.5,
      "stroke-dasharray": DASHES[mark.dash], opacity: mark.opacity, "stroke-linejoin": "round" })];
    if (mark.arrow) made.push(...arrow(mark, frame));
    if (mark.hover || mark.pick !== undefined) {
      const wide = node("path", { d, fill: "none", stroke: "transparent", "stroke-width": 12, "pointer-events": "stroke" });
      chart.held.set(wide, mark);
      made.push(wide);
    }
    return made;
  },
  points(mark, frame, chart) {
    return mark.x.flatMap((v, k) => {
      if (v === null || mark.y[k] === null) return [];
      const [x, y] = [frame.x.at(v), frame.y.at(mark.y[k])], r = of(mark.size, k) / 2;
      if (chart.moved && (x < frame.left - 1 || x > frame.right + 1 || y < frame.top - 1 || y > frame.bottom + 1)) return [];
      if (mark.hover) chart.spots.push({ x, y, hover: mark.hover[k], pick: of(mark.pick, k) });
      const weight = of(mark.weight, k) ?? 1.5, made = [node("path", { d: SHAPES[of(mark.shape, k) ?? "circle"], fill: of(mark.fill, k) ?? "none",
        stroke: of(mark.edge, k), "stroke-width": weight / r, opacity: mark.opacity, transform: `translate(${round(x)} ${round(y)}) scale(${r})` })];
      const label = mark.label?.[k];
      if (label) {
        const before = x + r + 3 + widthOf(label.text) > frame.right + 12;
        made.push(node("text", { x: x + (before ? -1 : 1) * (r + 2), y: y - r, class: "label", "text-anchor": before ? "end" : "start",
          "font-weight": label.bold ? 700 : undefined }, label.text));
      }
      return made;
    });
  },
  bars(mark, frame, chart) {
    return mark.y.map((v, k) => {
      const [x0, x1] = [frame.x.at(mark.from[k]), frame.x.at(mark.to[k])], half = of(mark.height, k) / 2;
      const [a, b] = [frame.y.at(v - half), frame.y.at(v + half)];
      const made = node("rect", { x: x0, width: Math.max(x1 - x0, 0.5), y: Math.min(a, b), height: Math.abs(a - b), fill: of(mark.fill, k),
        stroke: of(mark.edge, k), "stroke-width": 2 });
      chart.held.set(made, { hover: mark.hover[k], pick: of(mark.pick, k) });
      return made;
    });
  },
  cells(mark, frame, chart) {
    return mark.x.flatMap((v, k) => {
      const [x0, x1] = [frame.x.at(v - 0.5) + 1, frame.x.at(v + 0.5) - 1], [y1, y0] = [frame.y.at(mark.y[k] - 0.5) - 1, frame.y.at(mark.y[k] + 0.5) + 1];
      const made = node("rect", { x: x0, width: x1 - x0, y: y0, height: y1 - y0, fill: mark.fill[k], stroke: of(mark.edge, k), "stroke-width": 4 });
      chart.held.set(made, { hover: mark.hover[k], pick: of(mark.pick, k) });
      const ink = lightness(mark.fill[k]) > 0.5 ? "#111" : "#fff";
      return [made, ...mark.text[k].map((t, i) => node("text", { x: (x0 + x1) / 2, y: (y0 + y1) / 2 + 15 * (i - (mark.text[k].length - 1) / 2) + 4,
        fill: ink, "text-anchor": "middle", "pointer-events": "none" }, t))];
    });
  },
  image(mark, frame) {
    const [low, high] = mark.range ?? extremes(mark.z), [nx, ny] = [mark.x.length, mark.y.length];
    const canvas = Object.assign(document.createElement("canvas"), { width: nx, height: ny }), ink = canvas.getContext("2d");
    const pixels = ink.createImageData(nx, ny), table = ramp(mark.colours);
    for (let i = 0; i < ny; i++) for (let j = 0; j < nx; j++) {
      const v = mark.z[i][j];
      if (v === null || v === undefined) continue;
      const colour = table[Math.round(255 * Math.min(Math.max((v - low) / (high - low || 1), 0), 1))];
      pixels.data.set([...colour, 255], 4 * ((ny - 1 - i) * nx + j));
    }
    ink.putImageData(pixels, 0, 0);
    const half = values => (values.at(-1) - values[0]) / (values.length - 1) / 2;
    const [hx, hy] = [half(mark.x), half(mark.y)];
    const [x0, x1, y1, y0] = [frame.x.at(mark.x[0] - hx), frame.x.at(mark.x.at(-1) + hx), frame.y.at(mark.y[0] - hy), frame.y.at(mark.y.at(-1) + hy)];
    return [node("image", { x: x0, y: y0, width: x1 - x0, height: y1 - y0, preserveAspectRatio: "none", href: canvas.toDataURL(),
      opacity: mark.opacity, "image-rendering": mark.smooth ? undefined : "pixelated" })];
  },
  band: (mark, frame) => [node("rect", { x: frame.x.at(mark.x0), width: Math.max(0, frame.x.at(mark.x1) - frame.x.at(mark.x0)), y: frame.top,
    height: frame.bottom - frame.top, fill: mark.fill, opacity: mark.opacity, "pointer-events": "none" })],
  rule: (mark, frame) => [node("line", { x1: frame.x.at(mark.x), x2: frame.x.at(mark.x), y1: frame.top, y2: frame.bottom, stroke: mark.colour,
    "stroke-width": mark.width, "pointer-events": "none" })],
  note: (mark, frame) => [node("text", { x: within(frame.x.at(mark.x), widthOf(mark.text, 11) / 2, frame), y: frame.top - 5 - 16 * mark.row, class: "label", "text-anchor": "middle" }, mark.text)],
};

// Colours of numbers.

const channels = hex => [1, 3, 5].map(k => parseInt(hex.slice(k, k + 2), 16));
const lightness = colour => { const [r, g, b] = colour.startsWith("#") ? channels(colour) : colour.match(/\d+/g).map(Number);
  return (0.3 * r + 0.59 * g + 0.11 * b) / 255; };
const extremes = rows => { const all = known(rows.flat()); return [Math.min(...all), Math.max(...all)]; };

function ramp(colours) { // 256 colours through some that are evenly spaced
  const stops = colours.map(channels);
  return Array.from({ length: 256 }, (_, k) => {
    const at = k / 255 * (stops.length - 1), i = Math.min(Math.floor(at), stops.length - 2);
    return stops[i].map((c, j) => Math.round(c + (at - i) * (stops[i + 1][j] - c)));
  });
}

function colourBar(mark, frame) {
  const group = node("g", { class: "axes" }), table = ramp(mark.colours), x = frame.right + 14;
  const [top, bottom] = [frame.top + 0.1 * (frame.bottom - frame.top), frame.bottom], scale = scaleOf(mark.ticks ? { ticks: mark.ticks } : {}, mark.range ?? extremes(mark.z), bottom, top);
  for (let k = 0; k < 32; k++) {
    const h = (bottom - top) / 32;
    group.append(node("rect", { x, width: 10, y: bottom - (k + 1) * h, height: h + 0.6, fill: `rgb(${table[k * 8 + 4]})` }));
  }
  for (const [value, text] of scale.ticks) group.append(node("text", { x: x + 14, y: scale.at(value) + 4 }, text));
  group.append(node("text", { class: "title", "text-anchor": "middle", transform: `translate(${x + 57} ${(top + bottom) / 2}) rotate(-90)` }, mark.title));
  return group;
}

// One chart in an element. What the pointer has moved stays while `key` does.

class Chart {
  constructor(box, say, picked) {
    Object.assign(this, { box, say, picked, picture: null, view: null, key: null, spots: [], held: new Map() });
    this.sized = new ResizeObserver(() => { if (this.picture && (box.clientWidth !== this.size?.[0] || box.clientHeight !== this.size[1])) this.paint(); });
    this.sized.observe(box);
    box.addEventListener("pointermove", event => this.point(event));
    box.addEventListener("pointerleave", () => this.say(null));
    box.addEventListener("pointerdown", event => this.press(event));
    box.addEventListener("click", event => this.click(event));
    box.addEventListener("dblclick", () => { this.view = null; this.paint(); });
    box.addEventListener("wheel", event => this.zoom(event), { passive: false });
  }

  draw(picture, name, key) {
    if (key !== this.key) Object.assign(this, { key, view: null });
    Object.assign(this, { picture, name });
    this.paint();
  }

  get moved() { return this.view !== null; }

  paint() {
    const [width, height] = [this.box.clientWidth, this.box.clientHeight];
    if (!width || !height) return;
    this.size = [width, height];
    const frame = this.frame = framed(this.picture, this.view, width, height);
    const svg = node("svg", { width, height, role: "img", "aria-label": this.name });
    const clip = `clip-${this.box.parentNode.id}`, inside = { "clip-path": `url(#${clip})` };
    svg.append(node("clipPath", { id: clip }), axes(frame));
    svg.firstChild.append(node("rect", { x: frame.left, y: frame.top, width: frame.right - frame.left, height: frame.bottom - frame.top }));
    this.spots = [];
    this.held = new Map();
    for (const mark of this.picture.marks) {
      const group = node("g", mark.kind === "points" || mark.kind === "note" ? {} : inside);
      group.append(...DRAW[mark.kind](mark, frame, this));
      svg.append(group);
      if (mark.title) svg.append(colourBar(mark, frame));
    }
    this.box.replaceChildren(svg);
  }

  place(event) {
    const box = this.box.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  found(event) { // the nearest point within reach, else what is under the pointer
    const [x, y] = this.place(event);
    const away = this.spots.map(q => Math.hypot(q.x - x, q.y - y)), least = Math.min(Infinity, ...away);
    return least <= NEAR ? this.spots[away.indexOf(least)] : this.held.get(event.target) ?? null;
  }

  point(event) {
    if (this.grip) { this.drag(event); return; }
    const found = this.found(event);
    this.box.style.cursor = found && found.pick !== undefined && found.pick !== null ? "pointer" : "";
    this.say(found && found.hover ? found.hover : null, event);
  }

  press(event) {
    if (event.pointerType === "touch" || event.button !== 0 || this.picture.fixed) return;
    this.grip = { from: this.place(event), view: { x: [this.frame.x.low, this.frame.x.high], y: [this.frame.y.low, this.frame.y.high] } };
    const end = () => { this.dragged = this.grip?.far; this.grip = null; removeEventListener("pointerup", end); };
    addEventListener("pointerup", end);
  }

  drag(event) {
    const [x, y] = this.place(event), { from, view } = this.grip, frame = this.frame;
    if (!this.grip.far && Math.hypot(x - from[0], y - from[1]) < STILL) return;
    this.grip.far = true;
    const moved = (scale, [low, high], by) => { const shift = by / (scale.to - scale.from) * (high - low) * (scale.axis.flip ? -1 : 1); return [low - shift, high - shift]; };
    this.view = { x: moved(frame.x, view.x, x - from[0]), y: moved(frame.y, view.y, y - from[1]) };
    this.paint();
  }

  zoom(event) {
    if (!event.ctrlKey || this.picture.fixed) return;
    event.preventDefault();
    const [x, y] = this.place(event), factor = Math.exp(event.deltaY / 300);
    const about = (scale, pixel) => {
      const share = (pixel - scale.from) / (scale.to - scale.from), t = scale.axis.flip ? 1 - share : share, at = scale.low + t * (scale.high - scale.low);
      return [at + factor * (scale.low - at), at + factor * (scale.high - at)];
    };
    this.view = { x: about(this.frame.x, x), y: about(this.frame.y, y) };
    this.paint();
  }

  click(event) {
    if (this.dragged) { this.dragged = false; return; }
    const found = this.found(event);
    if (found && found.pick !== undefined && found.pick !== null) this.picked(found.pick);
  }

  close() { this.sized.disconnect(); }
}
