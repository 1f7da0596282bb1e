/* Charts that tell their values: to the mouse, to a finger, and to the keyboard with a screen reader. The page is complete without.
   What there is to tell stands beside each picture (ledger/core/charts/tooltips.py). chart2music, which walks, speaks and plays, is twice as heavy
   as a chapter's text, so it is loaded only once a chart has the keyboard's focus. */
(function () {
  const [WALKER, COPIER] = ["vendor/chart2music-1.20.0.min.js", "copy.js"].map((name) => new URL(name, document.currentScript.src));
  const NEAR = { mouse: 24, touch: 40 }; // how far from a point one may be, in pixels of the screen
  const HINT = "Arrow keys: points and series. S: sound. H: all keys.";
  let shown = null; // the picture that tells something now; never two

  function element(name, className, text = "") {
    const made = document.createElement(name);
    made.className = className;
    made.textContent = text;
    return made;
  }

  /* What a picture has to tell, read when first asked for: [{series, x, y, at, value, width, height}], in the units of its SVG. */
  function marksOf(picture) {
    if (!picture.marks) {
      const told = JSON.parse(picture.querySelector(".chart-marks").textContent);
      picture.told = told;
      picture.marks = told.series.flatMap(([series, points]) =>
        points.map(([x, y, at, value, width = 0, height = 0]) => ({ series, x, y, at, value, width, height })));
    }
    return picture.marks;
  }

  /* The mark nearest to a point of the screen; of two that both lie under it, the smaller. */
  function nearest(picture, clientX, clientY, limit) {
    const matrix = picture.svg.getScreenCTM();
    const at = new DOMPoint(clientX, clientY).matrixTransform(matrix.inverse());
    let best = null, least = limit / matrix.a;
    for (const mark of marksOf(picture)) {
      const away = Math.hypot(Math.max(Math.abs(mark.x - at.x) - mark.width / 2, 0), Math.max(Math.abs(mark.y - at.y) - mark.height / 2, 0));
      if (away < least || (best && away === least && mark.width * mark.height < best.width * best.height)) {
        best = mark;
        least = away;
      }
    }
    return best;
  }

  function show(picture, mark, hint) {
    if (shown && shown !== picture) hide();
    clearTimeout(picture.leaving);
    if (shown === picture && picture.mark === mark) return;
    shown = picture;
    picture.mark = mark;
    // points that lie on one another are told together
    const same = mark.width ? [mark] : marksOf(picture).filter((each) => each.at === mark.at && Math.hypot(each.x - mark.x, each.y - mark.y) < 2.5);
    const lines = [mark, ...same.filter((each) => each !== mark)].map(({ series, value }) => element("span", "", series ? `${series}: ${value}` : value));
    picture.tip.replaceChildren(element("strong", "", mark.at), ...lines, element("small", "", picture.told.unit), element("small", "", hint || ""));
    const ring = document.createElementNS(picture.svg.namespaceURI, mark.width ? "rect" : "circle");
    const places = mark.width
      ? { x: mark.x - mark.width / 2, y: mark.y - mark.height / 2, width: mark.width, height: mark.height }
      : { cx: mark.x, cy: mark.y, r: 6 };
    for (const [name, value] of Object.entries(places)) ring.setAttribute(name, value);
    ring.setAttribute("class", "chart-ring");
    if (picture.ring) picture.ring.remove();
    picture.ring = picture.svg.appendChild(ring);
    picture.tip.hidden = false;
    place(picture, ring.getBoundingClientRect());
  }

  /* Above the mark, or below where there is no room, and always within the window. */
  function place(picture, mark) {
    const tip = picture.tip, frame = picture.getBoundingClientRect(), wide = document.documentElement.clientWidth;
    tip.style.left = tip.style.top = "0";
    const size = tip.getBoundingClientRect();
    const left = Math.min(Math.max(mark.left + mark.width / 2 - size.width / 2, 8), wide - size.width - 8);
    const above = mark.top - size.height - 6;
    tip.style.left = `${left - frame.left}px`;
    tip.style.top = `${(above >= 4 ? above : Math.min(mark.bottom + 6, innerHeight - size.height - 4)) - frame.top}px`;
  }

  function hide() {
    if (!shown) return;
    clearTimeout(shown.leaving);
    shown.tip.hidden = true;
    if (shown.ring) shown.ring.remove();
    shown.ring = shown.mark = null;
    shown = null;
  }

  /* --- the keyboard ---------------------------------------------------------------------------------------------------------- */

  const loaded = {};
  function load(address) {
    loaded[address] ||= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = address;
      script.onload = resolve;
      script.onerror = reject;
      document.head.append(script);
    });
    return loaded[address];
  }

  const number = (text) => Number(text.replaceAll(",", "").replace("−", "-"));

  /* Give a picture to chart2music, with or without sound. It keeps the place; what is said is ours, as it is printed. */
  function walk(picture, sound) {
    const marks = marksOf(picture), { down, unit, series } = picture.told;
    const worded = marks.some((mark) => isNaN(number(mark.value)));
    const data = {};
    for (const mark of marks) {
      // along the series as it is drawn; a word has no height of its own, so it sounds as high as it stands
      (data[mark.series] ||= []).push({ x: down ? mark.y : mark.x, y: worded ? -mark.y : number(mark.value), custom: mark });
    }
    let chart, before = series[0][0], entered = false;
    const point = () => (chart && chart.getCurrent().point ? chart.getCurrent().point.custom : {}); // none while a shorter series is being entered
    const place = () => {
      const told = entered ? `${point().series}, ${point().at}` : point().at;
      entered = false;
      return told;
    };
    const say = (id) => {
      if (id.startsWith("summ-")) return `Chart${series.length > 1 ? ` with ${series.length} series` : ""}${unit && `: ${unit}`}.`;
      if (id.startsWith("chart-")) return `${chart.getCurrent().group && `${chart.getCurrent().group}, `}${data[chart.getCurrent().group].length} points.`;
      if (id === "kbmg-title") return "Keys of the chart";
      return id.startsWith("axis-desc") && ""; // false leaves the library its own words
    };
    chart = c2mChart({
      type: down || marks[0].width ? "bar" : "line",
      element: picture,
      cc: picture.live,
      data,
      axes: { x: { continuous: true, format: place }, y: { format: () => point().value } }, // continuous: another series is entered at the nearest place
      options: {
        enableSound: sound,
        translationCallback: ({ id }) => say(id),
        onFocusCallback: ({ slice, point: { custom: mark } }) => {
          for (const old of picture.live.querySelectorAll("p")) old.remove();
          show(picture, mark, picture.hinted ? "" : HINT);
          picture.hinted = true;
          if (slice !== before) {
            before = slice;
            entered = true;
            press(picture, " "); // chart2music names the new series only: have it tell the point as well
          }
        },
        modifyHelpDialogText: () => "",
        modifyHelpDialogKeyboardListing: (_, __, keys) => {
          // the list that it is about to open has its heading as the value of aria-live, which is none
          setTimeout(() => document.querySelectorAll(".chart2music-dialog").forEach((dialog) => dialog.removeAttribute("aria-live")));
          return [
            ["What it does", "Key", "On some keyboards"],
            ["Next and previous point", down ? "Down and up arrow" : "Right and left arrow", ""],
            ...(series.length > 1 ? [["Next and previous series", down ? "Right and left arrow" : "Down and up arrow", ""]] : []),
            ...keys.filter(([what]) => !/(next|previous) (point|group|statistic)|monitor|Select/.test(what)),
          ];
        },
        customHotkeys: [{
          key: { key: "s" },
          keyDescription: "S",
          title: "Sound on or off",
          callback: () => {
            const { index, group } = chart.getCurrent();
            chart.cleanUp();
            walk(picture, !sound).setData(data, undefined, index, group);
            picture.live.replaceChildren(element("p", "", sound ? "Sound off" : "Sound on"));
          },
        }],
      },
    }).data;
    return chart;
  }

  const press = (picture, key) => picture.dispatchEvent(new KeyboardEvent("keydown", { key }));

  /* chart2music goes along a series with left and right and changes series with page up and down. Here the arrow keys do both, the
     way the series run in the picture. */
  function steer(event) {
    const { down, series } = event.currentTarget.told || {};
    const along = { Right: "ArrowRight", Left: "ArrowLeft" }, across = { Right: "PageDown", Left: "PageUp" };
    const turned = { ArrowDown: "Right", ArrowUp: "Left" }[event.key], straight = { ArrowRight: "Right", ArrowLeft: "Left" }[event.key];
    if (!event.isTrusted || event.altKey || event.ctrlKey || event.shiftKey || event.metaKey || !(turned || straight) || !series) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    press(event.currentTarget, series.length === 1 || Boolean(turned) === down ? along[turned || straight] : across[turned || straight]);
  }

  async function takeKeyboard(picture) {
    if (picture.taken || !picture.matches(":focus-visible")) return;
    picture.taken = true;
    marksOf(picture);
    await load(WALKER);
    walk(picture, false);
    if (document.activeElement === picture) picture.dispatchEvent(new Event("focus")); // it came too late for the real one
  }

  /* --- every picture --------------------------------------------------------------------------------------------------------- */

  for (const { parentElement: picture } of document.querySelectorAll(".chart-marks")) {
    picture.svg = picture.querySelector("svg");
    picture.tip = element("div", "chart-tip");
    picture.tip.hidden = true;
    picture.tip.setAttribute("aria-hidden", "true"); // the line below is what is spoken
    picture.live = element("div", "chart-live");
    picture.append(picture.tip);
    picture.after(picture.live);
    // one stop of the Tab key, named as the picture was; the arrow keys are ours in it
    picture.tabIndex = 0;
    picture.setAttribute("role", "application");
    picture.setAttribute("aria-label", `${picture.svg.getAttribute("aria-label")} The arrow keys walk through the values.`);
    picture.svg.setAttribute("aria-hidden", "true");

    picture.addEventListener("pointermove", (event) => {
      if (event.pointerType === "touch" || picture.tip.contains(event.target)) return clearTimeout(picture.leaving);
      const mark = nearest(picture, event.clientX, event.clientY, NEAR.mouse);
      if (mark) show(picture, mark);
      else if (shown === picture) leave(picture);
    });
    picture.addEventListener("pointerleave", (event) => event.pointerType === "touch" || leave(picture));
    picture.addEventListener("click", (event) => {
      if (event.pointerType !== "touch" && picture.tip.contains(event.target)) return; // a finger means the point under the words
      const mark = nearest(picture, event.clientX, event.clientY, NEAR.touch);
      if (mark) show(picture, mark);
      else hide();
    });
    picture.addEventListener("keydown", steer); // before chart2music listens
    picture.addEventListener("focus", () => takeKeyboard(picture));
    picture.addEventListener("blur", hide);
  }

  /* With delay, so that the pointer can reach the words and stay on them. */
  function leave(picture) {
    clearTimeout(picture.leaving);
    picture.leaving = setTimeout(() => shown === picture && !(document.activeElement === picture && picture.taken) && hide(), 250);
  }

  /* The buttons that copy a citation or a frame are for those who open one. */
  document.addEventListener("toggle", (event) => event.target.matches("details:is(.cite, .more)[open]") && load(COPIER), true);

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    hide();
    const list = document.querySelector(".chart2music-dialog[open]");
    if (list) list.close(); // Sphinx's own script keeps the key from closing it
  });
  document.addEventListener("pointerdown", (event) => shown && !shown.contains(event.target) && hide());
})();
