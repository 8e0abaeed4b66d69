"use strict";
// Ensembles: shares over size and noise; a click on a cell lists its data sets, a click on one of
// them opens its own page where that was given.

const cellsShown = s => s.doc.ensemble.shares[s.column ?? s.doc.ensemble.columns[0]]
  .filter(c => c.model === (s.model ?? Object.keys(s.doc.ensemble.models)[0]));

function surface(s) {
  const cells = cellsShown(s), unique = name => [...new Set(cells.map(c => c[name]))].sort((a, b) => a - b);
  const [sizes, noises] = [unique("n"), unique("noise")], table = ramp(CIVIDIS);
  const names = values => ({ ticks: values.map((v, k) => [k, String(v)]), range: [-0.5, values.length - 0.5], grid: false });
  return { say: "share of data sets, 95 % interval valid at any time of stopping; click a cell for its data sets", fixed: true,
    x: { title: "data set size n", ...names(sizes) }, y: { title: "noise σ", ...names(noises) },
    marks: [{ kind: "cells", x: cells.map(c => sizes.indexOf(c.n)), y: cells.map(c => noises.indexOf(c.noise)),
      fill: cells.map(c => `rgb(${table[Math.round(255 * (c.share ?? 0))]})`), edge: cells.map(c => c.cell === s.cell ? css("--accent") : "none"),
      text: cells.map(c => [fixed(c.share), `${fixed(c.lower)}–${fixed(c.upper)}`]), pick: cells.map(c => ({ cell: c.cell, answer: null })),
      hover: cells.map(c => [`n = ${c.n}, σ = ${c.noise}`, `share ${short(c.share)} (${short(c.lower)} to ${short(c.upper)})`,
        `${c.data_sets} data sets, ${c.failures} failures`]) }] };
}

const fixed = share => share === null ? "–" : share.toFixed(2);

function surfaceControls() {
  const choice = (name, values, label) => {
    const box = element("select", { onchange: e => change({ [name]: e.target.value, cell: null, answer: null }) },
      ...values.map(v => element("option", { value: v, textContent: v.replaceAll("_", " ") })));
    box.setAttribute("aria-label", label);
    box.hidden = values.length < 2;
    return box;
  };
  const e = state.doc.ensemble;
  return element("div", { className: "controls" }, choice("column", e.columns, "share shown"),
    choice("model", Object.keys(e.models), "model"));
}

function originOf(s, cell, seed) {
  return { model: s.doc.ensemble.models[cell.model], n: cell.n, noise: cell.noise,
    weight_decay: cell.weight_decay, seed };
}

const sameOrigin = (a, b) => a && b.model && Object.keys(b).every(key => a[key] === b[key]);

function answers(s, box) {
  const all = s.doc.ensemble.answers, cell = cellsShown(s).find(c => c.cell === s.cell);
  box.replaceChildren();
  if (!cell) return "no cell is chosen";
  const rows = all.rows[cell.cell] || [];
  const table = element("table", { id: "answers" }, element("tr", {}, ...all.names.map(n =>
    element("th", { textContent: n.replaceAll("_", " ") }))));
  rows.forEach((row, k) => {
    const line = element("tr", { className: `set${k === s.answer ? " chosen" : ""}`, onclick: () => change({ answer: k }) },
      element("td", {}, element("button", { type: "button", textContent: row[0] })),
      ...row.slice(1).map(text => element("td", { textContent: text })));
    table.append(line);
  });
  if (s.answer !== null && rows[s.answer]) box.append(oneDataSet(s, cell, rows[s.answer]));
  box.append(table);
  return `n = ${cell.n}, σ = ${cell.noise}: ${rows.length} of ${cell.data_sets + cell.failures} data sets`;
}

function oneDataSet(s, cell, row) {
  const origin = originOf(s, cell, row[1]);
  const k = PAYLOAD.documents.findIndex(d => sameOrigin(d.origin, origin));
  const box = element("div", { id: "one" }, element("h2", { textContent: `data set ${row[0]}, seed ${row[1]}` }));
  if (k >= 0) {
    box.append(element("button", { type: "button", id: "through", textContent: `open ${PAYLOAD.documents[k].name}`,
      onclick: () => open(k) }));
  } else if (origin.model) {
    box.append(element("p", { textContent: "its own page: " }, element("code", { textContent:
      `python -m figures explore --preset ${cell.model} --n ${cell.n} --noise ${cell.noise} --seed ${row[1]}` +
      (cell.weight_decay ? ` --weight-decay ${cell.weight_decay}` : "") })));
  }
  return box;
}

PANELS.push(
  { id: "surface", title: "Shares of data sets", when: d => d.ensemble, draw: surface, shape: "half",
    controls: surfaceControls },
  { id: "answers-of", title: "Data sets", when: d => d.ensemble, fill: answers, shape: "half" });
