/* The ledger's filters: by domain, verdict, and what decides a claim. The page is a complete table without this script.
   The choice stands in the page's address, so that a filtered ledger can be linked to. */
(function () {
  const table = document.querySelector("table.claims");
  if (!table) return;
  const rows = [...table.querySelectorAll("tr.claim-row")];
  const of = (row, kind) => [...row.classList].find((name) => name.startsWith(kind + "-")).slice(kind.length + 1);
  const values = (kind) => [...new Set(rows.map((row) => of(row, kind)))];
  const words = (value) => value.replaceAll("-", " ");

  const form = document.createElement("form");
  form.className = "claims-filter";
  form.setAttribute("aria-label", "Filter the claims");
  const group = (...parts) => {
    const span = document.createElement("span");
    span.append(...parts);
    form.append(span);
  };
  const choose = (name, label, options) => {
    const select = document.createElement("select");
    select.id = select.name = name;
    for (const value of ["", ...options]) {
      select.add(new Option(value ? words(value) : "all", value));
    }
    const text = document.createElement("label");
    text.htmlFor = name;
    text.append(label);
    group(text, select);
    return select;
  };
  const domain = choose("domain", "Domain", values("domain"));
  const verdict = choose("verdict", "Verdict", values("verdict"));
  const basis = choose("basis", "Decided by", values("basis"));
  const reset = document.createElement("button");
  reset.type = "button";
  reset.append("Show all");
  const status = document.createElement("p");
  status.setAttribute("role", "status");
  form.append(reset, status);
  (table.closest(".table-wrapper") || table).before(form);

  function apply() {
    let shown = 0;
    for (const row of rows) {
      row.hidden =
        (domain.value && of(row, "domain") !== domain.value) ||
        (verdict.value && of(row, "verdict") !== verdict.value) ||
        (basis.value && of(row, "basis") !== basis.value);
      shown += !row.hidden;
    }
    status.textContent = shown === rows.length ? `All ${rows.length} claims` : `${shown} of ${rows.length} claims`;
    const query = new URLSearchParams();
    if (domain.value) query.set("domain", domain.value);
    if (verdict.value) query.set("verdict", verdict.value);
    if (basis.value) query.set("basis", basis.value);
    history.replaceState(null, "", (query.size ? "?" + query : location.pathname) + location.hash);
  }

  function clear() {
    domain.value = verdict.value = basis.value = "";
    apply();
  }

  function showTarget() {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    const row = target && target.closest("tr.claim-row");
    if (row && row.hidden) {
      clear();
      row.scrollIntoView();
    }
  }

  const asked = new URLSearchParams(location.search);
  domain.value = asked.get("domain") || "";
  verdict.value = asked.get("verdict") || "";
  basis.value = asked.get("basis") || "";
  for (const select of [domain, verdict, basis]) {
    if (select.selectedIndex < 0) select.value = "";
  }
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  reset.addEventListener("click", clear);
  window.addEventListener("hashchange", showTarget);
  apply();
  showTarget();
})();
