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
    aboutPart(node),
    jumps(),
    findingsPart(node, test),
    h("section", null, h("h3", { id: "boot", tabindex: "-1" }, "Boot"), timeline(node)),
    h("section", null, h("h3", { id: "table", tabindex: "-1" }, "IPVS table"), ipvsTable(node)),
    identity(node),
  );
}

/** What a reader asks first of a verdict: of what, and when. */
function aboutPart(node) {
  return h(
    "p.about",
    null,
    judgedAt(node),
    isOld(node) || isAhead(node) || node.time === null
      ? flag(ageWords(node))
      : `(${ageWords(node)})`,
    h("span.quiet", null, "profile ", h("bdi", null, node.profile || "(none)")),
    node.kernel && h("span.quiet", null, "kernel ", h("bdi", null, node.kernel)),
  );
}

const JUMPS = [
  ["findings", "Findings"],
  ["boot", "Boot"],
  ["table", "IPVS table"],
  ["identity", "Who was judged"],
];

/** To a part of the node; buttons, since the address names what is looked at. */
function jumps() {
  const jump = (id) => () => {
    $(id).scrollIntoView({ block: "start" });
    $(id).focus({ preventScroll: true });
  };
  return h(
    "nav.jumps",
    { "aria-label": "Parts of the node" },
    JUMPS.map(([id, title]) => h("button.link", { type: "button", click: jump(id) }, title)),
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

/** What decides over the node, and what a check of its level looks at: not what was found. */
function leadWords(node) {
  const levels = {
    bake: "looks at files, packages and modules in the guest that builds the image",
    kernel: "looks at the kernel's side of a booted node, without a cluster",
    table: "looks at the whole node of a cluster, with kube-proxy and its IPVS table",
  };
  return `${decidingWords(node)} A check of level “${node.level}” ${levels[node.level]}.`;
}

function decidingWords(node) {
  if (node.green) return "What the profile promises holds.";
  const [red, unknown] = node.deciding;
  if (red + unknown === 0) return "Nothing was judged.";
  const said = [red > 0 && `${grouped3(red)} red`, unknown > 0 && `${grouped3(unknown)} unknown`]
    .filter(Boolean)
    .join(" and ");
  const light = node.counts[RED] + node.counts[UNKNOWN] - red - unknown;
  const other = light > 0 ? `; ${grouped3(light)} more only ${light === 1 ? "warns" : "warn"}` : "";
  const verb = red + unknown === 1 ? "finding makes" : "findings make";
  return `${said} ${verb} this node red${other}.`;
}

function identity(node, paper = false) {
  return h(
    "details.identity",
    { open: paper },
    h("summary", { id: "identity" }, "Who was judged"),
    definitions("dl.grid", [
      ["profile", node.profile],
      ["digest", code(node.digest)],
      ["level", node.level],
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

/** By the node's own clock, to the second. */
const judgedAt = (node) =>
  node.time === null
    ? "Judged at a time unknown "
    : `Judged ${new Date(node.time * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC `;

const code = (text) => (text === "" ? "" : h("code", null, h("bdi", null, text)));

function findingsPart(node, test) {
  const all = worstFirst(findingsOf(node));
  const some = all.filter(test);
  const good = some.filter((one) => resultOf(one) === OK);
  const rest = some.filter((one) => resultOf(one) !== OK);
  return h(
    "section",
    null,
    h(
      "div.between",
      null,
      h("h3", { id: "findings", tabindex: "-1" }, "Findings"),
      foldButton(),
    ),
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
    rest.length === 0 && good.length > 0 && h("p", null, "Nothing is red, unknown or a warning."),
    good.length > 0 && keptPart(good, rest.length === 0 && some.length < all.length),
  );
}

/** Facts that hold: in the way of whoever looks for what does not, so they are folded. */
function keptPart(good, open) {
  const box = h(
    "details.holding",
    { open },
    h("summary", null, badge(OK), ` ${many(good.length, "fact")} as promised`),
  );
  const fill = () =>
    box.childElementCount === 1 &&
    box.append(
      h(
        "div.findings",
        null,
        good.map((one) => findingPart(one, false)),
      ),
    );
  if (open) fill();
  else box.addEventListener("toggle", fill);
  return box;
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
        for (const kind of [".holding", ".finding"])
          document.querySelectorAll(`.node ${kind}`).forEach((one) => {
            one.open = open;
            one.dispatchEvent(new Event("toggle")); // its own comes too late for what is inside
          });
      },
    },
    "Unfold all",
  );
  return button;
}
