// Shows the runs that are going on as they go on; when one is over, the page shows it among the past ones.
import { say } from "./shell.js";

const words = JSON.parse(document.getElementById("run-words").textContent);
const MOST = 3; // streams that this page takes; browsers open few connections at once

function clock(seconds) {
  const two = (n) => String(n).padStart(2, "0");
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

function show(node, run) {
  const { stage, total, done, share, per_minute, left_s } = run.progress;
  const bar = node.querySelector("progress");
  if (share === null || share === undefined) bar.removeAttribute("value");
  else bar.value = share;
  if (!stage) return;
  const parts = [words.stages[stage] || stage, words.done.replace("{done}", done).replace("{total}", total)];
  if (per_minute != null) parts.push(words.per_minute.replace("{n}", per_minute));
  if (left_s != null) parts.push(words.left.replace("{time}", clock(left_s)));
  const told = parts.map((text) => {
    const part = document.createElement("span");
    part.textContent = text;
    return part;
  });
  if (run.failed) {
    const failed = document.createElement("span");
    failed.className = "violated";
    failed.textContent = words.failed.replace("{n}", run.failed);
    told.push(failed);
  }
  node.querySelector("[data-told]").replaceChildren(...told);
}

for (const node of [...document.querySelectorAll("[data-run]")].slice(0, MOST)) {
  const stream = new EventSource(`/api/v1/runs/${node.dataset.run}/events`);
  stream.addEventListener("state", (event) => show(node, JSON.parse(event.data)));
  stream.addEventListener("end", () => {
    stream.close();
    location.reload();
  });
  stream.addEventListener("error", () => {
    if (stream.readyState === EventSource.CLOSED) say(words.lost, { bad: true, reload: true });
  });
}
