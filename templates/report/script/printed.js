// Paper has no folds: what is needed is written out before printing, and taken away after.
const PRINTED_IN_FULL = 300;
const PRINTED_COLUMNS = ["Verdict", "Node", "Judged (UTC)", "Level", "Profile", "Kernel"].concat(
  ["Red", "Unknown", "Warning", "OK"],
);

/** One node in full; of a fleet every node in a line, and all that is not as promised. */
function printedPart() {
  const some = shownNodes().nodes;
  if (some.length === 1) return printedNode(some[0], true);
  const bad = some.filter(
    (node) => !node.green || node.counts[OK] < node.counts.reduce((all, one) => all + one),
  );
  return h(
    "div",
    null,
    h(
      "table.fleet",
      null,
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          PRINTED_COLUMNS.map((title) => h("th", { scope: "col" }, title)),
        ),
      ),
      h("tbody", null, some.map(printedRow)),
    ),
    bad.slice(0, PRINTED_IN_FULL).map((node) => printedNode(node, node === view.node)),
    bad.length > PRINTED_IN_FULL &&
      h(
        "p",
        null,
        `${many(bad.length - PRINTED_IN_FULL, "more node")} with findings: filter before printing.`,
      ),
  );
}

const printedTime = (node) => (node.time === null ? "unknown" : minuteOf(node.time));

const printedRow = (node) =>
  h(
    "tr",
    null,
    h("td", null, verdictBadge(node)),
    [node.label, printedTime(node), node.level, node.profile, node.kernel].map((text) =>
      h("td", null, h("bdi", null, text)),
    ),
    node.counts.map((count) => h("td.number", null, grouped3(count))),
  );

function printedNode(node, full) {
  const test = shownNodes().tests.get(node) || (() => true);
  const numbers = worstFirst(findingsOf(node)).filter(test);
  const good = numbers.filter((one) => full && resultOf(one) === OK);
  return h(
    "article.node",
    null,
    h("h2", null, verdictBadge(node), " ", h("bdi", null, node.label)),
    h("p", null, leadWords(node)),
    h("p", null, judgedAt(node), `(${ageWords(node)})`),
    full && identity(node, true),
    h(
      "div.findings",
      null,
      numbers.filter((one) => resultOf(one) !== OK).map((one) => findingPart(one, true)),
    ),
    good.length > 0 && h("h3", null, `${many(good.length, "fact")} as promised`),
    good.length > 0 && keptTable(good),
    full && h("h3", null, "Boot"),
    full && timeline(node),
    full && h("h3", null, "IPVS table"),
    full && ipvsTable(node),
  );
}

/** Facts that hold, a line each. */
function keptTable(numbers) {
  return h(
    "table.kept",
    null,
    h(
      "thead",
      null,
      h(
        "tr",
        null,
        ["Fact", "Saw", "Expected", "Source"].map((title) => h("th", { scope: "col" }, title)),
      ),
    ),
    h(
      "tbody",
      null,
      numbers.map((one) =>
        h(
          "tr",
          null,
          [idOf(one), sawOf(one), wordOf(one, 2), ofFact(factOf(one), "source")].map((text) =>
            h("td", null, h("bdi", null, text)),
          ),
        ),
      ),
    ),
  );
}

window.addEventListener("beforeprint", () => {
  document
    .getElementById("printed")
    .replaceChildren(h("p", null, `Printed ${minuteOf(Date.now() / 1000)} UTC.`), printedPart());
});
window.addEventListener("afterprint", () => document.getElementById("printed").replaceChildren());
