// Keys of a page: one letter, no modifier, and never while somebody types.

/** Keys that may be held down; holding any other one must not decide call after call. */
const REPEATED = new Set(["j", "k", "arrowup", "arrowdown", "arrowleft", "arrowright", "+", "=", "-"]);
const TYPING = "input:not([type=checkbox]):not([type=radio]):not([type=range]), select, textarea, [contenteditable]";

/** Whether a key belongs to a field that is being filled in. */
export function isTyping(target) {
  return target instanceof Element && target.closest(TYPING) !== null;
}

/**
 * Bind keys to actions. `actions` maps `event.key` in lower case ("j", " ", "arrowleft", "?")
 * to a function; one that returns false leaves the key to the browser.
 */
export function onKeys(actions) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.isComposing || isTyping(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    const key = event.key.toLowerCase();
    const action = Object.hasOwn(actions, key) ? actions[key] : null;
    if (!action || (event.repeat && !REPEATED.has(key))) return;
    // Space and Enter press the button that has the focus.
    if ((key === " " || key === "enter") && event.target.closest("a, button, summary")) return;
    if (action(event) !== false) event.preventDefault();
  });
}
