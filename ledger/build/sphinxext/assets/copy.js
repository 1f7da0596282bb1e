/* A button to copy each text that is meant to be copied: in a part of a page that was opened (charts.js loads it when the first one is),
   and of a figure to quote, which takes its source and its day along. */
(function () {
  const PARTS = "details:is(.cite, .more)";
  const SHOWN = 2000; // milliseconds for which a button says that it has copied

  function offer(place, words, label) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = label;
    button.setAttribute("aria-live", "polite"); // its words change once it has copied
    button.addEventListener("click", async () => {
      const done = await navigator.clipboard.writeText(words).then(() => "Copied", () => "Not copied: the browser refused");
      button.textContent = done;
      setTimeout(() => { button.textContent = label; }, SHOWN);
    });
    place.after(button);
  }

  function offerAll(part) {
    if (part.offered || !part.open || !navigator.clipboard) return; // none where the page came without encryption
    part.offered = true;
    part.querySelectorAll(".to-copy").forEach((text) => offer(text, text.textContent, "Copy"));
  }

  document.querySelectorAll(PARTS).forEach(offerAll);
  if (navigator.clipboard) {
    document.querySelectorAll("[data-copy]").forEach((place) => offer(place, place.dataset.copy, "Copy with source"));
  }
  document.addEventListener("toggle", (event) => event.target.matches(PARTS) && offerAll(event.target), true);
})();
