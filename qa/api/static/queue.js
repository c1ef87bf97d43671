// J and K move through the list, Enter opens; a click on a row opens it too.
"use strict";

const rows = Array.from(document.querySelectorAll("#queue tbody tr"));
const KEPT = "tingjian-queue:" + location.search;
let current = -1;

function select(index) {
  if (!rows.length) return;
  if (current >= 0) rows[current].classList.remove("current");
  current = Math.max(0, Math.min(rows.length - 1, index));
  rows[current].classList.add("current");
  rows[current].scrollIntoView({ block: "nearest" });
  sessionStorage.setItem(KEPT, rows[current].dataset.href);
}

function isTyping(target) {
  return target.closest("input, select, textarea") !== null;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  const key = event.key.toLowerCase();
  if (key === "j") select(current + 1);
  else if (key === "k") select(current < 0 ? 0 : current - 1);
  else if (key === "enter" && current >= 0 && event.target.closest("a, button") === null) {
    location.href = rows[current].dataset.href;
  } else return;
  event.preventDefault();
});

rows.forEach((row, index) => {
  row.addEventListener("click", (event) => {
    if (event.target.closest("a") || String(getSelection())) return;
    select(index);
    location.href = row.dataset.href;
  });
});

for (const choice of document.querySelectorAll(".filters select")) {
  choice.addEventListener("change", () => choice.form.requestSubmit());
}

const kept = rows.findIndex((row) => row.dataset.href === sessionStorage.getItem(KEPT));
select(kept < 0 ? 0 : kept);
