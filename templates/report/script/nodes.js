// The list of nodes: only the rows in sight are in the document, so that thousands cost nothing.
const ROW = 58;
const MARGIN = 8;
const list = { element: null, rows: null, active: 0, drawn: new Map() };

/** The list's box, drawn anew for what the filter shows. */
function nodeList() {
  list.rows = h("div.rows");
  list.drawn.clear();
  list.element = h(
    "div.list",
    {
      id: "list",
      role: "listbox",
      tabindex: "0",
      "aria-label": "Nodes, worst first",
      scroll: drawRows,
      keydown: listKey,
      click: rowClicked,
    },
    list.rows,
  );
  return list.element;
}

function rowClicked(event) {
  const pressed = event.target.closest(".row");
  if (pressed) openNode(shownNodes().nodes[Number(pressed.id.slice(4))], true, isNarrow());
}

function drawList() {
  const { nodes: some } = shownNodes();
  list.rows.style.height = `${some.length * ROW}px`;
  const chosen = some.indexOf(view.node);
  list.active = chosen >= 0 ? chosen : 0;
  bringIntoSight(list.active);
  drawRows();
}

/**
 * The rows in sight. A row that is there stays the same element: one that is replaced between the
 * press and the release of a mouse button or a finger never gets the click.
 */
function drawRows() {
  const { nodes: some } = shownNodes();
  const height = list.element.clientHeight || 800;
  const first = Math.max(0, Math.floor(list.element.scrollTop / ROW) - MARGIN);
  const last = Math.min(some.length, Math.ceil((list.element.scrollTop + height) / ROW) + MARGIN);
  for (const [place, element] of list.drawn) {
    if (place >= first && place < last) continue;
    element.remove();
    list.drawn.delete(place);
  }
  for (let place = first; place < last; place += 1) drawRow(some[place], place, some.length);
  const active = list.active >= first && list.active < last && some.length > 0;
  if (active) list.element.setAttribute("aria-activedescendant", `row-${list.active}`);
  else list.element.removeAttribute("aria-activedescendant");
}

function drawRow(node, place, count) {
  if (!list.drawn.has(place)) addRow(row(node, place, count), place);
  const element = list.drawn.get(place);
  element.classList.toggle("chosen", node === view.node);
  element.setAttribute("aria-selected", String(node === view.node));
  element.querySelector(".compared").hidden = !view.pinned.has(node);
}

/** In the order of the list, which is the order in which a screen reader reads it. */
function addRow(element, place) {
  const later = [...list.drawn.keys()].filter((other) => other > place);
  list.rows.insertBefore(element, later.length ? list.drawn.get(Math.min(...later)) : null);
  list.drawn.set(place, element);
}

function row(node, place, count) {
  const element = h(
    "div.row",
    {
      id: `row-${place}`,
      role: "option",
      "aria-posinset": place + 1,
      "aria-setsize": count,
    },
    h(
      "div.first",
      null,
      verdictBadge(node),
      h("bdi.name", null, node.label),
      isOld(node) && h("span.pin.old", null, `${durationWords(ageOf(node))} old`),
      isAhead(node) && h("span.pin.old", null, "in the future"),
      h("span.pin.compared", { hidden: true }, "compared"),
    ),
    h("div.second", null, worstWords(node)),
  );
  element.style.transform = `translateY(${place * ROW}px)`;
  return element;
}

/** What is most wrong, in one line. */
function worstWords(node) {
  if (node.worst < 0) return "nothing was judged";
  const bad = node.counts[RED] + node.counts[UNKNOWN];
  if (bad === 0 && node.counts[WARNING] === 0)
    return `${many(node.counts[OK], "fact")} as promised`;
  const more = bad > 1 ? ` (+${bad - 1} more)` : "";
  return h(
    "bdi",
    null,
    `${NAMES[resultOf(node.worst)]}: ${idOf(node.worst)}: ${firstLine(sawOf(node.worst))}${more}`,
  );
}

function listKey(event) {
  const page = Math.max(1, Math.floor(list.element.clientHeight / ROW) - 1);
  const step = { PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity }[event.key];
  if (step !== undefined) {
    event.preventDefault();
    moveBy(step);
  }
}

/** To another node of the list, in sight and shown beside it. */
function moveBy(step) {
  const { nodes: some } = shownNodes();
  if (some.length === 0) return;
  const from = some.indexOf(view.node);
  const to = from < 0 ? 0 : Math.min(some.length - 1, Math.max(0, from + step));
  list.active = to;
  bringIntoSight(to);
  openNode(some[to], false, false);
}

function bringIntoSight(place) {
  const top = place * ROW,
    height = list.element.clientHeight;
  if (top < list.element.scrollTop) list.element.scrollTop = top;
  if (top + ROW > list.element.scrollTop + height) list.element.scrollTop = top + ROW - height;
}

/** The list where it was left, after a node has been read in its place. */
function backToRow(node) {
  const place = shownNodes().nodes.indexOf(node);
  if (place < 0 || !list.element || !list.element.isConnected) return;
  bringIntoSight(place);
  drawRows();
}
