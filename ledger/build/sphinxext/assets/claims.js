/* Search, filter and sort the ledger; copy and share a claim. The page is complete without this script.
   What is chosen stands in the page's address, so that it can be linked to and Back undoes it. */
(function () {
  const list = document.querySelector("ul.claims");
  const bar = document.querySelector(".claims-bar");
  if (!list || !bar) return;
  // without accents and capitals, and with one form of quotes and dashes
  const plain = (text) =>
    text.normalize("NFD").replace(/\p{M}/gu, "").replace(/[‘’]/g, "'").replace(/[“”"]/g, "").replace(/[‐‑–—]/g, "-").toLowerCase();
  const words = (value) => value.replaceAll("-", " ");
  const SEARCHED = ".claim-number, .claim-text, .claim-finding, .claim-reason, .claim-sources";
  const CONFIDENCE = ["high", "medium", "low"];
  const GROUPS = { verdict: "Verdict", domain: "Domain", basis: "Decided by" };

  const element = (name, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };
  const claims = [...list.querySelectorAll(":scope > li")].map((row, place) => {
    const claim = { row, place, text: plain([...row.querySelectorAll(SEARCHED)].map((one) => one.textContent).join(" ")) };
    for (const kind of [...Object.keys(GROUPS), "confidence"]) {
      claim[kind] = [...row.classList].find((name) => name.startsWith(kind + "-")).slice(kind.length + 1);
    }
    return claim;
  });
  const legend = [...document.querySelectorAll(".folded-line .mark")].map((mark) => mark.textContent.trim());
  const order = legend.map((text) => text.replace(/^\S+\s/, "").replaceAll(" ", "-"));
  const rank = (known, value) => (known.includes(value) ? known.indexOf(value) : known.length);

  const search = element("input", { type: "search", name: "q", placeholder: "Search claims, findings, sources" });
  search.setAttribute("aria-label", "Search the claims");
  const sort = element("select", { name: "sort" });
  sort.setAttribute("aria-label", "Sort the claims");
  for (const [value, label] of [["", "Article order"], ["verdict", "By verdict"], ["confidence", "By confidence"]]) {
    sort.add(new Option(label, value));
  }
  const reset = element("button", { type: "button" }, "Show all");
  const status = element("p");
  status.setAttribute("role", "status");
  const narrow = matchMedia("(max-width: 44rem)");
  const filters = element("details", { className: "claims-filters", open: !narrow.matches }, element("summary", {}, "Filter"));
  narrow.addEventListener("change", () => { filters.open = !narrow.matches; });
  const chips = [];
  for (const [kind, label] of Object.entries(GROUPS)) {
    const group = element("div");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", label);
    let values = [...new Set(claims.map((claim) => claim[kind]))];
    if (kind === "verdict") values = values.sort((a, b) => rank(order, a) - rank(order, b));
    for (const value of values) {
      const glyph = kind === "verdict" ? legend[order.indexOf(value)]?.split(/\s/)[0] : "";
      const count = element("span");
      const button = element("button", { type: "button" }, [glyph, words(value), ""].filter((part, at) => part || at).join(" "), count);
      button.setAttribute("aria-pressed", "false");
      button.addEventListener("click", () => {
        button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
        changed();
      });
      chips.push({ kind, value, button, count });
      group.append(button);
    }
    filters.append(group);
  }
  const form = element("form", {}, element("div", {}, search, sort, reset), filters, status);
  form.setAttribute("role", "search");
  form.setAttribute("aria-label", "Search and filter the claims");
  bar.append(form);
  /* A row that is led to stands below the bar, also before the observer has been called. */
  const makeRoom = () => document.documentElement.style.setProperty("--claims-bar", bar.offsetHeight + "px");
  new ResizeObserver(makeRoom).observe(bar);

  const pressed = (kind) => chips.filter((chip) => chip.kind === kind && chip.button.getAttribute("aria-pressed") === "true").map((chip) => chip.value);
  function target() {
    try {
      return location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    } catch {
      return null; // no well-formed address
    }
  }

  function apply() {
    const chosen = Object.fromEntries(Object.keys(GROUPS).map((kind) => [kind, pressed(kind)]));
    const asked = plain(search.value).split(/[\s,;]+/).filter(Boolean);
    const fits = (claim, without) =>
      asked.every((word) => claim.text.includes(word)) &&
      Object.keys(GROUPS).every((kind) => kind === without || !chosen[kind].length || chosen[kind].includes(claim[kind]));
    let shown = 0, extra = "";
    for (const claim of claims) {
      const fit = fits(claim), linked = claim.row === target();
      claim.row.hidden = !fit && !linked;
      claim.row.classList.toggle("linked", linked);
      shown += fit;
      if (!fit && linked) extra = `, and ${claim.row.id.toUpperCase()}, to which the link leads`;
    }
    for (const chip of chips) {
      chip.count.textContent = claims.filter((claim) => fits(claim, chip.kind) && claim[chip.kind] === chip.value).length;
    }
    status.textContent = (shown === claims.length ? `All ${shown} claims` : `${shown} of ${claims.length} claims`) + extra;
    const by = { verdict: (claim) => rank(order, claim.verdict), confidence: (claim) => rank(CONFIDENCE, claim.confidence) }[sort.value] || (() => 0);
    const sorted = [...claims].sort((a, b) => by(a) - by(b) || a.place - b.place).map((claim) => claim.row);
    if (sorted.some((row, at) => list.children[at] !== row)) list.append(...sorted);
  }

  function address() {
    const query = new URLSearchParams();
    if (search.value.trim()) query.set("q", search.value.trim());
    for (const kind of Object.keys(GROUPS)) for (const value of pressed(kind)) query.append(kind, value);
    if (sort.value) query.set("sort", sort.value);
    return (query.size ? "?" + query : location.pathname) + location.hash;
  }
  let waiting;
  function remember() {
    clearTimeout(waiting);
    waiting = undefined;
    if (address() !== (location.search || location.pathname) + location.hash) history.pushState(null, "", address());
  }
  function changed() {
    apply();
    remember();
  }
  function recall() {
    clearTimeout(waiting);
    const query = new URLSearchParams(location.search);
    search.value = query.get("q") || "";
    sort.value = query.get("sort") || "";
    if (sort.selectedIndex < 0) sort.value = "";
    for (const chip of chips) chip.button.setAttribute("aria-pressed", String(query.getAll(chip.kind).includes(chip.value)));
    apply();
  }
  function showTarget() {
    const row = target() && target().closest(".claim-row");
    if (!row) return;
    row.querySelector("details").open = true;
    makeRoom();
    row.scrollIntoView();
  }

  search.addEventListener("input", () => {
    apply();
    clearTimeout(waiting);
    waiting = setTimeout(remember, 500);  // a step of Back is a search, not a letter
  });
  search.addEventListener("change", remember);
  sort.addEventListener("change", changed);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    remember();
  });
  reset.addEventListener("click", () => {
    search.value = sort.value = "";
    for (const chip of chips) chip.button.setAttribute("aria-pressed", "false");
    changed();
  });
  addEventListener("popstate", recall);
  addEventListener("load", showTarget); // the bar may have grown with what it says
  addEventListener("hashchange", () => { apply(); showTarget(); });
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details.folded:not([open])")];
    opened.forEach((part) => { part.open = true; });
  });
  addEventListener("afterprint", () => opened.forEach((part) => { part.open = false; }));

  for (const { row, verdict } of claims) {
    const links = row.querySelector(".claim-links");
    const number = row.id.toUpperCase();
    const said = (part) => row.querySelector(part).textContent.trim();
    const text = () => `${said(".claim-text")}\nVerdict: ${words(verdict)}. ${said(".claim-finding")}\n${links.dataset.cite}`;
    const copy = element("button", { type: "button" }, "copy");
    copy.setAttribute("aria-label", `copy ${number}`);
    copy.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(text());
        status.textContent = `${number} is copied`;
      } catch {
        status.textContent = `${number} is not copied: the browser does not allow it`;
      }
    });
    links.append(copy);
    if (!navigator.share || !matchMedia("(pointer: coarse)").matches) continue;
    const share = element("button", { type: "button" }, "share");
    share.setAttribute("aria-label", `share ${number}`);
    share.addEventListener("click", () => navigator.share({ title: said(".claim-text"), text: `${words(verdict)}: ${said(".claim-finding")}`, url: links.dataset.page }).catch(() => {}));
    links.append(share);
  }
  recall();
  showTarget();
})();
