// The page as a whole: views, filter, theme, address.
const view = { name: "nodes", node: null, pinned: new Set() };
const VIEWS = [
  ["nodes", "Nodes"],
  ["facts", "Facts"],
  ["differences", "Differences"],
];
const THEMES = ["auto", "light", "dark"];
const $ = (id) => document.getElementById(id);

function draw() {
  $("tabs").replaceChildren(
    ...(nodes.length > 1
      ? VIEWS.map(([name, title]) =>
          h(
            "button.tab",
            {
              type: "button",
              "aria-current": view.name === name && "page",
              click: () => show(name),
            },
            title,
          ),
        )
      : []),
  );
  const views = { nodes: nodesView, facts: factsView, differences: differencesView };
  document.body.dataset.view = view.name;
  $("view").replaceChildren(...[views[view.name]()].flat());
  if (view.name === "nodes" && nodes.length > 1) drawList();
  counted();
}

function nodesView() {
  if (nodes.length === 1) {
    view.node = nodes[0];
    return nodePart(nodes[0], testOf(nodes[0]));
  }
  return [nodeList(), h("div.detail", { id: "detail" }, detailPart())];
}

const testOf = (node) => shownNodes().tests.get(node) || (() => false);

function detailPart() {
  const some = shownNodes().nodes;
  if (some.length === 0)
    return h(
      "p.empty",
      null,
      "No node passes the filter. ",
      h("button.link", { type: "button", click: clearFilter }, "Show all"),
    );
  return view.node ? nodePart(view.node, testOf(view.node)) : h("p.empty", null, "Choose a node.");
}

/** Whether the list and a node take turns, as narrow.css says. */
const isNarrow = () => window.matchMedia("(max-width: 899px)").matches;

/** A node beside the list, or with `reading` in its place where only one of them has room. */
function openNode(node, reading, focused = reading) {
  view.node = node;
  if (!$("detail")) return;
  $("detail").replaceChildren(detailPart());
  if (list.element) drawRows();
  if (reading) {
    document.body.dataset.reading = "yes";
    if (isNarrow()) window.scrollTo(0, 0);
  }
  if (focused) $("node-title").focus({ preventScroll: true });
  history.replaceState(null, "", `#node=${node.place}`);
}

function closeNode() {
  delete document.body.dataset.reading;
  if (list.element && list.element.isConnected) {
    list.element.focus();
    drawRows();
  }
}

function show(name) {
  view.name = name;
  delete document.body.dataset.reading;
  draw();
  const title = document.querySelector("#view h2[tabindex]");
  if (name !== "nodes" && title) title.focus({ preventScroll: true });
  history.replaceState(
    null,
    "",
    name === "nodes" && view.node ? `#node=${view.node.place}` : `#${name}`,
  );
}

function comparePinned(node) {
  if (!view.pinned.delete(node)) {
    if (view.pinned.size === SIDES) {
      told(`At most ${SIDES} nodes can be compared.`);
      return;
    }
    view.pinned.add(node);
  }
  const focused = document.activeElement && document.activeElement.id === "compare";
  $("detail").replaceChildren(detailPart());
  drawRows();
  if (focused) $("compare").focus();
  told(`${many(view.pinned.size, "node")} compared; the view Differences shows them side by side.`);
}

function setFilter(change) {
  Object.assign(wanted, change);
  current = null;
  const { nodes: some, active } = shownNodes();
  if (view.node && !some.includes(view.node)) view.node = null;
  if (!view.node && some.length > 0 && active) view.node = some[0];
  drawFilter();
  draw();
}

function clearFilter() {
  $("search").value = "";
  setFilter({ text: "", rule: "", results: new Set([RED, UNKNOWN, WARNING, OK]) });
}

function counted() {
  const { nodes: some, active } = shownNodes();
  $("count").textContent = active
    ? `${grouped3(some.length)} of ${many(nodes.length, "node")}`
    : "";
  told(active ? $("count").textContent : "");
}

/** The filter's inputs stay as they are while somebody types; only their state is brought up. */
function drawFilter() {
  document.querySelectorAll("#filter [data-result]").forEach((box) => {
    box.checked = wanted.results.has(Number(box.dataset.result));
  });
  $("rule").value = wanted.rule;
  $("clear").hidden = !shownNodes().active;
}

function makeFilter() {
  const totals = [0, 0, 0, 0];
  for (const node of nodes)
    node.counts.forEach((count, result) => {
      totals[result] += count;
    });
  const rules = [
    ...new Set(
      Array.from({ length: data.facts.length / FACT_WIDTH }, (_, fact) => ofFact(fact, "rule")),
    ),
  ].sort(collator.compare);
  let waiting = 0;
  const typed = (event) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => setFilter({ text: event.target.value }), 80);
  };
  $("filter").addEventListener("submit", (event) => event.preventDefault());
  $("filter").append(
    h(
      "label.search",
      null,
      h("span", null, "Search"),
      h("input", {
        type: "search",
        id: "search",
        autocomplete: "off",
        spellcheck: "false",
        placeholder: "node, rule, what was seen…",
        input: typed,
      }),
    ),
    h(
      "fieldset",
      null,
      h("legend.unseen", null, "Results"),
      totals.map((count, result) =>
        h(
          "label.chip",
          null,
          h("input", { type: "checkbox", checked: true, "data-result": result, change: choose }),
          badge(result, count),
        ),
      ),
    ),
    h(
      "label.rule",
      null,
      h("span", null, "Rule"),
      h(
        "select",
        { id: "rule", change: (event) => setFilter({ rule: event.target.value }) },
        h("option", { value: "" }, "all rules"),
        rules.map((rule) => h("option", { value: rule }, rule)),
      ),
    ),
    h("button.quiet", { type: "button", id: "clear", hidden: true, click: clearFilter }, "Clear"),
    h("span.count", { id: "count" }),
  );
}

function choose(event) {
  const results = new Set(wanted.results),
    result = Number(event.target.dataset.result);
  if (!results.delete(result)) results.add(result);
  setFilter({ results });
}

function stored(value) {
  try {
    if (value !== undefined) localStorage.setItem("imagegen-theme", value);
    return localStorage.getItem("imagegen-theme");
  } catch {
    return null; // a page from a file may have no storage
  }
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  $("theme").textContent = `Theme: ${theme}`;
}

function nextTheme() {
  const theme =
    THEMES[(THEMES.indexOf(document.documentElement.dataset.theme) + 1) % THEMES.length];
  setTheme(theme);
  stored(theme);
}

function unreadPart() {
  if (data.unread.length === 0) return null;
  return h(
    "details.unread",
    { open: data.unread.length <= 5 },
    h(
      "summary",
      null,
      badge(UNKNOWN),
      ` ${many(data.unread.length, "input")} could not be read, and tell nothing about their nodes`,
    ),
    h(
      "ul",
      null,
      data.unread.slice(0, 500).map((one) =>
        h(
          "li",
          null,
          one.said.map((said) => h("div", null, h("bdi", null, said))),
        ),
      ),
    ),
  );
}

/** The sentence at the top, by the nodes' own verdicts. */
function summary() {
  const red = nodes.filter((node) => !node.green).length;
  const green = nodes.length - red;
  $("sum").replaceChildren(
    ...(nodes.length === 1
      ? [`one node, profile ${nodes[0].profile || "(none)"}`]
      : [`${many(nodes.length, "verdict")}: `, `${grouped3(red)} red, ${grouped3(green)} green`]),
    data.unread.length > 0 ? `, ${grouped3(data.unread.length)} not read` : "",
  );
}

function start() {
  const saved = stored();
  setTheme(THEMES.includes(saved) ? saved : "auto");
  $("theme").addEventListener("click", nextTheme);
  $("help").addEventListener("click", openKeys);
  makeFilter();
  summary();
  const unread = unreadPart();
  if (unread) $("unread").append(unread);
  const [, place] = /^#node=(\d{1,6})$/.exec(location.hash) || [];
  const named = /^#(facts|differences)$/.exec(location.hash);
  if (named && nodes.length > 1) view.name = named[1];
  view.node = data.nodes[Number(place)] || (!isNarrow() ? nodes[0] : null) || null;
  draw();
  document.documentElement.dataset.drawn = "yes";
}
start();
