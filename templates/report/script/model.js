// The verdicts as imagegen packed them, unpacked where somebody looks at them.
const data = JSON.parse(document.getElementById("data").textContent);
const [RED, UNKNOWN, WARNING, OK] = [0, 1, 2, 3];
const RESULTS = data.results;
const FACT_WORDS = ["id", "rule", "why", "source", "title", "severity", "read"];
const FACT_WIDTH = FACT_WORDS.length;
const FINDING_WIDTH = 5; // fact, result, expected, saw, remedy

const findingCount = data.findings.length / FINDING_WIDTH;
const factOf = (finding) => data.findings[finding * FINDING_WIDTH];
const resultOf = (finding) => data.findings[finding * FINDING_WIDTH + 1];
const wordOf = (finding, place) => data.words[data.findings[finding * FINDING_WIDTH + place]];
const ofFact = (fact, name) => data.words[data.facts[fact * FACT_WIDTH + FACT_WORDS.indexOf(name)]];
const idOf = (finding) => ofFact(factOf(finding), "id");
const ruleOf = (finding) => ofFact(factOf(finding), "rule");
const sawOf = (finding) => wordOf(finding, 3);

/** Everything that is known of one finding, as texts. */
function finding(number) {
  const all = {
    number,
    result: resultOf(number),
    expected: wordOf(number, 2),
    saw: sawOf(number),
    remedy: wordOf(number, 4),
  };
  for (const name of FACT_WORDS) all[name] = ofFact(factOf(number), name);
  return all;
}

/** A node's findings, in the order of its facts: the usual ones, and where it differs. */
function findingsOf(node) {
  const own = data.shapes[node.shape].slice();
  for (let at = 0; at < node.differs.length; at += 2) own[node.differs[at]] = node.differs[at + 1];
  return own;
}

/** Rules that only warn or tell never decide over a node. */
const lightOf = (number) => ["warning", "info"].includes(ofFact(factOf(number), "severity"));

const worstFirst = (numbers) =>
  numbers.slice().sort((a, b) => resultOf(a) - resultOf(b) || lightOf(a) - lightOf(b));

/** Counts by result and the worst finding, once for a node. */
function judge(node, place) {
  node.place = place;
  node.counts = [0, 0, 0, 0];
  node.worst = -1;
  node.deciding = [0, 0];
  for (const number of findingsOf(node)) {
    const result = resultOf(number);
    node.counts[result] += 1;
    if (result <= UNKNOWN && !lightOf(number)) node.deciding[result] += 1;
    if (node.worst < 0 || result < resultOf(node.worst)) node.worst = number;
  }
}

/** A name that tells nodes apart: two verdicts of one host are told apart by their files. */
function nameAll(nodes) {
  const seen = new Map();
  for (const node of nodes) seen.set(node.name, (seen.get(node.name) || 0) + 1);
  for (const node of nodes) {
    const alone = node.name !== "" && seen.get(node.name) === 1;
    node.label = alone
      ? node.name
      : node.name === ""
        ? node.source
        : `${node.name} (${node.source})`;
  }
}

const byWorst = (a, b) =>
  a.green - b.green ||
  b.counts[RED] - a.counts[RED] ||
  b.counts[UNKNOWN] - a.counts[UNKNOWN] ||
  b.counts[WARNING] - a.counts[WARNING];

data.nodes.forEach(judge);
nameAll(data.nodes);
const collator = new Intl.Collator("en", { numeric: true });
const nodes = data.nodes
  .slice()
  .sort((a, b) => byWorst(a, b) || collator.compare(a.label, b.label));

/** Groups of nodes by what a question answers, the largest first. */
function grouped(some, question) {
  const groups = new Map();
  for (const node of some) {
    const answer = question(node);
    if (!groups.has(answer)) groups.set(answer, []);
    groups.get(answer).push(node);
  }
  return [...groups].sort((a, b) => b[1].length - a[1].length);
}
