// The IPVS table: virtual servers with their real servers, sorted by any column.
const tables = (() => {
  let known = null;
  return () => known || (known = JSON.parse(document.getElementById("tables").textContent));
})();
const COLUMNS = [
  ["Protocol", "protocol"],
  ["Virtual server", "place"],
  ["Scheduler", "scheduler"],
  ["Flags", "flags"],
  ["Real servers", "reals", true],
  ["Weight", "weight", true],
  ["Active", "active", true],
  ["Inactive", "inactive", true],
];

/** A node's virtual servers, with the real servers of each `below`, and lines of another form. */
function servers(node) {
  const { words, shapes, counts } = tables();
  const [shape, own] = node.table;
  const found = [],
    others = [];
  let at = 0;
  for (const number of shapes[shape]) {
    const [kind, ...cells] = words[number].split("\n");
    const last = found[found.length - 1];
    if (kind === "s") found.push(virtual(cells, found.length));
    else if (kind === "d") last.below.push(real(cells, counts[own], at++));
    else others.push(cells.join(" "));
  }
  found.forEach(summed);
  return { found, others };
}

const virtual = ([protocol, address, scheduler, flags], place) => ({
  protocol,
  address,
  scheduler,
  flags,
  place,
  below: [],
});

function real([address, method, weight], counts, at) {
  const [active, inactive] = counts === 0 ? [0, 0] : [counts[at * 2], counts[at * 2 + 1]];
  return { address, method, weight, active, inactive };
}

function summed(one) {
  const sum = (name) => one.below.reduce((all, each) => all + Number(each[name]), 0);
  Object.assign(one, {
    reals: one.below.length,
    weight: sum("weight"),
    active: sum("active"),
    inactive: sum("inactive"),
  });
}

/** The table with its sentence about what is not in it. */
function ipvsTable(node) {
  const [virtuals, reals] = node.servers;
  const said = `${many(virtuals, "virtual server")}, ${many(reals, "real server")}`;
  if (node.table === null)
    return h("p.quiet", null, `${said}. The verdict holds no lines of the table.`);
  const { found, others } = servers(node);
  const shown = found.length + found.reduce((all, one) => all + one.reals, 0);
  const less =
    shown < virtuals + reals
      ? ` The verdict and this page hold the first ${many(shown, "line")}.`
      : "";
  return h(
    "div",
    null,
    h("p", null, `${said}.${less}`),
    sortable(found),
    others.length > 0 &&
      h(
        "details",
        null,
        h("summary", null, `${many(others.length, "line")} of another form`),
        h("pre", null, others.join("\n")),
      ),
  );
}

function sortable(found) {
  const body = h("table.ipvs");
  const sort = { name: "place", down: false };
  const draw = () => {
    const way = sort.down ? -1 : 1;
    const some = found
      .slice()
      .sort((a, b) => way * compared(a[sort.name], b[sort.name]) || a.place - b.place);
    body.replaceChildren(tableHead(sort, draw), ...some.map(serverRows));
  };
  draw();
  return scrolling("IPVS table", body);
}

const compared = (a, b) => (typeof a === "number" ? a - b : collator.compare(a, b));

function tableHead(sort, draw) {
  const choose = (name) => () => {
    Object.assign(sort, { down: sort.name === name && !sort.down, name });
    draw();
    document.querySelector(`.ipvs button[data-name="${name}"]`).focus();
  };
  const sign = (name) => (sort.name !== name ? "" : sort.down ? " ▼" : " ▲");
  return h(
    "thead",
    null,
    h(
      "tr",
      null,
      COLUMNS.map(([title, name, number]) =>
        h(
          `th${number ? ".number" : ""}`,
          {
            scope: "col",
            "aria-sort": sort.name === name && (sort.down ? "descending" : "ascending"),
          },
          h(
            "button.sort",
            { type: "button", "data-name": name, click: choose(name) },
            title,
            h("span", { "aria-hidden": "true" }, sign(name)),
          ),
        ),
      ),
    ),
  );
}

function serverRows(one) {
  return h(
    "tbody",
    null,
    h(
      "tr.virtual",
      null,
      h("td", null, one.protocol),
      h("th", { scope: "rowgroup" }, h("bdi", null, one.address)),
      h("td", null, h("bdi", null, one.scheduler)),
      h("td", null, h("bdi", null, one.flags)),
      ...["reals", "weight", "active", "inactive"].map((name) =>
        h("td.number", null, grouped3(one[name])),
      ),
    ),
    one.below.length === 0 &&
      h("tr.real", null, h("td"), h("td", { colspan: 7 }, "no real server")),
    one.below.map(realRow),
  );
}

const realRow = (one) =>
  h(
    "tr.real",
    null,
    h("td"),
    h("td", null, h("span.arrow", { "aria-hidden": "true" }, "→ "), h("bdi", null, one.address)),
    h("td", null, h("bdi", null, one.method)),
    h("td"),
    h("td"),
    h("td.number", null, h("bdi", null, one.weight)),
    h("td.number", null, grouped3(one.active)),
    h("td.number", null, grouped3(one.inactive)),
  );
