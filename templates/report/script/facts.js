// Fact by fact over all nodes: how often it is red, and what was seen on which node.
const FACTS_AT_ONCE = 200;
const NODES_NAMED = 12;
const VARIANTS_SHOWN = 24;

/** Every fact of the nodes shown: id, counts by result, and findings with their nodes. */
function factTable() {
  const facts = new Map();
  for (const [node, test] of shownNodes().tests) {
    for (const number of findingsOf(node)) {
      if (!test(number)) continue;
      const id = idOf(number);
      let fact = facts.get(id);
      if (!fact)
        facts.set(id, (fact = { id, counts: [0, 0, 0, 0], variants: new Map(), nodes: 0 }));
      fact.counts[resultOf(number)] += 1;
      fact.nodes += 1;
      const known = fact.variants.get(number);
      if (known) known.push(node);
      else fact.variants.set(number, [node]);
    }
  }
  return [...facts.values()].sort(factOrder);
}

const factOrder = (a, b) =>
  b.counts[RED] - a.counts[RED] ||
  b.counts[UNKNOWN] - a.counts[UNKNOWN] ||
  b.counts[WARNING] - a.counts[WARNING] ||
  collator.compare(a.id, b.id);

/** What was seen, the worst first, then what most nodes have. */
const variantsOf = (fact) =>
  [...fact.variants].sort((a, b) => resultOf(a[0]) - resultOf(b[0]) || b[1].length - a[1].length);

function factsView() {
  const facts = factTable();
  return h(
    "section.wide",
    { "aria-labelledby": "facts-title" },
    h("h2", { id: "facts-title", tabindex: "-1" }, "Facts"),
    h(
      "p.lead",
      null,
      `${many(facts.length, "fact")} on ${many(shownNodes().nodes.length, "node")}, worst first. `,
      "Unfold one to see what was seen where.",
    ),
    inPortions(facts, factPart),
  );
}

/** Some of many parts, and a button for more. */
function inPortions(all, part, kind = "div.findings") {
  const box = h(kind);
  const more = h("button.quiet", { type: "button", click: () => add() });
  let shown = 0;
  const add = () => {
    box.append(...all.slice(shown, shown + FACTS_AT_ONCE).map(part));
    shown = Math.min(all.length, shown + FACTS_AT_ONCE);
    more.textContent = `Show more (${grouped3(all.length - shown)} left)`;
    more.hidden = shown === all.length;
  };
  add();
  return h("div", null, box, more);
}

function factPart(fact) {
  const worst = fact.counts.findIndex((count) => count > 0);
  const details = h(
    `details.finding.${NAMES[worst]}`,
    null,
    h(
      "summary",
      null,
      h("span.fact", null, h("bdi", null, fact.id)),
      h("span.badges", null, countBadges(fact.counts)),
    ),
  );
  details.addEventListener("toggle", () => {
    if (details.childElementCount === 1) details.append(variantsPart(fact));
  });
  return details;
}

function variantsPart(fact) {
  const variants = variantsOf(fact),
    one = finding(variants[0][0]);
  const more = variants.length - VARIANTS_SHOWN;
  return h(
    "div.body",
    null,
    one.title && h("p.what", null, prose(one.title)),
    definitions("dl.told", [
      ["why", prose(one.why)],
      ["what to do", prose(one.remedy)],
      ["rule", ruleLink(one)],
      ["source", one.source],
    ]),
    h("div.variants", null, variants.slice(0, VARIANTS_SHOWN).map(variantPart)),
    more > 0 && h("p.quiet", null, `and ${many(more, "more way", "more ways")} to differ`),
  );
}

/** One way that a fact was found, and where. */
function variantPart([number, some]) {
  return h(
    "div.variant",
    null,
    h("p.badges", null, badge(resultOf(number)), ` on ${many(some.length, "node")}`),
    definitions("dl.told", [
      ["saw", quoted(sawOf(number))],
      ["expected", quoted(wordOf(number, 2))],
    ]),
    nodeLinks(some),
  );
}

/** The first nodes by name, the rest when somebody asks for them. */
function nodeLinks(some) {
  const rest = some.slice(NODES_NAMED);
  const more = h(
    "button.link",
    { type: "button", click: () => more.replaceWith(...rest.map(nodeLink)) },
    `and ${grouped3(rest.length)} more`,
  );
  return h("p.where", null, some.slice(0, NODES_NAMED).map(nodeLink), rest.length > 0 && more);
}

function nodeLink(node) {
  const open = () => {
    show("nodes");
    openNode(node, true);
  };
  return h("button.link", { type: "button", click: open }, h("bdi", null, node.label));
}
