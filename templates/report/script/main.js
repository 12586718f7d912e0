// The page as a whole: views, filter, theme, address.
// `opened`: the node was chosen, and is not just the first one.
const view = { name: "nodes", node: null, opened: false, pinned: new Set() };
const VIEWS = [
  ["nodes", "Nodes"],
  ["facts", "Facts"],
  ["differences", "Differences"],
];
const THEMES = ["auto", "light", "dark"];
const $ = (id) => document.getElementById(id);

function makeTabs() {
  const tab = ([name, title]) =>
    h("button.tab", { type: "button", "data-name": name, click: () => show(name) }, title);
  if (nodes.length > 1) $("tabs").append(...VIEWS.map(tab));
}

function draw() {
  for (const tab of $("tabs").children) {
    if (tab.dataset.name === view.name) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
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
  const causes = causesPart();
  return [...(causes ? [causes] : []), nodeList(), h("div.detail", { id: "detail" }, detailPart())];
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
  const step = reading && isNarrow() && !document.body.dataset.reading;
  view.node = node;
  view.opened = true;
  if (!$("detail")) return;
  $("detail").replaceChildren(detailPart());
  if (list.element) drawRows();
  if (reading) {
    document.body.dataset.reading = "yes";
    if (isNarrow()) window.scrollTo(0, 0);
  }
  if (focused) $("node-title").focus({ preventScroll: true });
  keepAddress(step);
}

/** Back to the list, by the browser's own way back where a node was opened from the list. */
function closeNode() {
  const inside = document.body.dataset.reading && history.state && history.state.inside;
  if (isNarrow() && inside) {
    history.back();
    return;
  }
  delete document.body.dataset.reading;
  if (!list.element || !list.element.isConnected) return;
  list.element.focus();
  drawList();
}

function show(name) {
  view.name = name;
  delete document.body.dataset.reading;
  draw();
  const title = document.querySelector("#view > section > h2[tabindex]");
  if (name !== "nodes" && title) title.focus({ preventScroll: true });
  keepAddress(true);
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
  keepAddress();
  told(`${many(view.pinned.size, "node")} compared; the view Differences shows them side by side.`);
}

function setFilter(change) {
  Object.assign(wanted, change);
  current = null;
  const { nodes: some, active } = shownNodes();
  if (view.node && !some.includes(view.node)) Object.assign(view, { node: null, opened: false });
  if (!view.node && some.length > 0 && active) view.node = some[0];
  drawFilter();
  draw();
  keepAddress();
}

function clearFilter() {
  $("search").value = "";
  setFilter({ text: "", rule: "", fact: "", results: new Set([RED, UNKNOWN, WARNING, OK]) });
}

function counted() {
  const { nodes: some, active } = shownNodes();
  $("count").textContent = active
    ? `${grouped3(some.length)} of ${many(nodes.length, "node")}`
    : "";
  told(active ? $("count").textContent : "");
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

/** The sentences at the top, by the nodes' own verdicts. */
function summary() {
  if (nodes.length === 1)
    $("sum").replaceChildren(verdictBadge(nodes[0]), " one node", unreadWords());
  $("judged").replaceChildren(...judgedPart());
}

const unreadWords = () =>
  data.unread.length > 0 ? `, ${many(data.unread.length, "input")} not read` : "";

function start() {
  const saved = stored();
  setTheme(THEMES.includes(saved) ? saved : "auto");
  for (const [name, act] of [
    ["theme", nextTheme],
    ["help", openKeys],
  ]) {
    $(name).hidden = false;
    $(name).addEventListener("click", act);
  }
  makeTabs();
  makeFilter();
  summary();
  const unread = unreadPart();
  if (unread) $("unread").append(unread);
  showAddress();
  document.documentElement.dataset.drawn = "yes";
}
start();
