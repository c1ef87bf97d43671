// A list of rows worked through with the keyboard: J and K move, Enter opens.
import { onKeys } from "./keys.js";

const rows = () => [...document.querySelectorAll("#rows > .row")];
let at = -1;

function move(step) {
  const all = rows();
  if (!all.length) return false;
  all[at]?.classList.remove("current");
  at = Math.min(all.length - 1, Math.max(0, at + step));
  all[at].classList.add("current");
  const focus = all[at].querySelector("[data-focus], a.open");
  (focus || all[at]).focus({ preventScroll: true });
  all[at].scrollIntoView({ block: "nearest" });
  return true;
}

function press(selector) {
  const target = rows()[at]?.querySelector(selector);
  if (!target) return false;
  target.matches("textarea, input") ? target.focus() : target.click();
  return true;
}

onKeys({
  j: () => move(1),
  k: () => move(-1),
  enter: () => press("a.open"),
  o: () => press("a.open"),
  r: () => press("textarea"),
  " ": () => press(".clipbutton"),
});

// Ctrl+Enter sends the form that is being written.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.target.closest("form.write")?.requestSubmit();
  }
});
