/* A gloss, or what a source's number refers to, shows at the first touch, and the second one follows its link; Escape takes it away. Hover and focus need no script. */
(function () {
  let shown = null;

  function hide() {
    if (shown) shown.classList.remove("shown");
    shown = null;
  }

  document.addEventListener("click", (event) => {
    const term = event.target.closest("a.gloss, a.footnote-reference");
    const touched = event.detail > 0 && matchMedia("(hover: none)").matches; // a key's click has no detail
    if (term && term !== shown && touched) {
      event.preventDefault();
      hide();
      shown = term;
      term.classList.add("shown");
    } else {
      hide();
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    hide();
    for (const term of document.querySelectorAll(":is(a.gloss, a.footnote-reference):is(:hover, :focus)")) {
      const back = () => term.classList.remove("dismissed");
      term.classList.add("dismissed");
      term.addEventListener("mouseleave", back, { once: true });
      term.addEventListener("blur", back, { once: true });
    }
  });
})();
