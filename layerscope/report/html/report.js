"use strict";
(() => {
  const byId = (id) => document.getElementById(id);

  // Sizes as the rest of the page has them: decimal units, one digit after the point.
  const size = (bytes) => {
    if (bytes < 1000) return `${bytes} B`;
    const units = ["kB", "MB", "GB", "TB", "PB"];
    let value = bytes / 1000, unit = 0;
    while (value >= 999.95 && unit < units.length - 1) { value /= 1000; unit += 1; }
    return `${value.toFixed(1)} ${units[unit]}`;
  };
  const grouped = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ",");

  // The rows, as columns; made when they are first needed.
  let table = null;
  const expand = (runs, length) => {
    const column = new Int32Array(length);
    let at = 0;
    for (let index = 0; index < runs.length; index += 2) {
      column.fill(runs[index], at, at + runs[index + 1]);
      at += runs[index + 1];
    }
    return column;
  };
  const load = () => {
    if (table) return table;
    const data = JSON.parse(byId("data").textContent);
    const length = data.sizes.length;
    const paths = new Array(length);
    let at = 0;
    data.names.forEach((names, group) => {
      const prefix = data.directories[group] ? `${data.directories[group]}/` : "";
      for (const name of names.split("\n")) { paths[at] = prefix + name; at += 1; }
    });
    table = {
      length, paths,
      sizes: Float64Array.from(data.sizes),
      places: Uint32Array.from({ length }, (_, row) => row),
      layers: expand(data.layers, length), packages: expand(data.packages, length),
      causes: expand(data.causes, length), hiders: expand(data.hiders, length),
      labels: data.labels, lower: null, orders: new Map(),
    };
    return table;
  };
  const lowered = () => {
    const rows = load();
    if (!rows.lower) rows.lower = rows.paths.map((path) => `/${path.toLowerCase()}`);
    return rows.lower;
  };

  // Rows in the order of a column, which is computed once: equal ones stay in the order of paths.
  const ordered = (column, descending) => {
    const rows = load(), key = `${column} ${descending}`;
    if (rows.orders.has(key)) return rows.orders.get(key);
    const values = rows[column], length = rows.length, sign = descending ? -1 : 1;
    let order;
    if (values.reduce((most, value) => Math.max(most, value), 0) * length < Number.MAX_SAFE_INTEGER) {
      // A number holds value and row, and numbers sort without a function: ten times as fast.
      const both = Float64Array.from(values, (value, row) => sign * value * length + row).sort();
      order = Uint32Array.from(both, (each) => ((each % length) + length) % length);
    } else {
      order = rows.places.slice().sort((a, b) => sign * (values[a] - values[b]) || a - b);
    }
    rows.orders.set(key, order);
    return order;
  };

  const COLUMNS = { size: "sizes", path: "places", layer: "layers", package: "packages", state: "causes" };
  const chosen = { layer: null, only: null, state: "all", text: "", sort: "size", descending: true };
  const STEP = 200;
  let order = [];
  let matches = [];
  let count = 0;
  let next = 0;
  let shown = 0;

  // What a click on the treemap asks for: all below a directory, the files of one directory, a package.
  const isBelow = (path, only) =>
    path.startsWith(only.value) && (only.kind === "below" || !path.includes("/", only.value.length));
  const isAsked = (rows, row) => {
    const { layer, only, state } = chosen;
    if (layer !== null && rows.layers[row] !== layer && rows.hiders[row] !== layer) return false;
    if (state !== "all" && (rows.causes[row] !== 0) !== (state === "wasted")) return false;
    if (!only) return true;
    return only.kind === "package" ? rows.packages[row] === Number(only.value) : isBelow(rows.paths[row], only);
  };
  const match = () => {
    const rows = load();
    const words = chosen.text.toLowerCase().split(/\s+/).filter(Boolean);
    const lower = words.length ? lowered() : null;
    matches = new Uint8Array(rows.length);
    count = 0;
    let bytes = 0;
    for (let row = 0; row < rows.length; row += 1) {
      if (!isAsked(rows, row)) continue;
      if (lower && !words.every((word) => lower[row].includes(word))) continue;
      matches[row] = 1;
      count += 1;
      bytes += rows.sizes[row];
    }
    return bytes;
  };

  const body = byId("rows");
  const more = byId("more");
  const stateText = (rows, row) => {
    if (!rows.causes[row]) return "live";
    return `wasted: ${rows.labels.causes[rows.causes[row]]}, by layer ${rows.hiders[row]}`;
  };
  const cell = (className, text) => {
    const made = document.createElement("td");
    if (className) made.className = className;
    made.textContent = text;
    return made;
  };
  const line = (rows, row) => {
    const made = document.createElement("tr");
    made.append(
      cell("n", size(rows.sizes[row])), cell("path", rows.paths[row]), cell("n", rows.layers[row]),
      cell("wide", rows.packages[row] < 0 ? "" : rows.labels.packages[rows.packages[row]]),
      cell("", stateText(rows, row)),
    );
    return made;
  };
  const append = () => {
    const rows = load();
    const piece = document.createDocumentFragment();
    const end = Math.min(shown + STEP, count);
    for (; shown < end; next += 1) {
      if (!matches[order[next]]) continue;
      piece.append(line(rows, order[next]));
      shown += 1;
    }
    body.append(piece);
    more.hidden = shown >= count;
    more.textContent = `Show ${grouped(Math.min(STEP, count - shown))} more of ${grouped(count - shown)}`;
  };
  const refresh = () => {
    const bytes = match(), total = load().length;
    order = ordered(COLUMNS[chosen.sort], chosen.descending);
    byId("found").textContent = `${grouped(count)} of ${grouped(total)} files, ${size(bytes)}`;
    body.replaceChildren();
    next = 0;
    shown = 0;
    append();
  };
  more.addEventListener("click", append);

  const search = byId("search");
  let waiting = 0;
  search.addEventListener("input", () => {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(() => { chosen.text = search.value; refresh(); }, 60);
  });
  byId("state").addEventListener("change", (event) => { chosen.state = event.target.value; refresh(); });

  for (const head of document.querySelectorAll("th[data-sort]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const key = head.dataset.sort;
      chosen.descending = chosen.sort === key ? !chosen.descending : key === "size";
      chosen.sort = key;
      for (const other of document.querySelectorAll("th[data-sort]")) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", chosen.descending ? "descending" : "ascending");
      refresh();
    });
  }

  // One layer alone: its files, and the findings that name it.
  const chip = byId("chosen");
  const nameChip = () => {
    const parts = [chosen.layer === null ? "" : `layer ${chosen.layer}`, chosen.only ? chosen.only.name : ""];
    chip.hidden = chosen.layer === null && !chosen.only;
    chip.textContent = `Only ${parts.filter(Boolean).join(", ")} \u2715`;
  };
  const choose = (layer) => {
    chosen.layer = layer;
    chosen.only = null;
    for (const button of document.querySelectorAll("button.choose")) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.layer) === layer));
    }
    for (const row of document.querySelectorAll("tr[data-layer]")) {
      row.classList.toggle("chosen", Number(row.dataset.layer) === layer);
    }
    for (const card of document.querySelectorAll(".finding")) {
      card.hidden = layer !== null && !card.dataset.layers.split(" ").includes(String(layer));
    }
    nameChip();
    refresh();
  };
  for (const button of document.querySelectorAll("button.choose")) {
    button.addEventListener("click", () => {
      const layer = Number(button.dataset.layer);
      choose(chosen.layer === layer ? null : layer);
    });
  }
  chip.addEventListener("click", () => {
    byId("state").value = chosen.state = "all";
    choose(null);
  });

  // Treemaps: one of those that are in the document is shown.
  const measure = byId("measure"), grouping = byId("grouping");
  const show = () => {
    for (const map of document.querySelectorAll(".map")) {
      const fits = map.dataset.measure === measure.value && map.dataset.grouping === grouping.value;
      map.classList.toggle("shown", fits);
    }
  };
  if (measure) {
    measure.addEventListener("change", show);
    grouping.addEventListener("change", show);
    show();
  }
  const ask = (kind, value, name) => {
    search.value = "";
    chosen.text = "";
    if (kind === "layer") { choose(Number(value)); return; }
    choose(null);
    chosen.only = { kind, value, name };
    nameChip();
    refresh();
  };
  for (const link of document.querySelectorAll("a[data-only]")) {
    link.addEventListener("click", () => {
      const [kind] = link.dataset.only.split(":", 1);
      const map = link.closest(".map");
      byId("state").value = chosen.state = map ? (map.dataset.measure === "wasted" ? "wasted" : "live") : "all";
      ask(kind, link.dataset.only.slice(kind.length + 1), link.dataset.name);
    });
  }

  document.addEventListener("keydown", (event) => {
    const typing = ["INPUT", "SELECT", "TEXTAREA"].includes(document.activeElement.tagName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      search.focus();
    } else if (event.key === "Escape") {
      search.value = "";
      chosen.text = "";
      byId("state").value = chosen.state = "all";
      choose(null);
    }
  });

  // The page is there first; then its data.
  const idle = window.requestIdleCallback || ((task) => window.setTimeout(task, 50));
  idle(() => { refresh(); idle(() => { lowered(); idle(() => ordered("layers", false)); }); });
})();
