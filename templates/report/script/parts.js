// Small parts of the page. What a node said becomes text, never markup.
const MARKS = ["✖", "?", "!", "✓"];
const NAMES = ["red", "unknown", "warning", "ok"];
const SVG = "http://www.w3.org/2000/svg";

/** An element: h("p.note", {title: "…"}, "text", child). Functions become listeners. */
function h(kind, given, ...children) {
  const [tag, ...classes] = kind.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  return filled(element, given, children);
}

function svg(tag, given, ...children) {
  return filled(document.createElementNS(SVG, tag), given, children);
}

function filled(element, given, children) {
  for (const [name, value] of Object.entries(given || {})) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null) element.setAttribute(name, value);
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== false) element.append(child);
  }
  return element;
}

/** 12345 as 12,345: the same in every browser and every country. */
const grouped3 = (number) => String(number).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
const many = (count, one, more) => `${grouped3(count)} ${count === 1 ? one : more || `${one}s`}`;
const seconds = (number) =>
  `${number < 10 ? Math.round(number * 100) / 100 : Math.round(number * 10) / 10} s`;

/** A result as sign and word; colour only repeats them. */
function badge(result, count) {
  const said = count === undefined ? NAMES[result] : `${grouped3(count)} ${NAMES[result]}`;
  return h(
    `span.badge.${NAMES[result]}`,
    null,
    h("span.mark", { "aria-hidden": "true" }, MARKS[result]),
    said,
  );
}

/** A node's own word: green or red. */
function verdictBadge(node) {
  return h(
    `span.badge.verdict.${node.green ? "ok" : "red"}`,
    null,
    h("span.mark", { "aria-hidden": "true" }, MARKS[node.green ? OK : RED]),
    node.green ? "green" : "red",
  );
}

const countBadges = (counts) => counts.map((count, result) => count > 0 && badge(result, count));

/** What a node said, apart from the page's own words: its direction stays its own. */
const quoted = (text) => h("bdi.said", null, text === "" ? "(nothing)" : text);

/** Rows of a definition list, those without an answer left out. */
const definitions = (kind, rows) =>
  h(
    kind,
    null,
    rows
      .filter(([, value]) => value !== "" && value !== null)
      .map(([name, value]) =>
        h(
          "div",
          null,
          h("dt", null, name),
          h("dd", null, typeof value === "string" ? h("bdi", null, value) : value),
        ),
      ),
  );

/** A box that scrolls sideways by itself, reachable by keyboard. */
const scrolling = (label, child) =>
  h("div.scrolling", { role: "region", "aria-label": label, tabindex: "0" }, child);

function told(text) {
  document.getElementById("told").textContent = text;
}

/** One finding, unfolded where it needs somebody. */
function findingPart(number, open) {
  const one = finding(number);
  const details = h(
    `details.finding.${NAMES[one.result]}`,
    { open },
    h(
      "summary",
      null,
      badge(one.result),
      h("span.fact", null, h("bdi", null, one.id)),
      h("span.saw", null, h("bdi", null, firstLine(one.saw))),
    ),
  );
  const fill = () => details.childElementCount === 1 && details.append(findingBody(one));
  if (open) fill();
  else details.addEventListener("toggle", fill);
  return details;
}

/** What stands between two backticks is a command. */
const prose = (text) =>
  text === ""
    ? ""
    : h(
        "bdi",
        null,
        text
          .split("`")
          .map((part, place, all) =>
            place % 2 === 0 || place === all.length - 1 ? part : h("code", null, part),
          ),
      );

const firstLine = (text) => {
  const end = text.indexOf("\n");
  return (end < 0 ? text : text.slice(0, end)).slice(0, 300);
};

function findingBody(one) {
  return h(
    "div.body",
    null,
    one.title && h("p.what", null, prose(one.title)),
    definitions("dl.told", [
      ["expected", quoted(one.expected)],
      ["saw", quoted(one.saw)],
      ["why", prose(one.why)],
      ["what to do", prose(one.remedy)],
      ["read", prose(one.read)],
      ["rule", ruleLink(one)],
      ["source", one.source],
    ]),
  );
}

function ruleLink(one) {
  const grave = one.severity && one.severity !== "error" ? ` (${one.severity})` : "";
  return h(
    "span",
    null,
    h(
      "button.link",
      { type: "button", title: "Show only this rule", click: () => setFilter({ rule: one.rule }) },
      one.rule || "(none)",
    ),
    grave,
  );
}
