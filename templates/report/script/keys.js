// The page by keyboard.
const KEYS = [
  ["/", "search"],
  ["j, ↓", "next node"],
  ["k, ↑", "node before"],
  ["Enter", "read the node"],
  ["Esc", "back; in the search: empty it"],
  ["n, f, d", "nodes, facts, differences"],
  ["c", "compare this node, or no longer"],
  ["t", "light, dark, or as the system"],
  ["?", "these keys"],
];

const ACTS = {
  "/": () => toSearch(),
  j: () => onNodes() && moveBy(1),
  ArrowDown: () => onNodes() && moveBy(1),
  k: () => onNodes() && moveBy(-1),
  ArrowUp: () => onNodes() && moveBy(-1),
  n: () => nodes.length > 1 && show("nodes"),
  f: () => nodes.length > 1 && show("facts"),
  d: () => nodes.length > 1 && show("differences"),
  c: () => nodes.length > 1 && view.node && onNodes() && comparePinned(view.node),
  Enter: () => view.node && openNode(view.node, true),
  t: () => nextTheme(),
  "?": () => openKeys(),
  Escape: () => closeNode(),
};
const onNodes = () => view.name === "nodes" && nodes.length > 1;

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const at = event.target;
  if (document.getElementById("keys").open) return;
  if (at.matches("input, select, textarea")) {
    if (event.key === "Escape" && at.id === "search") emptySearch(at);
    return;
  }
  const ofList = at === document.body || at.id === "list" || at.id === "view";
  // where it moves the page or presses a button, a key keeps its usual work
  if ((event.key.startsWith("Arrow") || event.key === "Enter") && !(ofList && onNodes())) return;
  if (Object.hasOwn(ACTS, event.key)) {
    event.preventDefault();
    ACTS[event.key]();
  }
});

/** The whole form comes into sight, not its input alone. */
function toSearch() {
  delete document.body.dataset.reading;
  $("search").focus({ preventScroll: true });
  $("filter").scrollIntoView({ block: "nearest" });
}

function emptySearch(input) {
  if (input.value === "") {
    input.blur();
    return;
  }
  input.value = "";
  setFilter({ text: "" });
}

function openKeys() {
  const dialog = document.getElementById("keys");
  dialog.replaceChildren(
    h("h2", { id: "keys-title" }, "Keys"),
    h(
      "dl.keys",
      null,
      KEYS.map(([key, what]) =>
        h("div", null, h("dt", null, h("kbd", null, key)), h("dd", null, what)),
      ),
    ),
    h(
      "p",
      null,
      "The search takes several words, and fields: ",
      h("code", null, 'node:web-1 rule:sysctl fact:ip_forward result:red "two words"'),
      ".",
    ),
    h("form", { method: "dialog" }, h("button.quiet", null, "Close")),
  );
  dialog.showModal();
}
