"use strict";
// The state of the page, and what changes it: slider, clicks, keys. Whatever changes, all panels
// are drawn anew from the state, once for each picture of the screen.

const PAYLOAD = JSON.parse(document.getElementById("payload").textContent);
const state = { doc: PAYLOAD.documents[0], frame: 0, selected: null, film: 0, moment: 0,
  cell: null, answer: null, column: null, model: null };
const $ = id => document.getElementById(id);
let panels = [], waiting = false, player = null;

function element(tag, options = {}, ...children) {
  const node = Object.assign(document.createElement(tag), options);
  node.append(...children);
  return node;
}

function change(what) {
  Object.assign(state, what);
  if (!waiting) { waiting = true; requestAnimationFrame(() => { waiting = false; show(); }); }
}

function select(set) { change({ selected: set === state.selected ? null : set }); }

function open(k) {
  stop();
  const doc = PAYLOAD.documents[k];
  Object.assign(state, { doc, frame: 0, selected: null, film: 0, moment: 0,
    cell: null, answer: null, column: null, model: null });
  if (doc.frames) state.frame = Math.floor(doc.frames.length / 2);
  if (doc.intervals) lastMoment();
  $("tabs").replaceChildren(...(PAYLOAD.documents.length < 2 ? [] : PAYLOAD.documents.map((d, i) => {
    const tab = element("button", { type: "button", textContent: d.name, onclick: () => open(i) });
    tab.setAttribute("aria-selected", String(i === k));
    return tab;
  })));
  $("facts").replaceChildren(...doc.facts.flatMap(([name, text]) =>
    [element("b", { textContent: `${name} ` }), `${text}   `]));
  $("notes").hidden = !doc.notes.length;
  $("notes").querySelector("ul").replaceChildren(...doc.notes.map(n => element("li", { textContent: n })));
  makeBar(doc);
  makeLegend(doc);
  makePanels(doc);
  show();
}

function makeBar(doc) {
  $("bar").hidden = !doc.parameter;
  $("ticks").replaceChildren();
  if (!doc.parameter) return;
  $("slider").max = doc.frames.length - 1;
  for (const event of doc.events) {
    const after = doc.frames.findIndex(f => f.p >= event.p), last = doc.frames.length - 1;
    const share = Math.max(0, (after < 0 ? last : after) - 0.5) / last;
    const tick = element("button", { type: "button", textContent: EVENTS[event.kind][1],
      title: `${event.kind} at ${short(event.p)}: ${event.text}`, onclick: () => goTo(after < 0 ? last : after) });
    tick.setAttribute("aria-label", tick.title);
    tick.style.left = `${100 * share}%`;
    $("ticks").append(tick);
  }
}

function makeLegend(doc) {
  const regions = new Set((doc.frames || []).flatMap(f => f.region));
  const kinds = new Set((doc.intervals || []).flatMap(i => Object.values(i.nodes).map(n => n.kind)));
  const shapes = { point: "<circle cx='7' cy='7' r='5'/>", line: "<rect x='2' y='2' width='10' height='10'/>",
    infinity: "<path d='M7 1 L13 12 L1 12 Z'/>", manifold: "<path d='M7 1 L13 6 L11 13 L3 13 L1 6 Z'/>" };
  const item = (shape, name, paint) => {
    const li = element("li");
    li.innerHTML = `<svg width="14" height="14" aria-hidden="true">${shape}</svg>`;
    li.firstChild.setAttribute("style", paint);
    li.append(name);
    return li;
  };
  const legend = Object.keys(PAYLOAD.colours).filter(r => regions.has(r)).map(r =>
    item(shapes.point, r, `fill:${colour(r)}`));
  legend.push(...Object.keys(shapes).filter(k => kinds.has(k)).map(k =>
    item(shapes[k], KIND_NAMES[k], "fill:none;stroke:currentColor;stroke-width:1.6")));
  if (regions.size) legend.push(item(shapes.point, "filled: attracting", "fill:currentColor"));
  for (const kind of new Set((doc.events || []).map(e => e.kind))) {
    legend.push(element("li", { textContent: `${EVENTS[kind][1]} ${kind}` }));
  }
  $("legend").replaceChildren(...legend);
}

function makePanels(doc) {
  for (const panel of panels) panel.chart?.close();
  panels = PANELS.filter(p => p.when(doc)).map(p => {
    const card = element("article", { className: `panel ${p.shape || ""}`, id: p.id });
    card.append(element("h2", { textContent: p.title }), element("p", { className: "say" }));
    const panel = { ...p, card, say: card.querySelector(".say"), chart: null };
    if (p.controls) card.append(p.controls());
    if (p.draw) {
      const box = element("div", { className: "plot" });
      card.append(box);
      panel.chart = new Chart(box, tell, picked);
    }
    if (p.fill) card.append(element("div", { className: "scroll" }));
    if (p.id === "sets") card.append(element("div", { className: "scroll" },
      element("div", { id: "details" }), element("table", { id: "list" })));
    return panel;
  });
  nearby.disconnect();
  $("panels").replaceChildren(...panels.map(p => p.card));
  for (const panel of panels) {
    panel.near = panel.card.getBoundingClientRect().top < innerHeight;
    nearby.observe(panel.card);
  }
}

// Panels that are not on the screen are drawn when they come near it.
const nearby = new IntersectionObserver(entries => {
  for (const entry of entries) {
    const panel = panels.find(p => p.card === entry.target);
    if (!panel) continue;
    panel.near = entry.isIntersecting;
    if (panel.near && panel.stale) draw(panel);
  }
}, { rootMargin: "200px" });

function draw(panel) {
  panel.stale = false;
  if (panel.fill) panel.say.textContent = panel.fill(state, panel.card.querySelector(".scroll"));
  if (!panel.draw) return;
  const picture = panel.draw(state);
  panel.say.textContent = picture.say;
  panel.chart.draw(picture, `${panel.title}: ${picture.say}`, state.doc.name);
}

// What is under the pointer, beside it and never beyond the screen.
function tell(lines, event) {
  const tip = $("tip");
  tip.hidden = !lines;
  if (!lines) return;
  tip.replaceChildren(...lines.map((text, k) => element(k ? "div" : "b", { textContent: text })));
  const [w, h] = [tip.offsetWidth, tip.offsetHeight], { clientX: x, clientY: y } = event;
  tip.style.left = `${Math.max(4, x + 14 + w < innerWidth ? x + 14 : x - 14 - w)}px`;
  tip.style.top = `${Math.max(4, y + 14 + h < innerHeight ? y + 14 : y - 14 - h)}px`;
}

function show() {
  if (state.doc.parameter) showBar();
  if (state.doc.frames) { showList(); showFilm(); }
  for (const panel of panels) if (panel.near) draw(panel); else panel.stale = true;
}

function picked(what) { if (typeof what === "number") select(what); else change(what); }

function showBar() {
  const f = frameOf(state), doc = state.doc;
  $("slider").value = state.frame;
  $("value").value = `${doc.parameter} = ${short(f.p)}`;
  $("slider").setAttribute("aria-valuetext", $("value").value);
  const before = doc.events.filter(e => e.p <= f.p).at(-1), next = doc.events.find(e => e.p > f.p);
  const words = e => `${e.kind} at ${short(e.p)}${e.located ? "" : " (not located exactly)"}, ${e.text}`;
  $("news").textContent = [f.interval === null ? "No graph is known here." : "",
    before ? `Below: ${words(before)}.` : "", next ? `Above: ${words(next)}.` : ""].filter(Boolean).join("  ");
}

function showList() {
  const f = frameOf(state), alive = new Map(f.set.map((set, k) => [set, k]));
  const rows = state.doc.sets.map((name, set) => {
    const k = alive.get(set), row = element("tr", { className: "set" });
    row.classList.toggle("chosen", set === state.selected);
    row.classList.toggle("gone", k === undefined);
    const button = element("button", { type: "button", textContent: `${set + 1} ${name}` });
    button.setAttribute("aria-pressed", String(set === state.selected));
    const dot = element("span", { textContent: k !== undefined && f.attracting[k] ? "● " : "○ " });
    dot.style.color = k === undefined ? "inherit" : colour(f.region[k]);
    row.append(element("td", {}, dot, button), element("td", { textContent: k === undefined ? "" : BRIEF[f.region[k]] ?? f.region[k], title: k === undefined ? "does not exist here" : f.region[k] }),
      element("td", { textContent: k === undefined ? "" : f.index[k] }),
      element("td", { textContent: k === undefined ? "" : f.loss[k].toPrecision(4) }));
    row.onclick = () => select(set);
    return row;
  });
  const head = element("tr", {}, ...["set", "region", "idx", "loss"].map(t => element("th", { textContent: t })));
  const held = document.activeElement?.closest?.("#list tr"), place = held ? [...$("list").rows].indexOf(held) : -1;
  $("list").replaceChildren(head, ...rows);
  $("list").classList.toggle("unlabelled", f.region.every(r => r === "unlabelled"));
  if (place > 0) $("list").rows[place].querySelector("button").focus({ preventScroll: true });
  showDetails(alive);
  panels.find(p => p.id === "sets").say.textContent = `${counted(f.set.length, "set")} here, ` +
    `${f.attracting.filter(Boolean).length} attracting`;
}

function showDetails(alive) {
  const set = state.selected, box = $("details");
  box.replaceChildren();
  if (set === null) return;
  const k = alive.get(set), f = frameOf(state), node = nodeOf(state, set), i = intervalOf(state);
  box.append(element("h2", { textContent: `${set + 1} ${state.doc.sets[set]}` }));
  if (k === undefined) { box.append(element("p", { textContent: "does not exist here" })); return; }
  const facts = [["kind", `${node.subkind ?? ""}, ${KIND_NAMES[node.kind] ?? ""}`],
    ["region", f.region[k] + (f.attracting[k] ? ", attracting" : "")],
    ["index, nullity", `${f.index[k]}, ${node.nullity ?? "?"}`], ["loss", String(f.loss[k])],
    ["excess risk", short(node.excess_risk)], ["orbit", node.orbit_size ?? "?"], ["where", f.where[k]],
    ["certified", node.certified ? "yes" : "no"], ["found by", node.found_by ?? ""], ["note", node.note || ""]];
  box.append(element("table", {}, ...facts.filter(([, text]) => text !== "" && text !== "–").map(([name, text]) =>
    element("tr", {}, element("th", { textContent: name }), element("td", { textContent: text })))));
  const list = (title, edges, end) => {
    if (!edges.length) return;
    box.append(element("h2", { textContent: title }), element("ul", {}, ...edges.map(e => element("li", {},
      element("button", { type: "button", textContent: `${e[end] + 1} ${state.doc.sets[e[end]]}`, onclick: () => select(e[end]) }),
      ` ${e.multiplicity} × ${e.departure}, loss drop ${short(e.loss_drop)}, duration ${short(e.duration)}`))));
  };
  list("flows to", i ? i.edges.filter(e => e.source === set) : [], "target");
  list("is reached from", i ? i.edges.filter(e => e.target === set) : [], "source");
}

function filmControls() {
  const choice = element("select", { id: "film", onchange: e => {
    state.film = Number(e.target.value); lastMoment(); change({}); } });
  choice.setAttribute("aria-label", "trajectory");
  const moment = element("input", { id: "moment", type: "range", min: 0, step: 1,
    oninput: e => change({ moment: Number(e.target.value) }) });
  moment.setAttribute("aria-label", "flow time");
  const run = element("button", { id: "run", type: "button", textContent: "▶ play", onclick: () => play("moment") });
  return element("div", { className: "controls" }, choice, run, moment);
}

function lastMoment() { const film = filmOf(state); state.moment = film ? film.t.length - 1 : 0; }

function showFilm() {
  const i = intervalOf(state), films = i ? i.films : [];
  if ($("film").options.length !== films.length) {
    $("film").replaceChildren(...films.map((film, k) => element("option", { value: k, textContent: film.name })));
  }
  $("film").value = state.film;
  if (films.length) $("moment").max = films[state.film].t.length - 1;
  $("moment").value = state.moment;
}

function stop() {
  clearInterval(player); player = null;
  $("play").textContent = "▶";
  if ($("run")) $("run").textContent = "▶ play";
}

function play(what) {
  if (player !== null) { stop(); return; }
  const end = what === "moment" ? (filmOf(state)?.t.length ?? 1) - 1 : state.doc.frames.length - 1;
  if (state[what] >= end) change({ [what]: 0 });
  $(what === "moment" ? "run" : "play").textContent = "❚❚";
  player = setInterval(() => {
    if (state[what] >= end) stop(); else change({ [what]: state[what] + 1 });
  }, what === "moment" ? 70 : 160);
}

function goTo(frame) {
  if (state.doc.frames) change({ frame: Math.min(Math.max(frame, 0), state.doc.frames.length - 1) });
}

function walk(step) {
  const alive = [...frameOf(state).set].sort((a, b) => a - b);
  const at = alive.indexOf(state.selected);
  change({ selected: alive[at < 0 ? (step > 0 ? 0 : alive.length - 1) : (at + step + alive.length) % alive.length] });
}

function setTheme(name) {
  document.documentElement.dataset.theme = name;
  if (panels.length) { makeLegend(state.doc); change({}); }
}

const KEYS = { ArrowLeft: () => goTo(state.frame - 1), ArrowRight: () => goTo(state.frame + 1),
  ArrowUp: () => state.doc.frames && walk(-1), ArrowDown: () => state.doc.frames && walk(1),
  Escape: () => change({ selected: null, answer: null }), p: () => state.doc.parameter && play("frame"),
  d: () => setTheme(isDark() ? "light" : "dark") };

document.addEventListener("keydown", event => {
  const tag = event.target.tagName, typing = tag === "SELECT" || event.target.id === "moment";
  const action = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!action || event.ctrlKey || event.metaKey || event.altKey || (typing && event.key !== "Escape")) return;
  event.preventDefault();
  action();
});
$("slider").addEventListener("input", event => { stop(); goTo(Number(event.target.value)); });
$("play").addEventListener("click", () => play("frame"));
$("theme").addEventListener("click", () => setTheme(isDark() ? "light" : "dark"));
setTheme(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
open(0);
document.documentElement.dataset.ready = String(Math.round(performance.now()));
