/* A printed number opens as a card: exact value, rows, code, source, a citation to copy. Without this script, or where the file of the
   page's numbers cannot be had, it is a link to the same on the page of its table. That file and the card's style are loaded with the first card. */
(function () {
  const HERE = document.currentScript.src;
  const NAME = location.pathname.split("/").pop().replace(/\.html$/, "") || "index";
  const links = [...document.querySelectorAll("a:has(> .num)")];
  let known = null, card = null, opener = null, turn = 0;

  function element(name, text = "", className = "") {
    const made = document.createElement(name);
    made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  function link(text, address) {
    const made = element("a", text);
    made.href = address;
    return made;
  }

  const site = (path) => new URL(`../${path}`, HERE).href;

  /* What the cards of this page show, asked for once. */
  function load() {
    known ||= Promise.all([
      fetch(site(`numbers/${NAME}.json`)).then((answer) => (answer.ok ? answer.json() : Promise.reject(answer.status))),
      new Promise((resolve, reject) => {
        const style = element("link");
        style.rel = "stylesheet";
        style.href = new URL("number-card.css", HERE).href;
        style.onload = resolve;
        style.onerror = reject;
        document.head.append(style);
      }),
    ]).then(([shown]) => shown);
    return known;
  }

  /* Which rows enter, in words: `year=2015..2019&side=left` is "year 2015 to 2019; side left". */
  function inWords(query) {
    const wanted = new URLSearchParams(query);
    return [...new Set(wanted.keys())].map((column) => {
      const values = wanted.getAll(column).map((value) => {
        const [first, last] = value.split("..");
        if (last === undefined) return value;
        if (!first || !last) return first ? `from ${first}` : last ? `to ${last}` : "known";
        return `${first} to ${last}`;
      });
      return `${column.replaceAll("_", " ")} ${values.join(", ")}`;
    }).join("; ");
  }

  /* From which rows of a table the number comes, with a link to them. */
  function originOf(origin, table) {
    const title = link(table.title, site(table.page)), part = element("p");
    if (origin.query === null) {
      part.append("From ", title, ` (${origin.of.toLocaleString("en")} rows; which of them enter is in the code and the cells before it).`);
      return part;
    }
    const words = inWords(origin.query);
    part.append(`From ${origin.count.toLocaleString("en")} of ${origin.of.toLocaleString("en")} rows of `, title, words ? ` (${words}). ` : ". ");
    const all = origin.count > origin.rows.length ? `All ${origin.count.toLocaleString("en")} rows, in the table` : "Show in the table";
    if (origin.count) part.append(link(all, `${site(table.page)}?${origin.query}#rows`));
    return part;
  }

  /* The sentence in which a number stands: it says what the number is. */
  function sentenceOf(at) {
    const block = at.closest("p, li, td, dd"), mark = "\u0001";
    if (!block) return "";
    const copy = block.cloneNode(true);
    const same = [...block.querySelectorAll("a:has(> .num)")].indexOf(at);
    copy.querySelectorAll("a:has(> .num)")[same].append(mark);
    copy.querySelectorAll(".bibtex-citation, .claim, .tile-words").forEach((part) => part.remove());
    const sentences = copy.textContent.replace(/\s+/g, " ").replace(/ ([.,;])/g, "$1").split(/(?<=[.?!]) (?=[A-Z“])/);
    return sentences.find((each) => each.includes(mark)).replace(mark, "").trim();
  }

  function folded(title, ...content) {
    const part = element("details");
    part.append(element("summary", title), ...content);
    return part;
  }

  function rowsOf(origin, table) {
    if (origin.query === null || !origin.count) return [];
    const box = element("div", "", "card-rows"), rows = element("table");
    box.tabIndex = 0;
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", `Rows of ${table.title}`);
    const titles = rows.createTHead().insertRow(), body = rows.createTBody();
    for (const column of origin.columns) {
      const cell = element("th", column);
      cell.scope = "col";
      titles.append(cell);
    }
    for (const row of origin.rows) body.insertRow().append(...row.map((cell) => element("td", cell)));
    box.append(rows);
    return [folded(origin.count > origin.rows.length ? `The first rows of ${table.title}` : `The rows of ${table.title}`, box)];
  }

  function copyButton(text) {
    const button = element("button", "Copy citation");
    button.type = "button";
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(text);
        button.textContent = "Copied";
      } catch {
        card.querySelector(".card-cite").parentElement.open = true;
        const range = document.createRange();
        range.selectNodeContents(card.querySelector(".card-cite"));
        getSelection().removeAllRanges();
        getSelection().addRange(range);
        button.textContent = "Selected: copy it";
      }
    });
    return button;
  }

  function fill(number, tables, entry) {
    const close = element("button", "×", "card-close");
    close.type = "button";
    close.setAttribute("aria-label", "Close");
    close.addEventListener("click", () => card.close());
    const value = element("h2", number.printed, "card-value");
    value.id = "card-value";
    if (number.unit) value.append(" ", element("small", number.unit));
    const exact = element("p", "Exact value: ");
    exact.append(element("strong", String(number.value).replace("-", "−")));
    const code = element("pre", number.code);
    code.tabIndex = 0;
    const source = element("p", `Source: ${number.sources.join("; ")}.`, "card-source");
    const cite = element("p", number.cite, "card-cite"), tools = element("p", "", "card-tools");
    tools.append(copyButton(number.cite), link("Permanent address", entry));
    const words = element("p", sentenceOf(opener), "card-words");
    const known = (of) => number.from.map((origin) => of(origin, tables[origin.table]));
    card.replaceChildren(close, value, words, source, ...known(originOf), exact, tools, folded("The citation", cite), ...known(rowsOf).flat(), folded("The code that computed it", code));
  }

  /* On a narrow screen the card is a sheet at the bottom (its style says so), else it stands below or
     above the number, where there is more room, and never over it: what does not fit scrolls. */
  function place(at) {
    card.style.left = card.style.top = card.style.maxHeight = "";
    if (matchMedia("(max-width: 40em)").matches) return;
    const spot = at.getBoundingClientRect(), size = card.getBoundingClientRect(), gap = 6, edge = 8;
    const wide = document.documentElement.clientWidth;
    const above = spot.top - gap - edge, below = innerHeight - spot.bottom - gap - edge;
    const isBelow = size.height <= below || below >= above;
    const height = Math.min(size.height, Math.max(isBelow ? below : above, 160));
    card.style.maxHeight = `${height}px`;
    card.style.left = `${Math.max(edge, Math.min(spot.left - 12, wide - size.width - edge)) + scrollX}px`;
    card.style.top = `${(isBelow ? spot.bottom + gap : spot.top - gap - height) + scrollY}px`;
  }

  function isOutside({ target, clientX, clientY }) {
    const { left, right, top, bottom } = card.getBoundingClientRect();
    return target === card && (clientX < left || clientX > right || clientY < top || clientY > bottom);
  }

  async function open(at) {
    const mine = ++turn;
    try {
      const shown = await load();
      if (mine !== turn) return; // another was asked for meanwhile
      const number = shown.numbers[at.hash.slice(1)];
      if (!number) throw new Error(at.hash);
      if (!card) {
        card = element("dialog", "", "number-card");
        card.setAttribute("aria-labelledby", "card-value");
        // a press and a click outside: a selection that ends there closes nothing
        let outside = false;
        card.addEventListener("pointerdown", (event) => { outside = isOutside(event); });
        card.addEventListener("click", (event) => outside && isOutside(event) && card.close());
        card.addEventListener("close", () => {
          opener.setAttribute("aria-expanded", "false");
          opener.focus({ preventScroll: true });
        });
        card.addEventListener("keydown", (event) => {
          if (event.key !== "Escape") return;
          event.preventDefault(); // Sphinx's own script would have the key too
          event.stopPropagation();
          card.close();
        });
        document.body.append(card);
      }
      if (card.open) card.close();
      opener = at;
      fill(number, shown.tables, at.href);
      card.style.top = `${scrollY}px`; // at the head of the page, where it would open, its focus would scroll there
      card.showModal();
      card.scrollTop = 0;
      at.setAttribute("aria-expanded", "true");
      place(at);
    } catch {
      location.href = at.href;
    }
  }

  addEventListener("resize", () => card?.open && place(opener));
  for (const each of links) {
    each.setAttribute("aria-haspopup", "dialog");
    each.setAttribute("aria-expanded", "false");
    each.addEventListener("click", (event) => {
      if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      open(each);
    });
    each.addEventListener("keydown", (event) => {
      if (event.key !== " ") return; // Enter is a click
      event.preventDefault();
      open(each);
    });
    // what is about to be asked for
    each.addEventListener("pointerenter", () => load().catch(() => {}), { once: true });
  }
})();
