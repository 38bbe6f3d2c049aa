"use strict";
(() => {
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  root.classList.add("scripted");

  // Colors: as the system has them, until somebody chooses.
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
  const theme = byId("theme");
  const nameTheme = () => { theme.textContent = isDark() ? "Light" : "Dark"; };
  theme.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; nameTheme(); });
  dark.addEventListener("change", nameTheme);
  nameTheme();

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
      layers: expand(data.layers, length), packages: expand(data.packages, length),
      causes: expand(data.causes, length), hiders: expand(data.hiders, length),
      labels: data.labels, lower: null,
    };
    return table;
  };
  const lowered = () => {
    const rows = load();
    if (!rows.lower) rows.lower = rows.paths.map((path) => path.toLowerCase());
    return rows.lower;
  };

  const chosen = { layer: null, state: "all", text: "", sort: "size", ascending: false };
  const STEP = 200;
  let order = [];
  let shown = 0;

  const matching = () => {
    const rows = load();
    const words = chosen.text.toLowerCase().split(/\s+/).filter(Boolean);
    const lower = words.length ? lowered() : null;
    const found = [];
    for (let row = 0; row < rows.length; row += 1) {
      if (chosen.layer !== null && rows.layers[row] !== chosen.layer && rows.hiders[row] !== chosen.layer) continue;
      if (chosen.state !== "all" && (rows.causes[row] !== 0) !== (chosen.state === "wasted")) continue;
      if (lower && !words.every((word) => lower[row].includes(word))) continue;
      found.push(row);
    }
    return found;
  };
  const compared = (rows) => ({
    size: (a, b) => rows.sizes[a] - rows.sizes[b],
    path: (a, b) => a - b,
    layer: (a, b) => rows.layers[a] - rows.layers[b],
    package: (a, b) => rows.packages[a] - rows.packages[b],
    state: (a, b) => rows.causes[a] - rows.causes[b],
  }[chosen.sort]);

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
  const append = () => {
    const rows = load();
    const piece = document.createDocumentFragment();
    const end = Math.min(shown + STEP, order.length);
    for (; shown < end; shown += 1) {
      const row = order[shown];
      const line = document.createElement("tr");
      line.append(
        cell("n", size(rows.sizes[row])), cell("path", rows.paths[row]), cell("n", rows.layers[row]),
        cell("wide", rows.packages[row] < 0 ? "" : rows.labels.packages[rows.packages[row]]),
        cell("", stateText(rows, row)),
      );
      piece.append(line);
    }
    body.append(piece);
    more.hidden = shown >= order.length;
    more.textContent = `Show ${grouped(Math.min(STEP, order.length - shown))} more of ${grouped(order.length - shown)}`;
  };
  const refresh = () => {
    const rows = load();
    order = matching();
    const compare = compared(rows), sign = chosen.ascending ? 1 : -1;
    order.sort((a, b) => sign * compare(a, b) || a - b);
    let bytes = 0;
    for (const row of order) bytes += rows.sizes[row];
    byId("found").textContent = `${grouped(order.length)} of ${grouped(rows.length)} files, ${size(bytes)}`;
    body.replaceChildren();
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
      chosen.ascending = chosen.sort === key ? !chosen.ascending : key !== "size";
      chosen.sort = key;
      for (const other of document.querySelectorAll("th[data-sort]")) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", chosen.ascending ? "ascending" : "descending");
      refresh();
    });
  }

  // One layer alone: its files, and the findings that name it.
  const chip = byId("chosen");
  const choose = (layer) => {
    chosen.layer = layer;
    for (const button of document.querySelectorAll("button.choose")) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.layer) === layer));
    }
    for (const row of document.querySelectorAll("tr[data-layer]")) {
      row.classList.toggle("chosen", Number(row.dataset.layer) === layer);
    }
    for (const card of document.querySelectorAll(".finding")) {
      card.hidden = layer !== null && !card.dataset.layers.split(" ").includes(String(layer));
    }
    chip.hidden = layer === null;
    chip.textContent = layer === null ? "" : `Layer ${layer} alone \u2715`;
    refresh();
  };
  for (const button of document.querySelectorAll("button.choose")) {
    button.addEventListener("click", () => {
      const layer = Number(button.dataset.layer);
      choose(chosen.layer === layer ? null : layer);
    });
  }
  chip.addEventListener("click", () => choose(null));

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
  for (const link of document.querySelectorAll("a[data-search]")) {
    link.addEventListener("click", () => {
      const wanted = link.dataset.search;
      const layer = /^layer:(\d+)$/.exec(wanted);
      if (layer) { choose(Number(layer[1])); return; }
      search.value = wanted;
      chosen.text = wanted;
      refresh();
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
  idle(() => { refresh(); idle(lowered); });
})();
