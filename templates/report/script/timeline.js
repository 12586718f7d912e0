// The boot in seconds since the kernel started: what ran, what was waited for, when it was judged.
// Beside its bar a name needs room that a narrow screen has not: there it stands above.
const SHAPES = {
  broad: { wide: 720, left: 190, line: 26, above: 0 },
  narrow: { wide: 330, left: 4, line: 38, above: 17 },
};

/** Bars as [name, from, to, what, kind]; a unit's start is a moment, its bar has no length. */
function spans(node) {
  const began = Math.max(0, node.uptime - node.checked - node.waited);
  const waitedTo = began + node.waited;
  const bars = [["boot", 0, began, `the check began ${seconds(began)} after the kernel`, "boot"]];
  for (const [unit, at] of node.started) {
    if (at <= node.uptime)
      bars.push([unit, at, at, `active ${seconds(at)} after the kernel`, "unit"]);
  }
  for (const [name, time, saw] of node.waits) {
    if (time !== null)
      bars.push([
        name,
        began,
        began + Math.min(time, node.waited || time),
        `waited ${seconds(time)}; last seen: ${saw}`,
        "wait",
      ]);
  }
  if (node.waited > 0 && node.waits.length === 0)
    bars.push(["waiting", began, waitedTo, `waited ${seconds(node.waited)}`, "wait"]);
  bars.push([
    "check",
    waitedTo,
    Math.max(node.uptime, waitedTo),
    `the check's own work took ${seconds(node.checked)}`,
    "check",
  ]);
  return bars;
}

/** The chart and the same in words. */
function timeline(node) {
  if (!(node.uptime > 0)) return h("p.quiet", null, "The verdict tells no times.");
  const bars = spans(node),
    end = Math.max(...bars.map((bar) => bar[2]), 0.1);
  return h(
    "div.timeline",
    null,
    Object.keys(SHAPES).map((name) => chart(name, bars, end, node)),
    h(
      "ol.times",
      null,
      bars.map(([name, , , what]) =>
        h("li", null, h("bdi", null, name), `: `, h("bdi", null, what)),
      ),
    ),
    node.waits
      .filter((wait) => wait[1] === null)
      .map((wait) => h("p", null, "waited for ", h("bdi", null, wait[0]))),
    node.power !== null &&
      h("p", null, `Seen from outside, the verdict came ${seconds(node.power)} after power-on.`),
  );
}

/** The chart for a width of the screen; the style shows one of them. */
function chart(name, bars, end, node) {
  const { wide, left, line } = SHAPES[name];
  const scale = (time) => left + (time / end) * (wide - left - 20);
  const height = bars.length * line + 30;
  return svg(
    "svg",
    {
      viewBox: `0 0 ${wide} ${height}`,
      class: `chart ${name}`,
      role: "img",
      "aria-label": `Boot to verdict in ${seconds(node.uptime)}`,
    },
    ticks(end, name === "narrow" ? 3 : 5).map((time) => tick(time, scale(time), height)),
    bars.map((bar, place) => barPart(bar, place * line + 4, scale, SHAPES[name])),
  );
}

/** About so many round times. */
function ticks(end, about) {
  const rough = end / about,
    size = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * size).find((each) => each >= rough);
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, place) => place * step);
}

function tick(time, x, height) {
  return svg(
    "g",
    { class: "tick" },
    svg("line", { x1: x, x2: x, y1: 0, y2: height - 22 }),
    svg(
      "text",
      { x, y: height - 6, "text-anchor": time === 0 ? "start" : "middle" },
      seconds(time),
    ),
  );
}

function barPart([name, from, to, what, kind], y, scale, { left, above }) {
  const x = scale(from),
    width = Math.max(scale(to) - x, 2),
    top = y + 2 + above;
  const shape =
    kind === "unit"
      ? svg("path", { d: `M${x} ${top}l7 7l-7 7l-7 -7z` })
      : svg("rect", { x, y: top, width, height: 16, rx: 3 });
  const short = name.length > 26 && !above ? `${name.slice(0, 25)}…` : name.slice(0, 44);
  const place = above ? { x: left } : { x: left - 12, "text-anchor": "end" };
  return svg(
    "g",
    { class: `bar ${kind}` },
    svg("title", null, `${name}: ${what}`),
    shape,
    svg("text", { ...place, y: y + 14 }, short),
  );
}
