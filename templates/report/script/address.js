// The address keeps what is looked at, so that a link shows another person the same.

/** `#view=facts&node=…&q=…&results=red,unknown`: only what is not as at the start. */
function addressOf() {
  const said = new URLSearchParams();
  if (view.name !== "nodes") said.set("view", view.name);
  if (view.node && view.opened) said.set("node", view.node.label);
  if (wanted.text) said.set("q", wanted.text);
  if (wanted.rule) said.set("rule", wanted.rule);
  if (wanted.fact) said.set("fact", wanted.fact);
  if (wanted.results.size < RESULTS.length)
    said.set("results", RESULTS.filter((_, result) => wanted.results.has(result)).join(","));
  for (const node of view.pinned) said.append("compare", node.label);
  return String(said);
}

/** With `step` the browser's way back leads to what was looked at before. */
function keepAddress(step = false) {
  const address = addressOf();
  if (address === location.hash.slice(1)) return;
  try {
    history[step ? "pushState" : "replaceState"](
      { inside: step || Boolean(history.state && history.state.inside) },
      "",
      `#${address}`,
    );
  } catch {
    // a viewer that shows the page inside its own may forbid it; the page works without
  }
}

/** What an address says; names that this page does not have are left out. */
function readAddress() {
  const said = new URLSearchParams(location.hash.slice(1));
  const named = new Map(nodes.map((node) => [node.label, node]));
  const known = VIEWS.some(([name]) => name === said.get("view")) && nodes.length > 1;
  view.name = known ? said.get("view") : "nodes";
  view.node = named.get(said.get("node")) || null;
  view.opened = view.node !== null;
  view.pinned = new Set(
    said.getAll("compare").map((name) => named.get(name)).filter(Boolean).slice(0, SIDES),
  );
  const results = (said.get("results") || "").split(",").map((name) => RESULTS.indexOf(name));
  Object.assign(wanted, {
    text: said.get("q") || "",
    rule: allRules().includes(said.get("rule")) ? said.get("rule") : "",
    fact: said.get("fact") || "",
    results: new Set(said.has("results") ? results.filter((one) => one >= 0) : RESULTS.keys()),
  });
  current = null;
}

/** The page as the address says it, at the start and after a step back. */
function showAddress() {
  const before = view.node;
  readAddress();
  if (view.opened) document.body.dataset.reading = "yes";
  else delete document.body.dataset.reading;
  const { nodes: some, active } = shownNodes();
  if (!view.node && (active || !isNarrow())) view.node = some[0] || null;
  $("search").value = wanted.text;
  drawFilter();
  draw();
  if (view.node === null && before !== null) backToRow(before);
}

window.addEventListener("popstate", showAddress);
