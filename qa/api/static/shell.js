// The frame: the list of keys under "?", menus that close, messages that go away.
import { onKeys } from "./keys.js";

const SHOWN_MS = 5000;
const keys = document.getElementById("keys");
const flash = document.getElementById("flash");
let fading = 0;

document.documentElement.classList.add("js");

function showKeys() {
  keys.showModal();
}

/** Say something at the foot of the page; `bad` stays until the next one, and may offer to reload. */
export function say(text, { bad = false, reload = false } = {}) {
  clearTimeout(fading);
  flash.textContent = text;
  if (reload) {
    const link = document.createElement("a");
    link.href = location.href;
    link.textContent = flash.dataset.reload;
    link.addEventListener("click", (event) => {
      event.preventDefault();
      location.reload();
    });
    flash.append(link);
  }
  flash.classList.toggle("bad", bad);
  flash.hidden = false;
  if (!bad) fading = setTimeout(() => (flash.hidden = true), SHOWN_MS);
}

const opener = document.getElementById("show-keys");
opener.hidden = false;
opener.addEventListener("click", showKeys);
onKeys({ "?": showKeys, "？": showKeys });

// A click beside an open menu or dialog closes it, and so does Escape.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  if (event.target === keys) keys.close();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

if (!flash.hidden) say(flash.textContent, { bad: flash.classList.contains("bad") });
