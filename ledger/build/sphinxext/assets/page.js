/* The contents of a page, in a drawer or in a line under the title, close when an entry is chosen. */
(function () {
  const box = document.getElementById("__toc"), drawer = document.querySelector(".toc-drawer");
  const line = document.querySelector(".page-contents details");

  /* The chosen section's heading takes the focus, so that reading and tabbing go on from there. */
  function choose(event) {
    const link = event.target.closest("a[href^='#']");
    if (!link) return;
    if (box) box.checked = false;
    if (line) line.open = false;
    const section = document.getElementById(decodeURIComponent(link.hash.slice(1))) || document.querySelector("article");
    const target = section.querySelector("h1, h2, h3, h4") || section;
    target.tabIndex = -1;
    setTimeout(() => target.focus({ preventScroll: true })); // once the browser has gone there, which takes the focus away
  }
  for (const list of [drawer, line]) if (list) list.addEventListener("click", choose);
})();

/* The column of chapters is scrolled to the page that is read, where that stands far down, as a table's does. */
(function () {
  const column = document.querySelector(".sidebar-scroll"), entry = document.querySelector(".sidebar-tree .current-page > a");
  if (column && entry) column.scrollTop += Math.max(0, entry.getBoundingClientRect().bottom - column.getBoundingClientRect().bottom + column.clientHeight / 3);
})();

/* The number of a source takes its description, which is shown as a gloss is, from the list at the page's end. */
(function () {
  for (const number of document.querySelectorAll("a.footnote-reference")) {
    const words = document.querySelector(`${number.hash} p`);
    if (words) number.setAttribute("aria-description", words.textContent.slice(0, -words.lastChild.textContent.length).trim());
  }
})();

/* The key / leads to the search, but where it is a sign to write. */
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, select, textarea")) return;
  const field = [...document.querySelectorAll("input[name=q]")].find((each) => each.checkVisibility());
  if (!field) return;
  field.focus();
  event.preventDefault();
});
