// On the pages of a version that is kept below its own path: says so when a newer one is published.
// versions.json stands beside the folders of all versions; a copy elsewhere has none, and says nothing.
(async () => {
  const own = new URL("../", document.currentScript.src);
  const site = new URL("../", own);
  let published;
  try {
    published = await (await fetch(new URL("versions.json", site))).json();
  } catch {
    return;
  }
  const [newest] = published.versions;
  if (published.versions.findIndex(({ path }) => own.pathname.endsWith(`/${path}`)) < 1) return;
  const page = location.pathname.slice(own.pathname.length) || "index.html";
  const there = published.pages.includes(page);
  const link = document.createElement("a");
  link.href = new URL(there ? page : "", site);
  link.textContent = `version ${newest.version} of ${newest.date}`;
  const note = document.createElement("p");
  note.className = "newer-version";
  note.append(
    there ? "A newer version of this page is published: " : "A newer version is published, in which this page is gone: ",
    link,
    ".",
  );
  document.querySelector("[role=main], main").prepend(note);
})();
