/* What a page does beyond showing itself: its contents close when an entry is chosen, and the colours of code come when code is opened. */
(function () {
  const CODE = new URL("pygments.css", document.currentScript.src);
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

  /* "toggle" does not bubble, so it is caught on its way down. */
  function colour(event) {
    if (!event.target.open || !event.target.querySelector(".highlight")) return;
    document.removeEventListener("toggle", colour, true);
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = CODE;
    document.head.append(link);
  }
  document.addEventListener("toggle", colour, true);
})();
