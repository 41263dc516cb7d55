"use strict";
// Lists the problems. What comes from a solution is set as text, never as markup.
const PAGE = 50;
const FIELDS = ["error", "test", "expected", "actual", "stdout", "stderr", "code"];
const [data, list, search, chosen, count, more] =
  ["data", "problems", "search", "status", "count", "more"].map((id) => document.getElementById(id));
const entries = JSON.parse(data.textContent).map(entry);
let most = PAGE;

function add(parent, name, text, kind) {
  const made = document.createElement(name);
  if (text !== undefined && text !== null) made.textContent = text;
  if (kind) made.className = kind;
  parent.append(made);
  return made;
}

// A row that opens. What it holds is made then.
function row(parent, kind, cells, fill) {
  const made = add(parent, "details", null, kind);
  const head = add(made, "summary");
  for (const [name, text] of cells) add(head, "span", text, name);
  made.addEventListener("toggle", () => fill(add(made, "div", null, "inside")), { once: true });
  return made;
}

function seconds(cpu_s) {
  return cpu_s < 1 ? `${(cpu_s * 1000).toFixed(1)} ms` : `${cpu_s.toFixed(1)} s`;
}

function entry(problem) {
  const { task, failures } = problem;
  const statuses = [...new Set(failures.map((failure) => failure.status))];
  if (!statuses.length) statuses.push("all_passed");
  const message = failures.length ? failures[0].message : `passed on ${problem.evidence}`;
  const passed = problem.samples > 1 ? `${problem.passed} of ${problem.samples} passed` : "";
  const words = failures.flatMap((each) => [`${task}#${each.sample}`, each.message]);
  const cells = [
    ["task", task],
    [statuses.length === 1 ? statuses[0] : "statuses", statuses.join(", ")],
    ["message", message],
    ["figures", [passed, seconds(problem.cpu_s)].filter(Boolean).join(", ")],
  ];
  return {
    statuses,
    text: [task, ...statuses, message, ...words].join("\n").toLowerCase(),
    row: row(list, "problem", cells, (inside) => showProblem(inside, problem)),
  };
}

function showProblem(inside, problem) {
  const { failures } = problem;
  if (!failures.length) return add(inside, "p", "Every test passed.");
  if (problem.samples === 1) return showFailure(inside, failures[0]);
  for (const failure of failures) {
    const { sample, status, message } = failure;
    const cells = [["sample", `sample ${sample}`], [status, status], ["message", message]];
    if (failure.details) row(inside, "failing", cells, (within) => showFailure(within, failure));
    else add(inside, "p", cells.map((cell) => cell[1]).join(" "), "failing");
  }
  inside.querySelector("details").open = true;
  const rest = problem.samples - problem.passed - failures.length;
  if (rest) add(inside, "p", `${rest} more failing samples are not listed.`, "quiet");
}

function showFailure(inside, { message, details }) {
  const test = details.index === undefined ? "" : `test ${details.index}: ${details.status}, `;
  add(inside, "p", `${test}blame: ${details.blame}`, "quiet");
  if (details.blame === "tests") add(inside, "p", "The tests are broken, so this says nothing about the code.");
  const texts = add(inside, "dl");
  for (const name of FIELDS.filter((name) => details[name] && details[name] !== message)) {
    add(texts, "dt", name);
    add(add(texts, "dd"), "pre", details[name], name);
  }
}

function filter() {
  const wanted = search.value.toLowerCase();
  const fits = (each) => each.text.includes(wanted) && (!chosen.value || each.statuses.includes(chosen.value));
  const found = entries.filter(fits);
  const shown = new Set(found.slice(0, most));
  for (const each of entries) each.row.hidden = !shown.has(each);
  count.textContent = `${found.length} of ${entries.length} problems`;
  more.hidden = shown.size === found.length;
  more.textContent = `Show all ${found.length}`;
}

for (const status of [...new Set(entries.flatMap((each) => each.statuses))].sort()) {
  add(chosen, "option", status).value = status;
}
search.addEventListener("input", filter);
chosen.addEventListener("input", filter);
more.addEventListener("click", () => {
  most = Infinity;
  filter();
});
filter();
