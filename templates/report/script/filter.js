// What is looked for: words, a rule, a fact that fails, results. A word may name its field, as in
// node:web-1.
const wanted = { text: "", rule: "", fact: "", results: new Set([RED, UNKNOWN, WARNING, OK]) };

const lowered = (() => {
  let known = null;
  return () => known || (known = data.words.map((word) => word.toLowerCase()));
})();

/** `node:web "two words"` as [{field, text}]. */
function terms(text) {
  const found = [];
  for (const [, field, quoted, bare] of text
    .toLowerCase()
    .matchAll(/(?:(node|rule|fact|result):)?(?:"([^"]*)"?|(\S+))/g)) {
    const said = quoted === undefined ? bare : quoted;
    if (said) found.push({ field: field || "", text: said });
  }
  return found;
}

/** For each finding whether a word is in it, asked of every text once. */
function findingsWith(term) {
  const words = lowered().map((word) => word.includes(term.text));
  const facts = new Uint8Array(data.facts.length / FACT_WIDTH);
  const read = { rule: [1], fact: [0, 4] }[term.field] || [0, 1, 2, 3, 4, 5, 6];
  for (let fact = 0; fact < facts.length; fact += 1) {
    facts[fact] = read.some((place) => words[data.facts[fact * FACT_WIDTH + place]]) ? 1 : 0;
  }
  const found = new Uint8Array(findingCount);
  for (let one = 0; one < findingCount; one += 1) {
    const at = one * FINDING_WIDTH;
    found[one] =
      term.field === "result"
        ? RESULTS[resultOf(one)].startsWith(term.text)
        : facts[factOf(one)] ||
            (!term.field &&
              (words[data.findings[at + 2]] ||
                words[data.findings[at + 3]] ||
                words[data.findings[at + 4]]))
          ? 1
          : 0;
  }
  return found;
}

/** Whether a word is in what a node is. */
function nodeHas(node, term) {
  if (term.field === "node")
    return `${node.label} ${node.source}`.toLowerCase().includes(term.text);
  if (term.field) return false;
  node.said =
    node.said ||
    [
      node.label,
      node.source,
      node.kernel,
      node.profile,
      node.digest,
      node.machine,
      node.boot,
      node.level,
      ...node.addresses,
    ]
      .join("\n")
      .toLowerCase();
  return node.said.includes(term.text);
}

/** What the filter lets through: nodes, and of each a test for its findings. */
function sought() {
  const asked = terms(wanted.text).map((term) => ({ term, found: findingsWith(term) }));
  const everything =
    wanted.rule === "" && wanted.fact === "" && wanted.results.size === RESULTS.length;
  const plain = new Uint8Array(findingCount);
  for (let one = 0; one < findingCount; one += 1) {
    plain[one] =
      wanted.results.has(resultOf(one)) &&
      (wanted.rule === "" || ruleOf(one) === wanted.rule) &&
      (wanted.fact === "" || (resultOf(one) <= UNKNOWN && idOf(one) === wanted.fact))
        ? 1
        : 0;
  }
  const passes = (node) => {
    const left = asked.filter(({ term }) => !nodeHas(node, term));
    if (left.some(({ term }) => term.field === "node")) return null;
    const test = (one) => plain[one] === 1 && left.every(({ found }) => found[one] === 1);
    return (everything && left.length === 0) || findingsOf(node).some(test) ? test : null;
  };
  return { active: !everything || asked.length > 0, passes };
}

let current = null;
/** The nodes that pass, worst first, each with the test for its findings. */
function shownNodes() {
  if (current === null) {
    const { active, passes } = sought();
    const tests = new Map();
    for (const node of nodes) {
      const test = passes(node);
      if (test) tests.set(node, test);
    }
    current = { active, tests, nodes: [...tests.keys()] };
  }
  return current;
}
