// The filter's form.

const allRules = (() => {
  let known = null;
  const count = data.facts.length / FACT_WIDTH;
  const found = () => new Set(Array.from({ length: count }, (_, fact) => ofFact(fact, "rule")));
  return () => known || (known = [...found()].sort(collator.compare));
})();

// What is redrawn between the press and the release of a button or a finger loses the click.
let pressed = false;
let delayed = null;
window.addEventListener("pointerdown", () => (pressed = true), true);
for (const end of ["pointerup", "pointercancel"])
  window.addEventListener(end, () => setTimeout(afterRelease), true);

function afterRelease() {
  pressed = false;
  const [act] = [delayed, (delayed = null)];
  if (act) act();
}

function whenReleased(act) {
  if (pressed) delayed = act;
  else act();
}

/** The filter's inputs stay as they are while somebody types; only their state is brought up. */
function drawFilter() {
  document.querySelectorAll("#filter [data-result]").forEach((box) => {
    box.checked = wanted.results.has(Number(box.dataset.result));
  });
  $("rule").value = wanted.rule;
  $("clear").hidden = !shownNodes().active;
  $("fact").hidden = wanted.fact === "";
  $("fact").replaceChildren("fails: ", h("bdi", null, wanted.fact), " ✕");
}

function makeFilter() {
  const totals = [0, 0, 0, 0];
  for (const node of nodes)
    node.counts.forEach((count, result) => {
      totals[result] += count;
    });
  let waiting = 0;
  const typed = (event) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => whenReleased(() => setFilter({ text: event.target.value })), 80);
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
        allRules().map((rule) => h("option", { value: rule }, rule)),
      ),
    ),
    h("button.quiet", {
      type: "button",
      id: "fact",
      hidden: true,
      title: "Show all facts again",
      click: () => setFilter({ fact: "" }),
    }),
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
