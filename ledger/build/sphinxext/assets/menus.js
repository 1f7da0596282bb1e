/* The drawer of a page's contents closes once a section is chosen, and the focus follows. */
(function () {
  const drawer = document.querySelector(".toc-drawer");
  const box = document.getElementById("__toc");
  if (!drawer || !box) return;
  drawer.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (!link || !box.checked) return;
    box.checked = false;
    const section = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    const heading = section && section.querySelector("h1, h2, h3, h4");
    if (!heading) return;
    heading.tabIndex = -1;
    setTimeout(() => heading.focus({ preventScroll: true })); // after the link was followed, which takes the focus away
  });
})();
