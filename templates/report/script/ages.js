// How old verdicts are. The page knows when they were given; the reader's clock says how long ago.
const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;
const MONTH = 30.44 * DAY;
const OLD = 7 * DAY; // a table of a week ago says little about today
const CLOCK_ERROR = 5 * MINUTE;
const openedAt = Date.now() / 1000;

const ageOf = (node) => (node.time === null ? null : openedAt - node.time);
const isOld = (node) => ageOf(node) !== null && ageOf(node) > OLD;
const isAhead = (node) => ageOf(node) !== null && ageOf(node) < -CLOCK_ERROR;

/** "13 months": in the largest unit of which there are two. */
function durationWords(time) {
  if (time < 2 * MINUTE) return "a moment";
  const [size, name] = [
    [12 * MONTH, "year"],
    [MONTH, "month"],
    [DAY, "day"],
    [HOUR, "hour"],
    [MINUTE, "minute"],
  ].find(([each]) => time >= 2 * each);
  return many(Math.floor(time / size), name);
}

/** How long ago, or by how much a clock is wrong. */
function ageWords(node) {
  const age = ageOf(node);
  if (age === null) return "the verdict does not say when";
  if (isAhead(node))
    return `${durationWords(-age)} in the future: the node's clock or yours is wrong`;
  return `${durationWords(Math.max(age, 0))} ago`;
}

/** 2026-11-30 08:53, by the node's own clock. */
const minuteOf = (time) => new Date(time * 1000).toISOString().slice(0, 16).replace("T", " ");

const flag = (text) =>
  h("span.badge.warning", null, h("span.mark", { "aria-hidden": "true" }, MARKS[WARNING]), text);

/** When the nodes' verdicts were given, and which of them say little about today. */
function judgedPart() {
  const times = nodes.filter((node) => node.time !== null).map((node) => node.time);
  if (times.length === 0) return ["No verdict says when it was given"];
  const oldest = times.reduce((a, b) => Math.min(a, b));
  const newest = times.reduce((a, b) => Math.max(a, b));
  const [from, to] = [minuteOf(oldest), minuteOf(newest)];
  const ages = [ageWords({ time: oldest }), ageWords({ time: newest })];
  return [
    `Judged ${from === to ? from : `${from} to ${to}`} UTC: `,
    ages[0] === ages[1] ? ages[0] : `the oldest ${ages[0]}, the newest ${ages[1]}`,
    ...ageFlags().flatMap((text) => [" ", flag(text)]),
  ];
}

function ageFlags() {
  const counts = [
    [nodes.filter(isOld).length, "older than a week"],
    [nodes.filter(isAhead).length, "in the future"],
    [nodes.filter((node) => node.time === null).length, "without a time"],
  ];
  return counts
    .filter(([count]) => count > 0)
    .map(([count, what]) => (nodes.length === 1 ? what : `${many(count, "verdict")} ${what}`));
}
