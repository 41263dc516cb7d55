"use strict";
// Shows the problems. Whatever comes from a solution is set as text, never as markup.
const problems = JSON.parse(document.getElementById("data").textContent);
const body = document.getElementById("problems");
const search = document.getElementById("search");
const chosen = document.getElementById("status");
const entries = [];

function add(parent, name, text, kind) {
  const made = document.createElement(name);
  if (text !== undefined && text !== null) made.textContent = text;
  if (kind) made.className = kind;
  parent.append(made);
  return made;
}

function show(problem) {
  const row = document.createElement("tr");
  row.className = "details";
  const cell = add(row, "td");
  cell.colSpan = 6;
  const failure = problem.failure;
  if (!failure) {
    add(cell, "p", "Every test passed.");
    return row;
  }
  for (const [name, status, error] of problem.failed) add(cell, "p", `${name} ${status}: ${error}`, "sample");
  const test = failure.index === undefined ? "" : `test ${failure.index}: ${failure.status}, `;
  add(cell, "p", `${test}blame: ${failure.blame}`);
  if (failure.blame === "tests") add(cell, "p", "The tests are broken: this says nothing about the code.");
  for (const name of ["error", "test", "expected", "actual", "stdout", "stderr", "code"]) {
    if (failure[name] === undefined || failure[name] === null || failure[name] === "") continue;
    add(cell, "strong", name);
    add(cell, "pre", failure[name], name);
  }
  return row;
}

function toggle(entry) {
  if (entry.details) {
    entry.details.remove();
    entry.details = null;
  } else {
    entry.details = show(entry.problem);
    entry.row.after(entry.details);
  }
}

function filter() {
  const wanted = search.value.toLowerCase();
  let shown = 0;
  for (const entry of entries) {
    const fits = entry.text.includes(wanted) && (!chosen.value || entry.problem.status === chosen.value);
    entry.row.hidden = !fits;
    if (entry.details) entry.details.hidden = !fits;
    shown += fits;
  }
  document.getElementById("count").textContent = `${shown} of ${entries.length} problems`;
}

for (const problem of problems) {
  const row = add(body, "tr", null, "problem");
  const message = problem.failure ? problem.failure.error : "";
  add(row, "td", problem.task);
  add(row, "td", problem.status, problem.status === "all_passed" ? "good" : "bad");
  add(row, "td", `${problem.passed} / ${problem.samples}`);
  add(row, "td", problem.evidence);
  add(row, "td", `${(problem.cpu_s * 1000).toFixed(1)} ms`);
  add(row, "td", message.slice(0, 160));
  const names = problem.failed.map((sample) => sample[0]);
  const text = [problem.task, problem.status, message, ...names].join("\n").toLowerCase();
  const entry = { problem, row, text, details: null };
  row.addEventListener("click", () => toggle(entry));
  entries.push(entry);
}
for (const status of [...new Set(problems.map((problem) => problem.status))].sort()) {
  add(chosen, "option", status).value = status;
}
search.addEventListener("input", filter);
chosen.addEventListener("input", filter);
filter();
