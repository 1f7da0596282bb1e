/* The rows of a table: search, sort, page, take away, all of it in the address (?year=2019&flow=export&q=grain&sort=-value&page=2).
   The page has the first rows without this script; the file with all of them is loaded once one of these is asked for. */
(function () {
  const box = document.querySelector(".chart-table[data-csv]");
  if (!box) return;
  const { csv, table: name } = box.dataset, total = Number(box.dataset.rows), size = Number(box.dataset.page);
  const heads = [...box.querySelectorAll("thead th")], body = box.querySelector("tbody"), caption = box.querySelector("caption");
  const columns = heads.map((head) => head.textContent);
  const NUMBER = /^-?[\d.]+(e[-+]?\d+)?$/;
  const count = (number) => number.toLocaleString("en");
  const forms = heads.map(({ dataset: { decimals } }) => decimals && new Intl.NumberFormat("en",
    { minimumFractionDigits: decimals, maximumFractionDigits: decimals, roundingMode: "halfEven" }));
  let rows = null, found = [], asked = { q: "", filters: [], sort: "", down: false, page: 1 };

  function element(tag, text, more = {}) {
    return Object.assign(document.createElement(tag), { textContent: text, ...more });
  }

  /* --- the file ------------------------------------------------------------------------------------------------------------ */

  function parse(text) {
    const lines = [];
    let line = [];
    for (const [, cell, end] of text.replace(/^\ufeff/, "").matchAll(/("(?:[^"]|"")*"|[^,\r\n]*)(,|\r?\n|$)/g)) {
      line.push(cell[0] === '"' ? cell.slice(1, -1).replaceAll('""', '"') : cell);
      if (end === ",") continue;
      if (line.length > 1 || line[0]) lines.push(line);
      line = [];
    }
    return lines.slice(1); // without the names of the columns
  }

  const written = (cells) => cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(",");

  async function load() {
    if (rows) return;
    const answer = await fetch(csv);
    if (!answer.ok) throw new Error(answer.status);
    rows = parse(await answer.text());
    for (const row of rows) row.text = row.join("\n").toLowerCase();
  }

  /* --- what is asked for --------------------------------------------------------------------------------------------------- */

  function read() {
    const query = new URLSearchParams(location.search), sort = query.get("sort") || "";
    asked = {
      q: query.get("q") || "",
      filters: columns.flatMap((column, at) => (query.has(column) ? [{ column, at, values: query.getAll(column) }] : [])),
      sort: columns.includes(sort.replace(/^-/, "")) ? sort.replace(/^-/, "") : "",
      down: sort.startsWith("-"),
      page: Math.trunc(Number(query.get("page"))) || 1,
    };
    search.value = asked.q;
    return asked.q || asked.filters.length || asked.sort || asked.page > 1;
  }

  function address() {
    const query = new URLSearchParams();
    for (const { column, values } of asked.filters) for (const value of values) query.append(column, value);
    if (asked.q) query.set("q", asked.q);
    if (asked.sort) query.set("sort", (asked.down ? "-" : "") + asked.sort);
    if (asked.page > 1) query.set("page", asked.page);
    return (query.size ? `?${query}` : location.pathname) + location.hash;
  }

  const order = (one, other) => (NUMBER.test(one) && NUMBER.test(other) ? one - other : one < other ? -1 : Number(one > other));

  /* A cell is what a filter wants: the same text, or within a range such as 2015..2019 or 2009.. */
  function matches(cell, wanted) {
    if (!wanted.includes("..")) return cell === wanted;
    const at = wanted.indexOf(".."), first = wanted.slice(0, at), last = wanted.slice(at + 2);
    return cell !== "" && (!first || order(first, cell) <= 0) && (!last || order(cell, last) <= 0);
  }

  function choose() {
    const words = asked.q.toLowerCase().split(/\s+/).filter(Boolean);
    found = rows.filter((row) =>
      asked.filters.every(({ at, values }) => values.some((value) => matches(row[at], value))) && words.every((word) => row.text.includes(word)));
    const by = columns.indexOf(asked.sort);
    if (by < 0) return;
    const numeric = "number" in heads[by].dataset, sign = asked.down ? -1 : 1;
    const keyed = found.map((row) => [row[by] === "", numeric ? Number(row[by]) : row[by], row]);
    keyed.sort(([noneA, a], [noneB, b]) => noneA - noneB || (a < b ? -sign : a > b ? sign : 0)); // empty cells last, either way
    found = keyed.map(([, , row]) => row);
  }

  /* --- what is shown ------------------------------------------------------------------------------------------------------- */

  function cellOf(text, at) {
    if ("key" in heads[at].dataset) return element("th", text, { scope: "row" });
    const shown = text && forms[at] ? forms[at].format(text).replace("-", "−") : text;
    return element("td", shown, { className: text && !NUMBER.test(text) ? "words" : "" });
  }

  function show() {
    choose();
    const pages = Math.max(1, Math.ceil(found.length / size));
    asked.page = Math.min(Math.max(1, asked.page), pages);
    const start = (asked.page - 1) * size, here = found.slice(start, start + size);
    body.replaceChildren(...here.map((row) => {
      const line = element("tr", "");
      line.append(...row.map(cellOf));
      return line;
    }));
    heads.forEach((head, at) => {
      if (columns[at] === asked.sort) head.setAttribute("aria-sort", asked.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    const place = found.length > here.length ? `Rows ${count(start + 1)} to ${count(start + here.length)} of ` : "";
    const whole = found.length === total ? `${count(total)} rows` : `${count(found.length)} of ${count(total)} rows`;
    const sorted = asked.sort ? `, sorted by ${asked.sort}, ${asked.down ? "descending" : "ascending"}` : "";
    status.textContent = caption.textContent = `${place}${whole}${sorted}.`;
    buttons.forEach((button, at) => { button.disabled = at < 2 ? asked.page === 1 : asked.page === pages; });
    pager.hidden = pages === 1;
    take.textContent = `Download ${found.length === total ? `all ${count(total)}` : `these ${count(found.length)}`} rows (CSV)`;
    chips.replaceChildren(...asked.filters.map((filter) => {
      const said = `${filter.column}: ${filter.values.join(", ")}`.replaceAll("..", "–");
      const chip = element("button", `${said} ×`, { type: "button" });
      chip.setAttribute("aria-label", `Remove the filter ${said}`);
      chip.addEventListener("click", () => {
        act({ filters: asked.filters.filter((other) => other !== filter), page: 1 });
        search.focus();
      });
      return chip;
    }));
    box.scrollTop = 0;
  }

  /* Change what is asked for, and show it; typing leaves no trail in the history. */
  async function act(change, typing = false) {
    Object.assign(asked, change);
    try {
      await load();
    } catch {
      status.replaceChildren("The rows could not be loaded. ", element("a", "The file has them all.", { href: csv }));
      return;
    }
    show();
    if (address() !== location.pathname + location.search + location.hash) history[typing ? "replaceState" : "pushState"](null, "", address());
  }

  const bar = element("div", "", { className: "table-bar" });
  const label = element("label", "Search the rows "), search = element("input", "", { type: "search", autocomplete: "off" });
  const status = element("p", total > size ? `Rows 1 to ${size} of ${count(total)} rows.` : `${count(total)} rows.`), chips = element("div", "", { className: "table-chips" });
  status.setAttribute("role", "status");
  search.addEventListener("input", () => act({ q: search.value.trim(), page: 1 }, true));
  label.append(search);
  const take = element("button", `Download all ${count(total)} rows (CSV)`, { type: "button" });
  take.addEventListener("click", async () => {
    await act({});
    if (!rows) return;
    const lines = [columns, ...found].map(written).join("\r\n");
    const file = URL.createObjectURL(new Blob([`\ufeff${lines}\r\n`], { type: "text/csv" }));
    element("a", "", { href: file, download: `${name}${found.length === total ? "" : "-selected"}.csv` }).click();
    setTimeout(() => URL.revokeObjectURL(file), 10000);
  });
  bar.append(label, take, chips, status);
  const pager = element("nav", "", { className: "table-pager", hidden: total <= size });
  pager.setAttribute("aria-label", "Pages of rows");
  const steps = { First: () => 1, Previous: () => asked.page - 1, Next: () => asked.page + 1, Last: () => Infinity };
  const buttons = Object.entries(steps).map(([word, page], at) => {
    const button = element("button", word, { type: "button", disabled: at < 2 });
    button.addEventListener("click", async () => {
      await act({ page: page() });
      if (button.disabled) buttons[at < 2 ? 2 : 1].focus(); // the keyboard keeps its place
    });
    return button;
  });
  pager.append(...buttons);
  box.before(bar);
  box.after(pager);
  heads.forEach((head, at) => {
    const button = element("button", columns[at], { type: "button" });
    button.addEventListener("click", () => {
      const again = asked.sort === columns[at];
      act({ sort: again && asked.down ? "" : columns[at], down: again && !asked.down, page: 1 });
    });
    head.replaceChildren(button);
  });
  const arrive = () => (read() || rows ? act({}, true) : null);
  addEventListener("popstate", arrive);
  const first = arrive();
  if (first && location.hash === "#rows") first.then(() => document.getElementById("rows").scrollIntoView());
})();
