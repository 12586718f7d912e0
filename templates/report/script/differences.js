// What differs between nodes, side by side: what they are, and how the same fact was found.
const SIDES = 6;
const ABOUT = [
  ["profile", "profile"],
  ["digest of the profile", "digest"],
  ["kernel", "kernel"],
  ["check's version", "check"],
  ["level", "level"],
];

/** The nodes to compare: those that were chosen, else those that the filter shows. */
function sides() {
  const pinned = nodes.filter((node) => view.pinned.has(node));
  return pinned.length >= 2 ? pinned : shownNodes().nodes;
}

function differencesView() {
  const some = sides();
  const body =
    some.length < 2
      ? [h("p", null, "Two nodes are needed to differ.")]
      : some.length <= SIDES
        ? [sidesTable(some)]
        : [aboutGroups(some), factGroups(some)];
  return h(
    "section.wide",
    { "aria-labelledby": "differences-title" },
    h("h2", { id: "differences-title", tabindex: "-1" }, "Differences"),
    comparedWords(some),
    ...body,
  );
}

function comparedWords(some) {
  const pinned = view.pinned.size;
  return h(
    "p.lead",
    null,
    pinned >= 2
      ? `The ${pinned} nodes chosen with Compare. `
      : `${shownNodes().active ? "The" : "All"} ${many(some.length, "node")}${
          shownNodes().active ? " that the filter shows" : ""
        }. `,
    pinned > 0
      ? h(
          "button.link",
          {
            type: "button",
            click: () => {
              view.pinned.clear();
              draw();
              keepAddress();
            },
          },
          "Compare no longer",
        )
      : some.length > SIDES && `Choose up to ${SIDES} with Compare to see them in columns.`,
  );
}

/** A column a node: rows that are the same everywhere are left out. */
function sidesTable(some) {
  const about = ABOUT.filter(([, name]) => new Set(some.map((node) => node[name])).size > 1);
  const facts = differing(some);
  if (about.length + facts.length === 0) return h("p", null, "Nothing differs.");
  return scrolling(
    "Differences",
    h(
      "table.sides",
      null,
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          h("th", { scope: "col" }, "Fact"),
          some.map((node) =>
            h("th", { scope: "col" }, verdictBadge(node), " ", h("bdi", null, node.label)),
          ),
        ),
      ),
      h(
        "tbody",
        null,
        about.map(([title, name]) =>
          h(
            "tr",
            null,
            h("th", { scope: "row" }, title),
            some.map((node) => h("td", null, quoted(node[name]))),
          ),
        ),
      ),
      h(
        "tbody",
        null,
        facts.map((fact) =>
          h(
            "tr",
            null,
            h("th", { scope: "row" }, h("bdi", null, fact.id)),
            some.map((node) => sideCell(fact, node)),
          ),
        ),
      ),
    ),
  );
}

function sideCell(fact, node) {
  const number = fact.by.get(node);
  if (number === undefined) return h("td.quiet", null, "not judged");
  const same = new Set([...fact.by.values()].map((one) => wordOf(one, 2))).size === 1;
  return h(
    "td",
    null,
    badge(resultOf(number)),
    " ",
    quoted(sawOf(number)),
    !same && h("div.quiet", null, "expected ", quoted(wordOf(number, 2))),
  );
}

/** Facts that some nodes lack, or that were found otherwise. */
function differing(some) {
  const facts = new Map();
  for (const node of some) {
    for (const number of findingsOf(node)) {
      const id = idOf(number);
      if (!facts.has(id)) facts.set(id, { id, by: new Map(), worst: OK });
      const fact = facts.get(id);
      fact.by.set(node, number);
      fact.worst = Math.min(fact.worst, resultOf(number));
    }
  }
  return [...facts.values()]
    .filter(
      (fact) => fact.by.size < some.length || new Set([...fact.by.values()].map(likeness)).size > 1,
    )
    .sort((a, b) => a.worst - b.worst);
}

/** Result, expected and saw as one key. */
function likeness(number) {
  const at = number * FINDING_WIDTH;
  return data.findings.slice(at + 1, at + 4).join(" ");
}

/** For many nodes: what they are, as groups. */
function aboutGroups(some) {
  const rows = ABOUT.map(([title, name]) => [title, grouped(some, (node) => node[name])]);
  return h(
    "div",
    null,
    rows.map(
      ([title, groups]) =>
        groups.length > 1 &&
        h(
          "section.difference",
          null,
          h("h3", null, title, h("span.quiet", null, ` – ${many(groups.length, "kind")}`)),
          h(
            "div.variants",
            null,
            groups
              .slice(0, VARIANTS_SHOWN)
              .map(([answer, group]) =>
                h(
                  "div.variant",
                  null,
                  h("p", null, quoted(answer), ` on ${many(group.length, "node")}`),
                  nodeLinks(group),
                ),
              ),
          ),
        ),
    ),
  );
}

/** For many nodes: each fact that differs, with the ways it was found side by side. */
function factGroups(some) {
  const facts = differing(some);
  if (facts.length === 0) return h("p", null, "Every fact was found the same on all of them.");
  return h(
    "div",
    null,
    h("h3", null, `${many(facts.length, "fact")} found otherwise`),
    inPortions(
      facts,
      (fact) => {
        const ways = grouped([...fact.by.keys()], (node) => fact.by.get(node)).sort(
          (a, b) => resultOf(a[0]) - resultOf(b[0]),
        );
        const lacking = some.filter((node) => !fact.by.has(node));
        return h(
          "section.difference",
          null,
          h("h4", null, h("bdi", null, fact.id)),
          h(
            "div.variants",
            null,
            ways.slice(0, VARIANTS_SHOWN).map(variantPart),
            lacking.length > 0 &&
              h(
                "div.variant",
                null,
                h("p", null, `not judged on ${many(lacking.length, "node")}`),
                nodeLinks(lacking),
              ),
          ),
          ways.length > VARIANTS_SHOWN &&
            h("p.quiet", null, `and ${grouped3(ways.length - VARIANTS_SHOWN)} more ways`),
        );
      },
      "div",
    ),
  );
}
