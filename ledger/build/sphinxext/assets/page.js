/* The contents of a page, which lie over it on a narrow screen, close when an entry is chosen. */
(function () {
  const box = document.getElementById("__toc"), drawer = document.querySelector(".toc-drawer");

  /* The chosen section's heading takes the focus, so that reading and tabbing go on from there. */
  function choose(event) {
    const link = event.target.closest("a[href^='#']");
    if (!link) return;
    box.checked = false;
    const section = document.getElementById(decodeURIComponent(link.hash.slice(1))) || document.querySelector("article");
    const target = section.querySelector("h1, h2, h3, h4") || section;
    target.tabIndex = -1;
    setTimeout(() => target.focus({ preventScroll: true })); // once the browser has gone there, which takes the focus away
  }
  if (box && drawer) drawer.addEventListener("click", choose);
})();
