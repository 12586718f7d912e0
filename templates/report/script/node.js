// One node: who it is, its findings (red first), its boot, its table.

/** Everything about a node; `test` says which findings the filter lets through. */
function nodePart(node, test) {
  const alone = nodes.length === 1;
  return h(
    "article.node",
    { "aria-labelledby": "node-title" },
    h(
      "div.node-head",
      null,
      !alone && h("button.quiet.back", { type: "button", click: closeNode }, "← All nodes"),
      h(
        "h2",
        { id: "node-title", tabindex: "-1" },
        verdictBadge(node),
        " ",
        h("bdi", null, node.label),
      ),
      !alone && compareButton(node),
    ),
    h("p.badges", null, countBadges(node.counts)),
    h("p.lead", null, leadWords(node)),
    identity(node),
    findingsPart(node, test),
    h("section", null, h("h3", null, "Boot"), timeline(node)),
    h("section", null, h("h3", null, "IPVS table"), ipvsTable(node)),
  );
}

function compareButton(node) {
  const on = view.pinned.has(node);
  return h(
    "button.quiet",
    { type: "button", id: "compare", "aria-pressed": String(on), click: () => comparePinned(node) },
    on ? "✓ compared" : "Compare",
    " ",
    h("kbd", null, "c"),
  );
}

/** What the verdict says at its level, and no more than that. */
function leadWords(node) {
  const levels = {
    bake: "in the build guest, before sealing: files, packages and modules",
    kernel: "on a booted node without a cluster: the kernel's side only",
    table: "on a node in a cluster: kube-proxy has synced, and its table was read",
  };
  const bad = node.deciding;
  const head = node.green
    ? "What the profile promises holds"
    : bad > 0
      ? `${many(bad, "finding")} ${bad === 1 ? "needs" : "need"} somebody`
      : "Nothing was judged";
  return `${head}. Level ${node.level}: ${levels[node.level]}.`;
}

function identity(node) {
  return h(
    "details.identity",
    { open: true },
    h("summary", null, "Who was judged"),
    definitions("dl.grid", [
      ["profile", node.profile],
      ["digest", code(node.digest)],
      ["judged at", judgedAt(node)],
      ["kernel", code(node.kernel)],
      ["check's version", node.check],
      ["addresses", node.addresses.join(", ")],
      ["machine id", code(node.machine)],
      ["boot id", code(node.boot)],
      ["instance id", code(node.instance)],
      ["ssh host keys", node.keys.length ? code(node.keys.join("\n")) : ""],
      ["read from", code(node.source)],
    ]),
  );
}

/** By the node's own clock. */
const judgedAt = (node) =>
  node.time === null
    ? ""
    : `${new Date(node.time * 1000).toISOString().slice(0, 19)} UTC`.replace("T", " ");

const code = (text) => (text === "" ? "" : h("code", null, h("bdi", null, text)));

function findingsPart(node, test) {
  const all = worstFirst(findingsOf(node));
  const some = all.filter(test);
  const good = some.filter((one) => resultOf(one) === OK);
  const rest = some.filter((one) => resultOf(one) !== OK);
  return h(
    "section",
    null,
    h("div.between", null, h("h3", null, "Findings"), foldButton()),
    some.length < all.length &&
      h(
        "p.note",
        null,
        `The filter hides ${many(all.length - some.length, "finding")}. `,
        h("button.link", { type: "button", click: clearFilter }, "Show all"),
      ),
    rest.length > 0 &&
      h(
        "div.findings",
        null,
        rest.map((one) => findingPart(one, true)),
      ),
    good.length > 0 && h("h4", null, `${many(good.length, "fact")} as promised`),
    good.length > 0 &&
      h(
        "div.findings",
        null,
        good.map((one) => findingPart(one, false)),
      ),
  );
}

function foldButton() {
  const button = h(
    "button.quiet",
    {
      type: "button",
      "aria-pressed": "false",
      click: () => {
        const open = button.getAttribute("aria-pressed") === "false";
        button.setAttribute("aria-pressed", String(open));
        button.textContent = open ? "Fold all" : "Unfold all";
        document.querySelectorAll(".node .finding").forEach((one) => {
          one.open = open;
        });
      },
    },
    "Unfold all",
  );
  return button;
}
