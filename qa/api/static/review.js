// Deciding flags: one key each, saved at once, taken back by a further decision.
import { say } from "./shell.js";

/**
 * Run the forms beside the flags.
 * `says` holds the sentences of the page; `onDecided(rule, answer)` is called when the service has
 * kept a decision and the changed parts of the page stand there.
 */
export function createReview({ list, says, isClear, onDecided, onReleased }) {
  const formOf = (flag) => flag && flag.querySelector("form.decide");

  /** Send a form; null and a sentence at the foot of the page where it was refused. */
  async function send(form, extra) {
    // Not `form.action`: that is the button of this name.
    const body = new URLSearchParams(new FormData(form));
    for (const [name, value] of Object.entries(extra)) body.set(name, value);
    if (isClear) body.set("personal", "true");
    form.classList.add("is-busy");
    try {
      const response = await fetch(form.getAttribute("action"), {
        method: "POST",
        body,
        headers: { "X-Fragment": "1", "X-CSRF-Token": body.get("csrf_token") || "" },
        redirect: "manual",
      });
      const isJson = (response.headers.get("content-type") || "").includes("json");
      if (response.ok && isJson) return await response.json();
      // Logged out meanwhile: the log-in page knows the way back.
      if (response.type === "opaqueredirect" || response.status === 401) location.reload();
      else refuse(isJson ? await response.json() : { said: String(response.status) });
    } catch {
      say(says.offline, { bad: true });
    } finally {
      form.classList.remove("is-busy");
    }
    return null;
  }

  function refuse(answer) {
    const text = (answer.said ? says.notSaved + answer.said : says.offline).trim();
    say(text, { bad: true, reload: Boolean(answer.stale) });
  }

  function put(parts, flag) {
    for (const name of ["standing", "release", "past"]) {
      const place = document.getElementById(name);
      if (place && parts[name] !== undefined) place.innerHTML = parts[name];
    }
    if (!parts.flag || !flag) return flag;
    const box = document.createElement("template");
    box.innerHTML = parts.flag.trim();
    const fresh = box.content.firstElementChild;
    flag.replaceWith(fresh);
    return fresh;
  }

  /** Open the box for a reason; `mode` is reject, change or note. */
  function open(flag, mode) {
    const form = formOf(flag);
    if (!form) return;
    form.dataset.mode = mode;
    for (const act of form.querySelectorAll(".act")) {
      act.setAttribute("aria-pressed", String(act.value === mode));
    }
    form.querySelector(".fault").textContent = "";
    const points = form.querySelector("[name=points]");
    if (mode === "change" && points) points.select();
    else form.querySelector("textarea").focus({ preventScroll: true });
    form.scrollIntoView({ block: "nearest" });
  }

  function close(flag) {
    const form = formOf(flag);
    if (!form || !form.dataset.mode) return false;
    delete form.dataset.mode;
    for (const act of form.querySelectorAll(".act")) act.removeAttribute("aria-pressed");
    flag.focus({ preventScroll: true });
    return true;
  }

  async function decide(flag, action, reason = "") {
    const form = formOf(flag);
    if (!form || form.classList.contains("is-busy")) return;
    const answer = await send(form, reason ? { action, reason } : { action });
    if (!answer) return;
    const fresh = put(answer.parts, flag);
    onDecided(fresh, action, answer);
  }

  /** Save what is written in the open box. */
  function save(flag) {
    const form = formOf(flag);
    const mode = form && form.dataset.mode;
    if (!mode) return;
    const reason = form.querySelector("textarea").value.trim();
    const fault = form.querySelector(".fault");
    const points = form.querySelector("[name=points]");
    const outcome = form.querySelector("[name=outcome]:checked");
    if (!reason) {
      fault.textContent = says.reasonNeeded;
      form.querySelector("textarea").focus();
    } else if (mode === "change" && points && outcome.value === "VIOLATED" && !points.value) {
      fault.textContent = says.pointsNeeded;
      points.focus();
    } else decide(flag, mode);
  }

  /** Take the n-th frequent reason; false where there is none or no box is open. */
  function quick(flag, number) {
    const form = formOf(flag);
    if (!form || !form.dataset.mode || form.dataset.mode === "note") return false;
    const button = form.querySelectorAll(".quick [data-reason]")[number - 1];
    if (!button) return false;
    form.querySelector("textarea").value = button.dataset.reason;
    save(flag);
    return true;
  }

  async function release() {
    const form = document.querySelector(".release form");
    const button = document.getElementById("release-button");
    if (!form || !button) return;
    if (button.disabled) {
      say(says.notReleasedYet);
      return;
    }
    if (await send(form, {})) onReleased();
  }

  list.addEventListener("submit", (event) => {
    if (!event.target.matches("form.decide")) return;
    event.preventDefault();
    const flag = event.target.closest("li");
    const action = event.submitter && event.submitter.value;
    if (action === "confirm") decide(flag, "confirm");
    else if (action) open(flag, action);
  });
  list.addEventListener("click", (event) => {
    const flag = event.target.closest("li.flag, li.rule");
    const picked = event.target.closest("[data-reason]");
    if (picked) {
      flag.querySelector("textarea").value = picked.dataset.reason;
      save(flag);
    } else if (event.target.closest(".save")) save(flag);
    else if (event.target.closest(".cancel")) close(flag);
  });
  // Inside the box: Enter saves, Shift+Enter is a new line, a number on an empty box is a reason.
  list.addEventListener("keydown", (event) => {
    const form = event.target.closest("form.decide");
    if (!form || event.isComposing) return;
    const flag = form.closest("li");
    const isText = event.target.matches("textarea");
    if (event.key === "Escape" && close(flag)) event.preventDefault();
    else if (event.key === "Enter" && !event.shiftKey && event.target.matches("textarea, input")) {
      event.preventDefault();
      save(flag);
    } else if (isText && !event.target.value && /^[1-9]$/.test(event.key)) {
      if (quick(flag, Number(event.key))) event.preventDefault();
    }
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches(".release:not(.done) form")) return;
    event.preventDefault();
    release();
  });

  return { open, close, decide, save, quick, release };
}
