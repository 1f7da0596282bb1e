/* Words as the search compares them; and, on a page that was opened from the search, marks on the words that were found there. */
"use strict";
const searchWords = (() => {
  // words, joined ones (A-12, 2.08, sea's) and Persian ones with a zero-width non-joiner as one
  const WORD = /[\p{L}\p{N}\p{M}\u200c]+(?:[-‑.,'’][\p{L}\p{N}\p{M}\u200c]+)*/gu;
  // letters that look alike and have several codes: Arabic ye, kaf, he for Persian ones; digits
  const ALIKE = { "ي": "ی", "ى": "ی", "ك": "ک", "ە": "ه", "ة": "ه" };
  const DIGITS = /[\u0660-\u0669\u06f0-\u06f9]/g;

  /** Return a word in small letters, without accents and what is not seen. */
  const fold = (word) => word.normalize("NFKD").replace(/[\p{M}\u0640\u200c\u200d]/gu, "").toLowerCase()
    .replace(/[يىكەة]/g, (letter) => ALIKE[letter])
    .replace(DIGITS, (digit) => digit.codePointAt(0) & 15);

  const singular = (word) => !/^[a-z]{4,}s$/.test(word) || /[sui]s$/.test(word) ? word
    : word.replace(/ies$/, "y").replace(/([^s])s$/, "$1");

  /** Return under what a word is indexed: a12, a, 12 for A-12; sea for sea's. */
  const keysOf = (raw) => {
    const word = fold(raw).replace(/['’]s?$|['’]s(?=-)/g, "");
    if (!/\p{N}/u.test(word)) return word.split(/[-‑.,'’]/).filter(Boolean).map(singular);
    const whole = word.replace(/[-‑,'’]/g, "");
    const parts = word.split(/[-‑]/);
    return parts.length > 1 ? [whole, ...parts.map(singular)] : [whole];
  };

  const known = new Map();  // most words of a book come again and again
  const keys = (raw) => {
    if (!known.has(raw)) known.set(raw, keysOf(raw));
    return known.get(raw);
  };

  /** Return the words of a text, each with its place and its keys. */
  const of = (text) => [...text.matchAll(WORD)].map(({ 0: raw, index }) => ({ raw, index, keys: keys(raw) }));

  /** Return a text as nodes, with every word that has one of the keys in a mark. */
  const marked = (text, wanted) => {
    const parts = [];
    let at = 0;
    for (const word of of(text)) {
      if (!word.keys.some((key) => wanted.has(key))) continue;
      const mark = document.createElement("mark");
      mark.className = "found";
      mark.append(word.raw);
      parts.push(text.slice(at, word.index), mark);
      at = word.index + word.raw.length;
    }
    return at ? [...parts, text.slice(at)] : [];
  };
  return { fold, keys, of, marked };
})();

(() => {
  const wanted = new Set((new URLSearchParams(location.search).get("found") || "").split(" ").filter(Boolean));
  const article = document.querySelector("article");
  if (!wanted.size || !article) return;
  const NOT = "svg, script, style, button, select, textarea, input, pre, summary";
  const walker = document.createTreeWalker(article, NodeFilter.SHOW_TEXT,
    (node) => node.parentElement.closest(NOT) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  for (const node of texts) {
    const parts = searchWords.marked(node.data, wanted);
    if (parts.length) node.replaceWith(...parts);
  }

  /** Open the page where most of the words stand together, within what the address names. */
  const show = () => {
    let id = "";
    try {
      id = decodeURIComponent(location.hash.slice(1));
    } catch {
      // no well-formed address: the whole page
    }
    const target = (id && document.getElementById(id)) || article;
    const within = target.closest("tr") || (target.matches("dt") ? target.parentElement : target);
    let best, most = 0;
    for (const mark of within.querySelectorAll("mark.found")) {
      const block = mark.closest("p, li, td, th, dd, dt, figcaption, h1, h2, h3, h4") || mark;
      const words = [...block.querySelectorAll("mark.found")].flatMap((one) => searchWords.keys(one.textContent));
      const found = new Set(words.filter((word) => wanted.has(word))).size;
      if (found > most) [best, most] = [mark, found];
    }
    if (!best) return;
    for (let closed = best.closest("details:not([open])"); closed; closed = best.closest("details:not([open])")) {
      closed.open = true;
    }
    const { top, bottom } = best.getBoundingClientRect();
    if (top < 0 || bottom > innerHeight) best.scrollIntoView({ block: "center" });
  };
  addEventListener("load", () => requestAnimationFrame(show));
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const mark of document.querySelectorAll("mark.found")) mark.replaceWith(...mark.childNodes);
  });
})();
