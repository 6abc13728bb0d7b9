// The report of a benchmark: everything is computed from `data`, again for every change of the filters.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const LINE = 1.96; // standard errors to each side of a 95 % interval
const DRAWS = 2000; // of the means, for ranks under a filter
const MOST = 8; // optimizers that have a colour of their own
const RIBBONS = 4; // of them have their interval drawn
const PER_DECADE = 4; // rates of a sensitivity
const NAMES = 150, NARROWEST = 9; // pixels of the heat map's names and of a column
const byId = (id) => document.getElementById(id);
const phone = () => window.innerWidth < 600;

const MEASURES = {
  score: {
    title: "score", of: (r) => r.score, text: (v) => v.toFixed(2), good: 1,
    note: "The area under the runtime profile of restarted runs: 1 is at once, 0 is never.",
  },
  success: {
    title: "success rate", of: (r) => r.success, text: (v) => Math.round(100 * v) + " %", good: 1,
    note: "The share of starts that reach the last target, near the global minimum.",
  },
  ert: {
    title: "expected running time", of: (r) => r.ert, text: short, good: -1, log: true,
    note: "Gradient evaluations until the last target, restarts counted; empty where no start reached it.",
  },
  median_loss: {
    title: "median loss", of: (r) => r.median_loss, text: short, good: -1, log: true,
    note: "What is left above the global minimum, in the median over the starts.",
  },
  diverged: {
    title: "diverged", of: (r) => r.diverged, text: (v) => Math.round(100 * v) + " %", good: -1,
    note: "The share of starts that ran away.",
  },
  good_rates: {
    title: "decades of good rates", of: (r) => r.good_rates, text: (v) => v.toFixed(1), good: 1,
    note: "How many decades of rates keep nine tenths of the score.",
  },
};

const state = { family: "", landscape: "", dimension: "", name: "", measure: "score", chosen: [] };

// ------------------------------------------------------------------------------------------------ numbers
function number(value) {
  return typeof value === "string" ? { nan: NaN, inf: Infinity, "-inf": -Infinity }[value] : value;
}

function short(value) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "–" : "never";
  if (value === 0) return "0";
  const size = Math.abs(value);
  return size >= 1e5 || size < 1e-3 ? value.toExponential(1).replace("e+", "e").replace("-", "−")
    : String(Number(value.toPrecision(3))).replace("-", "−");
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function quantile(sorted, share) {
  return sorted[Math.round(share * (sorted.length - 1))];
}

// Pseudo-random numbers from a seed (mulberry32), so that the same filter gives the same intervals.
function randomFrom(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function normal(random) {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

// ------------------------------------------------------------------------------------------------ what is shown
const counted = (n, what) => `${n} ${what}${n === 1 ? "" : "s"}`;
const unique = (values) => [...new Set(values)];
for (const row of data.results) {
  for (const [key, value] of Object.entries(row)) if (typeof value === "string") row[key] = number(value) ?? value;
}

function shownRows() {
  const name = state.name.trim().toLowerCase();
  return data.results.filter((row) =>
    (!state.family || row.family === state.family) &&
    (!state.landscape || row.landscape === state.landscape) &&
    (!state.dimension || String(row.dimension) === state.dimension) &&
    (!name || row.optimizer.toLowerCase().includes(name) || row.title.toLowerCase().includes(name)));
}

// The whole suite is ranked by the benchmark itself, from all runs. Under a filter the intervals of the cells are
// combined: the mean of independent cells, and ranks from draws of these means.
function leaderboard(rows) {
  const by = new Map();
  for (const row of rows) by.set(row.optimizer, [...(by.get(row.optimizer) ?? []), row]);
  const found = [...by].map(([optimizer, own]) => {
    const score = mean(own.map((row) => row.score));
    const error = Math.sqrt(own.reduce((sum, r) => sum + ((r.score_high - r.score_low) / 2 / LINE) ** 2, 0)) / own.length;
    return { optimizer, title: own[0].title, family: own[0].family, score, error, rows: own,
      success: mean(own.map((row) => row.success)), low: score - LINE * error, high: score + LINE * error };
  }).sort((a, b) => b.score - a.score);
  const known = new Map(data.leaderboard.map((entry) => [entry.optimizer, entry]));
  if (whole(rows) && found.every((one) => known.has(one.optimizer))) {
    for (const one of found) {
      const entry = known.get(one.optimizer);
      Object.assign(one, { rank: entry.rank, rankLow: entry.rank_low, rankHigh: entry.rank_high, p: number(entry.p),
        tied: entry.tied, low: entry.score_low, high: entry.score_high });
    }
  } else {
    rankByDraws(found);
  }
  return found;
}

function whole(rows) {
  return rows.length === data.results.length;
}

function rankByDraws(found) {
  const random = randomFrom(1);
  const ranks = found.map(() => []), behind = found.map(() => 0);
  for (let draw = 0; draw < DRAWS && found.length; draw++) {
    const means = found.map((one) => one.score + one.error * normal(random));
    const order = means.map((_, index) => index).sort((a, b) => means[b] - means[a]);
    order.forEach((index, place) => ranks[index].push(place + 1));
    means.forEach((value, index) => { behind[index] += value >= means[0] ? 1 : 0; });
  }
  found.forEach((one, index) => {
    const sorted = ranks[index].sort((a, b) => a - b);
    const share = behind[index] / DRAWS;
    Object.assign(one, { rank: index + 1, rankLow: quantile(sorted, 0.025), rankHigh: quantile(sorted, 0.975),
      p: index ? Math.min(1, 2 * Math.min(share, 1 - share) + 1 / DRAWS) : 1 });
    one.tied = index === 0 || one.p > 0.05;
  });
}

// ------------------------------------------------------------------------------------------------ the look
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const theme = () => data.themes[dark.matches ? "dark" : "print"];

function colorOf(optimizer) {
  const index = state.chosen.indexOf(optimizer);
  return index < 0 ? theme().faint : theme().lanes[index];
}

function faded(color, share) {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
  return `rgba(${r},${g},${b},${share})`;
}

function layout(height, more) {
  const look = theme();
  const axis = { gridcolor: look.hair, zerolinecolor: look.hair, linecolor: look.hair, tickcolor: look.hair,
    automargin: true, fixedrange: phone() };
  const { xaxis, yaxis, ...rest } = more;
  return { height, margin: { l: 8, r: 14, t: 8, b: 8 }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: "Roboto, 'Segoe UI', system-ui, sans-serif", size: phone() ? 12 : 13, color: look.text },
    hoverlabel: { bgcolor: look.panel, bordercolor: look.hair, font: { color: look.text }, align: "left" },
    showlegend: false, xaxis: { ...axis, ...xaxis }, yaxis: { ...axis, ...yaxis }, ...rest };
}

function draw(id, traces, height, more) {
  return Plotly.react(id, traces, layout(height, more), { responsive: true, displayModeBar: false });
}

// ------------------------------------------------------------------------------------------------ the charts
function drawLeaderboard(board) {
  const names = board.map((one) => one.title);
  const trace = {
    type: "bar", orientation: "h", y: names, x: board.map((one) => one.score), customdata: board.map((o) => o.optimizer),
    marker: { color: board.map((one) => colorOf(one.optimizer)), opacity: 0.9 },
    error_x: { type: "data", symmetric: false, array: board.map((one) => one.high - one.score),
      arrayminus: board.map((one) => one.score - one.low), color: theme().text, thickness: 1.4, width: 3 },
    hovertext: board.map((one) => `<b>${short(one.rank)}. ${one.title}</b> (${one.family})<br>score ${one.score.toFixed(3)} ` +
      `[${one.low.toFixed(3)}, ${one.high.toFixed(3)}]<br>success ${Math.round(100 * one.success)} %`),
    hoverinfo: "text",
  };
  return draw("leaderboard", [trace], 50 + 21 * board.length, {
    bargap: 0.25, yaxis: { autorange: "reversed", ticks: "", tickfont: { size: 12 } },
    xaxis: { title: { text: "score", standoff: 6 }, rangemode: "tozero", side: "top" },
  });
}

function drawTable(board) {
  const head = "<thead><tr><th>rank</th><th>optimizer</th><th class=optional>family</th><th>score</th>" +
    "<th>95 % interval</th><th>success</th><th>p</th></tr></thead>";
  const lines = board.map((one) => {
    const p = one.p >= 1 ? "" : one.p < 0.001 ? "&lt; 0.001" : one.p.toFixed(3);
    return `<tr data-optimizer="${escaped(one.optimizer)}"><td>${short(one.rank)}</td><td><span class="dot" ` +
      `style="background:${colorOf(one.optimizer)}"></span>${escaped(one.title)}</td><td class=optional>${one.family}` +
      `</td><td>${one.score.toFixed(3)}</td><td>${one.low.toFixed(3)} – ${one.high.toFixed(3)}</td>` +
      `<td>${Math.round(100 * one.success)} %</td><td>${p}</td></tr>`;
  });
  byId("table").innerHTML = head + "<tbody>" + lines.join("") + "</tbody>";
}

function escaped(text) {
  return text.replace(/[&<>"]/g, (letter) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[letter]);
}

function drawProfiles(board) {
  const front = state.chosen;
  const order = [...board].sort((a, b) => front.includes(a.optimizer) - front.includes(b.optimizer));
  const traces = order.map((one) => {
    const on = front.includes(one.optimizer);
    return {
      type: "scatter", mode: "lines", name: one.title, x: data.evaluations,
      y: data.evaluations.map((_, at) => mean(one.rows.map((row) => row.profile[at]))),
      line: { color: on ? colorOf(one.optimizer) : faded(theme().faint, 0.35), width: on ? 2.6 : 1, shape: "hv" },
      hovertemplate: `${one.title}: %{y:.0%} within %{x:.3g}<extra></extra>`, showlegend: on,
    };
  });
  return draw("profiles", traces, phone() ? 420 : 440, {
    xaxis: { type: "log", title: { text: "gradient evaluations", standoff: 8 } },
    yaxis: { tickformat: ".0%", range: [0, 1.02], title: { text: "targets reached", standoff: 8 } },
    showlegend: true, legend: phone() ? { orientation: "h", y: -0.22, font: { size: 12 } } : { font: { size: 13 } },
    hovermode: "closest",
  });
}

function drawCells(rows, board) {
  const what = MEASURES[state.measure], landscapes = unique(rows.map((row) => row.landscape));
  const titles = landscapes.map((name) => rows.find((row) => row.landscape === name).landscape_title);
  const easy = new Map(landscapes.map((name) => [name, mean(rows.filter((r) => r.landscape === name).map((r) => r.score))]));
  const order = landscapes.map((_, index) => index).sort((a, b) => easy.get(landscapes[b]) - easy.get(landscapes[a]));
  const value = (row) => {
    const found = row === undefined ? NaN : what.of(row);
    return !Number.isFinite(found) ? null : what.log ? Math.log10(Math.max(found, 1e-16)) : found;
  };
  const at = (one, index) => one.rows.find((row) => row.landscape === landscapes[index]);
  const z = board.map((one) => order.map((index) => value(at(one, index))));
  const text = board.map((one) => order.map((index) => told(at(one, index))));
  const ends = what.log ? {} : state.measure === "good_rates" ? { zmin: 0 } : { zmin: 0, zmax: state.measure === "score" ? undefined : 1 };
  const scale = what.good > 0 ? theme().heights : theme().heights.map(([place, color]) => [1 - place, color]).reverse();
  byId("measured").textContent = what.note;
  byId("cells").style.minWidth = NAMES + NARROWEST * order.length + "px"; // with more columns it is scrolled
  const bar = { thickness: 12, outlinewidth: 0, orientation: "h", y: -0.03, yanchor: "top", x: 0.5, len: 0.8,
    title: { text: what.title, side: "bottom" } };
  if (what.log) Object.assign(bar, decades(z.flat().filter((v) => v !== null)));
  const trace = { type: "heatmap", z, text, x: order.map((index) => titles[index]), y: board.map((one) => one.title),
    colorscale: scale, xgap: 1.5, ygap: 1.5, hoverinfo: "text", hoverongaps: false, colorbar: bar, ...ends };
  return draw("cells", [trace], 210 + 20 * board.length, {
    xaxis: { side: "top", tickangle: phone() ? -90 : -55, tickfont: { size: 12 }, ticks: "", showgrid: false },
    yaxis: { autorange: "reversed", tickfont: { size: 12 }, ticks: "", showgrid: false },
  });
}

function decades(values) {
  const low = Math.floor(Math.min(...values)), high = Math.ceil(Math.max(...values)), ticks = [];
  const every = Math.max(1, Math.ceil((high - low) / 5));
  for (let power = low; power <= high; power += every) ticks.push(power);
  return { tickvals: ticks, ticktext: ticks.map((power) => `10<sup>${String(power).replace("-", "−")}</sup>`) };
}

function told(row) {
  if (row === undefined) return "";
  const settings = Object.entries(row.settings).map(([name, value]) => `${name} ${short(number(value))}`);
  const lines = [];
  for (let at = 0; at < settings.length; at += 3) lines.push(settings.slice(at, at + 3).join(", "));
  return `<b>${row.title}</b> on ${row.landscape_title}<br>score ${row.score.toFixed(3)} ` +
    `[${row.score_low.toFixed(3)}, ${row.score_high.toFixed(3)}]<br>success ${Math.round(100 * row.success)} % ` +
    `[${Math.round(100 * row.success_low)}, ${Math.round(100 * row.success_high)}]<br>expected running time ` +
    `${short(row.ert)}<br>median loss ${short(row.median_loss)}, diverged ${Math.round(100 * row.diverged)} %<br>` +
    `<i>${lines.join("<br>")}</i>`;
}

function drawRates(board) {
  const traces = [];
  for (const one of board.filter((entry) => state.chosen.includes(entry.optimizer))) {
    const own = one.rows.filter((row) => row.sensitivity.rates.length);
    if (!own.length) continue;
    // A rate has legal values: some landscapes may lack the lowest or highest ones.
    const columnOf = (row, at) => Math.round(PER_DECADE * Math.log10(row.sensitivity.rates[at] / row.settings.lr));
    const by = new Map();
    for (const row of own) row.sensitivity.score.forEach((score, at) => {
      by.set(columnOf(row, at), [...(by.get(columnOf(row, at)) ?? []), score]);
    });
    const steps = [...by.keys()].sort((a, b) => a - b);
    const factors = steps.map((step) => 10 ** (step / PER_DECADE)), columns = steps.map((step) => by.get(step));
    const middle = columns.map(mean);
    const error = columns.map((values, at) =>
      values.length < 2 ? 0 : Math.sqrt(values.reduce((s, v) => s + (v - middle[at]) ** 2, 0) / (values.length - 1) / values.length));
    const color = colorOf(one.optimizer);
    if (state.chosen.indexOf(one.optimizer) < RIBBONS) traces.push({ type: "scatter", mode: "lines", x: [...factors, ...[...factors].reverse()],
      y: [...middle.map((m, at) => Math.min(1, m + LINE * error[at])),
        ...middle.map((m, at) => Math.max(0, m - LINE * error[at])).reverse()],
      fill: "toself", fillcolor: faded(color, 0.16), line: { width: 0 }, hoverinfo: "skip", showlegend: false });
    traces.push({ type: "scatter", mode: "lines", name: one.title, x: factors, y: middle, line: { color, width: 2.4 },
      hovertemplate: `${one.title}: score %{y:.3f} at %{x:.3g} × the tuned rate<extra></extra>` });
    traces.push({ type: "scatter", mode: "markers", x: [1], y: [middle[steps.indexOf(0)]], hoverinfo: "skip",
      marker: { color, size: 8, line: { color: theme().panel, width: 1.5 } }, showlegend: false });
  }
  return draw("rates", traces, phone() ? 420 : 440, {
    xaxis: { type: "log", title: { text: "rate / tuned rate", standoff: 8 } },
    yaxis: { title: { text: "score", standoff: 8 }, rangemode: "tozero" },
    showlegend: true, legend: phone() ? { orientation: "h", y: -0.22, font: { size: 12 } } : { font: { size: 13 } },
  });
}

function drawRanks(board) {
  const color = board.map((one) => (one.tied ? theme().accent : theme().faint));
  const spans = { type: "scatter", mode: "lines", hoverinfo: "skip", line: { color: theme().dim, width: 1.4 },
    x: board.flatMap((one) => [one.rankLow, one.rankHigh, null]), y: board.flatMap((one) => [one.title, one.title, null]) };
  const points = { type: "scatter", mode: "markers", x: board.map((one) => one.rank), y: board.map((one) => one.title),
    marker: { color, size: 9, line: { color: theme().text, width: 1 } }, hoverinfo: "text",
    hovertext: board.map((one) => `<b>${one.title}</b>: rank ${short(one.rank)} [${short(one.rankLow)}, ${short(one.rankHigh)}]<br>` +
      (one.rank === 1 ? "the best" : one.p < 0.001 ? "p &lt; 0.001 against the best" : `p = ${one.p.toFixed(3)} against the best`)) };
  const tied = board.filter((one) => one.tied).map((one) => one.title);
  const how = board.length && board.reduce((sum, one) => sum + one.rows.length, 0) === data.results.length
    ? "Ranks with 95 % intervals, from paired bootstrap over the starts; p-values are corrected for many tests (Holm)."
    : "Ranks with 95 % intervals. Under a filter they are drawn from the intervals of the cells, which are not paired.";
  byId("tested").textContent = how + (tied.length > 1
    ? ` ${tied.length} cannot be told from the best at 5 %: ${tied.slice(0, 8).join(", ")}${tied.length > 8 ? " …" : ""}.`
    : tied.length ? ` ${tied[0]} is better than every other at 5 %.` : "");
  return draw("ranks", [spans, points], 60 + 21 * board.length, {
    yaxis: { range: [board.length - 0.5, -0.5], tickfont: { size: 12 }, ticks: "", type: "category",
      categoryorder: "array", categoryarray: board.map((one) => one.title) },
    xaxis: { title: { text: "rank", standoff: 6 }, side: "top", range: [0.2, board.length + 0.8], tickangle: 0,
      dtick: board.length <= 8 ? 1 : phone() ? 10 : board.length <= 20 ? 1 : 5 },
  });
}

// ------------------------------------------------------------------------------------------------ words
function say() {
  const s = data.settings, best = data.leaderboard[0];
  if (!best) return;
  const title = (name) => data.results.find((row) => row.optimizer === name).title;
  const tied = data.leaderboard.filter((entry) => entry.tied);
  const last = data.leaderboard[data.leaderboard.length - 1];
  const even = tied.length > 1 ? `, though ${tied.length - 1} more cannot be told from it` : "";
  byId("said").textContent = `${title(best.optimizer)} is first with a score of ${best.score.toFixed(2)}${even}; it reaches the ` +
    `global minimum from ${Math.round(100 * best.success)} % of the starts. ${title(last.optimizer)} is last with ${last.score.toFixed(2)}.`;
  const dimensions = unique(data.results.map((row) => row.dimension));
  byId("protocol").textContent = `${counted(s.optimizers.length, "optimizer")} on ${counted(s.landscapes.length, "landscape")} in ` +
    `${dimensions.join(", ")} dimensions: each is tuned with ${s.budget} trials, then runs from ${s.starts} starts of its ` +
    `own for ${s.steps} gradient evaluations${s.noise ? `, with gradient noise ${s.noise}` : ""}.` +
    (data.complete ? "" : " The run was stopped: what follows is a part of it.");
  byId("about").textContent = `Made by lossland ${data.made}, seed ${s.seed}. The numbers stand in results.csv and results.json beside this file.`;
}

// ------------------------------------------------------------------------------------------------ filters
function options(id, first, values) {
  byId(id).innerHTML = (first ? `<option value="">${first}</option>` : "") +
    values.map(([value, text]) => `<option value="${escaped(String(value))}">${escaped(String(text))}</option>`).join("");
}

async function show() {
  const rows = shownRows(), board = leaderboard(rows);
  const kept = state.chosen.filter((name) => board.some((one) => one.optimizer === name));
  state.chosen = kept.length ? kept : board.slice(0, MOST).map((one) => one.optimizer);
  byId("found").textContent = rows.length ? `${board.length} optimizers, ${unique(rows.map((r) => r.landscape)).length} landscapes`
    : "Nothing has this name in this family.";
  drawTable(board);
  await Promise.all([drawLeaderboard(board), drawProfiles(board), drawCells(rows, board), drawRates(board), drawRanks(board)]);
  document.body.dataset.shown = board.length;
}

function choose(optimizer) {
  if (state.chosen.includes(optimizer)) state.chosen = state.chosen.filter((name) => name !== optimizer);
  else state.chosen = [...state.chosen, optimizer].slice(-MOST);
  show();
}

async function begin() {
  say();
  options("family", "all", unique(data.results.map((row) => row.family)).map((name) => [name, name]));
  const named = new Map(data.results.map((row) => [row.landscape, row.landscape_title]));
  options("landscape", "all", [...named]);
  options("dimension", "all", unique(data.results.map((row) => row.dimension)).map((n) => [n, n]));
  options("measure", "", Object.entries(MEASURES).map(([key, what]) => [key, what.title]));
  for (const id of ["family", "landscape", "dimension", "name", "measure"]) {
    byId(id).addEventListener("input", (event) => {
      state[id] = event.target.value;
      if (id !== "measure") state.chosen = [];
      show();
    });
  }
  byId("all").addEventListener("click", () => {
    Object.assign(state, { family: "", landscape: "", dimension: "", name: "", chosen: [] });
    for (const id of ["family", "landscape", "dimension", "name"]) byId(id).value = "";
    show();
  });
  byId("table").addEventListener("click", (event) => {
    const line = event.target.closest("tr[data-optimizer]");
    if (line) choose(line.dataset.optimizer);
  });
  dark.addEventListener("change", show);
  await show();
  byId("leaderboard").on("plotly_click", (event) => choose(event.points[0].customdata));
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if ((width < 600) !== phone()) show();
    width = window.innerWidth;
  });
}

// Plotly is here in compressed form, so that the file is small and needs no network.
async function unpack() {
  const packed = Uint8Array.from(atob(byId("plotly").textContent), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const script = document.createElement("script");
  script.textContent = await new Response(stream).text();
  document.head.append(script);
}

unpack().then(begin);
