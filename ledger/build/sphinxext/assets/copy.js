/* A button to copy each text that is meant to be copied, in a part of a page that was opened. charts.js loads it when the first one is. */
(function () {
  const SHOWN = 2000; // milliseconds for which a button says that it has copied

  function offer(text) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.setAttribute("aria-live", "polite"); // its words change once it has copied
    button.addEventListener("click", async () => {
      const done = await navigator.clipboard.writeText(text.textContent).then(() => "Copied", () => "Not copied: the browser refused");
      button.textContent = done;
      setTimeout(() => { button.textContent = "Copy"; }, SHOWN);
    });
    text.after(button);
  }

  function offerAll(part) {
    if (part.offered || !part.open || !navigator.clipboard) return; // none where the page came without encryption
    part.offered = true;
    part.querySelectorAll(".to-copy").forEach(offer);
  }

  document.querySelectorAll("details.cite").forEach(offerAll);
  document.addEventListener("toggle", (event) => event.target.matches("details.cite") && offerAll(event.target), true);
})();
