/* The page of the search. `searchIndex` (searchindex.js) has the sections of all pages, so that nothing else is loaded. */
"use strict";
const siteSearch = (() => {
  // how much a page of each kind is worth to a reader who looks for words
  const WORTH = { chapter: 1.6, start: 1.3, page: 1.2, claims: 1, table: 0.35, references: 0.25 };
  const LABEL = { chapter: "chapter", claims: "ledger", table: "table", references: "references" };
  // words that are in every section say nothing, as long as there are others
  const COMMON = new Set("a an and are as at be by did do does for from had has have how in is it its many much of on or that the their this to was were what when where which who why with".split(" "));
  const DEPTH = 0.5;  // what a page's next section adds to its worth, of its score
  const SECTIONS = 3;  // shown of a page beside the best
  const LENGTH = 240;  // letters of an extract

  const entries = [];
  for (const [name, [title, kind, sections]] of Object.entries(searchIndex.pages)) {
    for (const [anchor, heading, words, text] of sections) {
      const place = anchor ? `${name}#${anchor}` : name;
      const groups = searchIndex.words[place] || [];
      // a page's beginning has its title as heading, and no section under it as well
      const above = anchor ? title : "";
      entries.push({ id: entries.length, name, title, above, kind, anchor, heading, text, groups,
        words: [words, ...groups.flat()].join(" ") });
    }
  }
  const index = new MiniSearch({
    fields: ["heading", "words", "above", "text"],
    tokenize: (text) => searchWords.of(text).flatMap((word) => word.keys),
    processTerm: (term) => term,
  });
  index.addAll(entries);

  /** Return the words of a query as they are looked for. */
  const wordsOf = (query) => {
    const joined = query.replace(/(^|\s)([co]) (?=\d)/giu, "$1$2");  // C 39
    const words = searchWords.of(joined).map((word) => word.keys).flatMap((keys) => /\p{N}/u.test(keys[0]) ? keys[0] : keys);
    const telling = words.filter((word) => !COMMON.has(word));
    return telling.length ? telling : words;
  };

  const prefix = (word) => word.length > 2 && !/^\d+$/.test(word);
  // only words that the book does not have may be others with a slip of the pen
  const known = (word) => index.search(word, { tokenize: () => [word], prefix }).length > 0;

  const look = (words, more) => index.search(words.join(" "), {
    tokenize: () => words,
    boost: { heading: 3, words: 4, above: 1, text: 1 },
    prefix,
    fuzzy: (word) => !known(word) && !/\p{N}/u.test(word) && word.length > 3 ? 0.25 : false,
    weights: { prefix: 0.3, fuzzy: 0.1 },
    boostDocument: (id) => WORTH[entries[id].kind],
    ...more,
  });

  const keysOf = (text) => searchWords.of(text).flatMap((word) => word.keys).filter((key) => !COMMON.has(key));

  /** Return the words to mark in a section: those that were found, or the words that it has for them. */
  const told = ({ text, heading, groups }, terms) => {
    const there = new Set(groups.length ? keysOf(`${heading} ${text}`) : []);
    if (!groups.length || terms.some((term) => there.has(term))) return terms;
    const others = groups.map((group) => keysOf(group.join(" "))).filter((keys) => terms.some((term) => keys.includes(term)));
    return [...new Set(others.flat())].filter((key) => there.has(key));
  };

  /** Return what is found: pages, best first, each with its sections; and whether they have all the words. */
  const find = (query) => {
    const words = wordsOf(query);
    let hits = words.length ? look(words, { combineWith: "AND" }) : [];
    const all = hits.length > 0;
    if (!all && words.length > 1) {
      hits = look(words, { combineWith: "OR" });
      const most = Math.max(...hits.map((hit) => hit.queryTerms.length));
      hits = hits.filter((hit) => hit.queryTerms.length === most);
    }
    const pages = new Map();
    for (const hit of hits) {
      const { name, title, kind, anchor, heading, text } = entries[hit.id];
      const terms = told(entries[hit.id], hit.terms);
      if (!pages.has(name)) pages.set(name, { name, title, kind, sections: [] });
      pages.get(name).sections.push({ anchor, heading, text, terms, score: hit.score });
    }
    // a page with several sections on it is more than a page with one
    const worth = (page) => page.sections.reduce((sum, { score }, place) => sum + score * DEPTH ** place, 0);
    const found = [...pages.values()].map((page) => ({ ...page, score: worth(page) }));
    return { words, all, pages: found.sort((one, other) => other.score - one.score) };
  };

  /** Return words of the book that are nearest to a query with which nothing is found. */
  const nearest = (query) => {
    const found = wordsOf(query).map((word) => look([word], { fuzzy: 0.4 })[0]?.terms[0]);
    return found.filter(Boolean).length === found.length ? found.join(" ") : "";
  };

  /** Return the part of a text in which most of the words stand, with marks on them. */
  const extract = (text, terms) => {
    const wanted = new Set(terms);
    const places = searchWords.of(text).filter((word) => word.keys.some((key) => wanted.has(key)));
    let start = 0, most = 0;
    for (const first of places) {
      const near = places.filter((word) => word.index >= first.index && word.index < first.index + LENGTH - 40);
      const count = new Set(near.flatMap((word) => word.keys).filter((key) => wanted.has(key))).size;
      if (count > most) [start, most] = [first.index, count];
    }
    start = Math.max(0, start - 60);
    if (start) start = text.indexOf(" ", start) + 1;
    let end = Math.min(text.length, start + LENGTH);
    if (end < text.length) end = Math.max(text.lastIndexOf(" ", end), start + 1);
    const shown = `${start ? "… " : ""}${text.slice(start, end)}${end < text.length ? " …" : ""}`;
    const parts = searchWords.marked(shown, wanted);
    return parts.length ? parts : [shown];
  };
  return { find, nearest, extract, SECTIONS, LABEL };
})();

(() => {
  const PAGES = 10;  // shown at first
  const root = document.documentElement.dataset.content_root || "./";
  const [form, field, status, list, none, all] = ["form", "words", "status", "results", "none", "all"]
    .map((name) => document.getElementById(`search-${name}`));
  const near = none.querySelector(".search-nearest");

  const make = (tag, className, ...parts) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    element.append(...parts);
    return element;
  };
  const address = (page, { anchor, terms }) =>
    `${root}${page.name}.html?found=${encodeURIComponent(terms.slice(0, 12).join(" "))}${anchor ? `#${anchor}` : ""}`;
  const linked = (page, section, text) => {
    const link = make("a", "", text);
    link.href = address(page, section);
    return link;
  };

  const result = (page) => {
    const [best, ...others] = page.sections;
    const title = best.anchor && best.heading ? `${page.title}: ${best.heading}` : page.title;
    const kind = siteSearch.LABEL[page.kind];
    const item = make("li", "", make("h2", "", linked(page, best, title)));
    if (kind) item.firstChild.append(" ", make("span", "kind", kind));
    item.append(make("p", "extract", ...siteSearch.extract(best.text, best.terms)));
    const more = others.slice(0, siteSearch.SECTIONS);
    if (more.length) {
      const places = make("ul", "more");
      for (const section of more) places.append(make("li", "", linked(page, section, section.heading || page.title)));
      const hidden = others.length - more.length;
      if (hidden) places.append(make("li", "", `and ${hidden} more`));
      item.append(make("p", "also", "Also on this page:"), places);
    }
    return item;
  };

  const BOOK = document.title.replace(/^.*? - /, "");
  const show = (limit = PAGES) => {
    const query = field.value.trim();
    const { pages, all: whole, words } = siteSearch.find(query);
    list.replaceChildren(...pages.slice(0, limit).map(result));
    all.hidden = pages.length <= limit;
    all.textContent = `Show all ${pages.length}`;
    none.hidden = !query || pages.length > 0;
    document.title = `${query ? `${query}, search` : "Search"} - ${BOOK}`;
    if (!query) {
      status.textContent = "";
    } else if (!pages.length) {
      const other = siteSearch.nearest(query);
      near.hidden = !other;
      near.querySelector("a").textContent = other;
      near.querySelector("a").href = `?q=${encodeURIComponent(other)}`;
      status.replaceChildren("No results for “", make("bdi", "", query), "”");
    } else {
      const count = pages.length === 1 ? "1 result" : `${pages.length} results`;
      status.replaceChildren(...(whole || words.length < 2 ? [`${count} for “`, make("bdi", "", query), "”"]
        : [`No section has all of these words. ${count} with some of them`]));
    }
  };

  /** Put the search into the address. A new search is a step of Back; more letters of it are none. */
  let settled = true;
  const remember = (done) => {
    const query = field.value.trim();
    const to = query ? `?q=${encodeURIComponent(query)}` : location.pathname;
    if (to !== (location.search || location.pathname)) history[settled ? "pushState" : "replaceState"](null, "", to);
    settled = done;
  };

  let wait;
  field.addEventListener("input", () => {
    clearTimeout(wait);
    wait = setTimeout(() => {
      remember(false);
      show();
    }, 150);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(wait);
    remember(true);
    show();
  });
  all.addEventListener("click", () => {
    const next = list.children.length;
    show(Infinity);
    list.children[next].querySelector("a").focus();
  });
  const read = () => {
    field.value = new URLSearchParams(location.search).get("q") || "";
    show();
  };
  addEventListener("popstate", () => {
    settled = true;
    read();
  });
  read();
})();
