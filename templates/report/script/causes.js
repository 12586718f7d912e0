// Why nodes are red: the causes of most nodes, each of which shows its nodes when it is pressed.
const CAUSES_SHOWN = 3;

function causesPart() {
  const causes = data.causes;
  if (causes.length === 0) return null;
  const red = nodes.filter((node) => !node.green).length;
  return h(
    "section.causes",
    { "aria-labelledby": "causes-title" },
    h(
      "h2",
      { id: "causes-title" },
      `Why ${grouped3(red)} of ${many(nodes.length, "node")} ${red === 1 ? "is" : "are"} red`,
    ),
    h("div.cards", null, causes.slice(0, CAUSES_SHOWN).map(causeCard)),
    causes.length > CAUSES_SHOWN &&
      h(
        "button.link",
        { type: "button", id: "all-causes", click: () => show("facts") },
        `${grouped3(causes.length - CAUSES_SHOWN)} more: all facts, worst first`,
      ),
  );
}

function causeCard([count, number, facts], place) {
  const one = finding(number);
  const on = wanted.fact === one.id;
  return h(
    `button.card.${NAMES[one.result]}`,
    {
      type: "button",
      id: `cause-${place}`,
      "aria-pressed": String(on),
      title: on ? "Show all nodes again" : "Show these nodes",
      click: () => chooseCause(place, on ? "" : one.id),
    },
    h(
      "span.first",
      null,
      badge(one.result),
      h("span.amount", null, many(count, "node")),
      h("span.fact", null, h("bdi", null, one.id)),
    ),
    h("span.seen", null, h("bdi", null, firstLine(one.saw))),
    facts > 1 &&
      h("span.second", null, `and ${many(facts - 1, "more fact")} on the same nodes`),
  );
}

function chooseCause(place, fact) {
  setFilter({ fact });
  const card = $(`cause-${place}`);
  if (card) card.focus({ preventScroll: true });
}
