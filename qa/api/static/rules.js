// The rules' pages: find a rule as one types, and step from rule to rule.
import { onKeys } from "./keys.js";

const find = document.getElementById("find");

function filter() {
  const wanted = find.value.trim().toLowerCase();
  let shown = 0;
  for (const section of document.querySelectorAll("#rules tbody")) {
    let own = 0;
    for (const row of section.querySelectorAll("tr:not(.section)")) {
      const fits = row.textContent.toLowerCase().includes(wanted);
      row.hidden = !fits;
      own += fits ? 1 : 0;
    }
    section.hidden = own === 0;
    shown += own;
  }
  document.getElementById("none-found").hidden = shown > 0;
}

function go(id) {
  const link = document.getElementById(id);
  if (!link) return false;
  link.click();
  return true;
}

if (find) {
  find.addEventListener("input", filter);
  find.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      find.value = "";
      filter();
    }
  });
  onKeys({ "/": () => find.focus() });
} else {
  onKeys({ j: () => go("next"), k: () => go("previous"), u: () => go("up") });
}
