// J and K move through the list, Enter opens; "/" narrows it down, X takes that back.
import { onKeys } from "./keys.js";

const rows = [...document.querySelectorAll("#queue tbody tr")];
const form = document.getElementById("filters");
const dates = document.getElementById("dates");
const KEPT = `tingjian-queue:${location.search}`;
let current = -1;

function select(index) {
  if (!rows.length) return;
  if (current >= 0) {
    rows[current].classList.remove("current");
    rows[current].removeAttribute("aria-selected");
  }
  current = Math.max(0, Math.min(rows.length - 1, index));
  rows[current].classList.add("current");
  rows[current].setAttribute("aria-selected", "true");
  rows[current].scrollIntoView({ block: "nearest" });
  sessionStorage.setItem(KEPT, rows[current].dataset.href);
}

function open(index) {
  if (index >= 0) location.href = rows[index].dataset.href;
}

function follow(id) {
  const link = document.getElementById(id);
  if (link) location.href = link.href;
}

function pickSeverity(key) {
  const pill = document.querySelector(`.pill[data-key="${key}"]`);
  if (pill) location.href = pill.href;
}

onKeys({
  j: () => select(current + 1),
  k: () => select(current < 0 ? 0 : current - 1),
  arrowdown: () => select(current + 1),
  arrowup: () => select(current < 0 ? 0 : current - 1),
  enter: () => open(current),
  "/": () => form.querySelector("select, input:not([type=hidden])").focus(),
  x: () => follow("clear"),
  "[": () => follow("previous"),
  "]": () => follow("next"),
  0: () => document.querySelector(".pill[aria-current]")?.click(),
  ...Object.fromEntries([1, 2, 3, 4, 5].map((key) => [key, () => pickSeverity(key)])),
});

rows.forEach((row, index) => {
  row.addEventListener("click", (event) => {
    if (event.target.closest("a") || String(getSelection())) return;
    select(index);
    if (event.ctrlKey || event.metaKey) window.open(row.dataset.href, "_blank", "noopener");
    else open(index);
  });
});

form.addEventListener("change", (event) => {
  if (event.target.name === "days") {
    const isOwn = event.target.value === "own";
    dates.toggleAttribute("data-open", isOwn);
    for (const input of dates.querySelectorAll("input")) input.value = "";
    if (isOwn) {
      dates.querySelector("input").focus();
      return;
    }
  }
  form.requestSubmit();
});
// Escape leaves the filter for the list.
form.addEventListener("keydown", (event) => {
  if (event.key === "Escape") document.activeElement.blur();
});
// Empty fields stay out of the address.
form.addEventListener("submit", () => {
  for (const field of form.elements) {
    if (field.name && (!field.value || field.value === "own")) field.disabled = true;
  }
});
window.addEventListener("pageshow", () => {
  for (const field of form.elements) field.disabled = false;
});

const unprocessed = document.getElementById("unprocessed");
if (unprocessed) {
  fetch(unprocessed.dataset.count)
    .then((response) => (response.ok ? response.json() : 0))
    .then((count) => {
      unprocessed.querySelector("b").textContent = count || "";
      unprocessed.classList.toggle("some", count > 0);
    })
    .catch(() => {});
}

const kept = rows.findIndex((row) => row.dataset.href === sessionStorage.getItem(KEPT));
select(kept < 0 ? 0 : kept);
