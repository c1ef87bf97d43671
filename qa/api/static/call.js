// Plays evidence: from one second before a span to its end; moves between flags by keyboard.
"use strict";

const LEAD_S = 1;
const TAIL_S = 0.25;
const audio = document.getElementById("audio");
const flags = Array.from(document.querySelectorAll("#flags > .flag"));
const utterances = Array.from(document.querySelectorAll("#utterances > .utterance"));
const toggle = document.getElementById("toggle");
const timeline = document.getElementById("timeline");
const playhead = document.getElementById("playhead");
let stopAt = null;
let flag = -1;

function seconds(element, name) {
  return Number(element.dataset[name]) / 1000;
}

function clock(time) {
  const tenths = Math.floor(time * 10);
  const pad = (number) => String(number).padStart(2, "0");
  return `${pad(Math.floor(tenths / 600))}:${pad(Math.floor(tenths / 10) % 60)}.${tenths % 10}`;
}

function play(start, end) {
  if (!audio) return;
  stopAt = end === null ? null : end + TAIL_S;
  audio.currentTime = Math.max(0, start);
  audio.play().catch(() => {});
}

function playElement(element) {
  play(seconds(element, "start") - LEAD_S, seconds(element, "end"));
}

function pauseOrPlay() {
  if (!audio) return;
  if (!audio.paused) audio.pause();
  else if (flag >= 0 && flags[flag].dataset.start !== undefined) playElement(flags[flag]);
  else play(audio.ended ? 0 : audio.currentTime, null);
}

function show() {
  const now = audio.currentTime;
  document.getElementById("now").textContent = clock(now);
  const at = String(now * 1000);
  playhead.setAttribute("x1", at);
  playhead.setAttribute("x2", at);
  for (const item of utterances) {
    const isNow = now >= seconds(item, "start") && now < seconds(item, "end");
    if (isNow && !item.classList.contains("now") && !audio.paused) {
      item.scrollIntoView({ block: "nearest", behavior: "smooth" });
    }
    item.classList.toggle("now", isNow);
  }
}

function follow() {
  if (stopAt !== null && audio.currentTime >= stopAt) {
    audio.pause();
    stopAt = null;
  }
  show();
  if (!audio.paused) requestAnimationFrame(follow);
}

function selectFlag(index) {
  if (!flags.length) return;
  if (flag >= 0) flags[flag].classList.remove("current");
  flag = Math.max(0, Math.min(flags.length - 1, index));
  flags[flag].classList.add("current");
  flags[flag].focus({ preventScroll: true });
  flags[flag].scrollIntoView({ block: "nearest" });
}

function followLink(id) {
  const link = document.getElementById(id);
  if (link) location.href = link.href;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest(".hear");
  if (button && !button.disabled) {
    playElement(button);
    button.blur(); // so that the space bar stops it and does not click it again
    const owner = flags.indexOf(button.closest(".flag"));
    if (owner >= 0) selectFlag(owner);
    return;
  }
  const utterance = event.target.closest(".utterance");
  if (utterance && !event.target.closest("a") && !String(getSelection())) playElement(utterance);
  const owner = flags.indexOf(event.target.closest(".flag"));
  if (owner >= 0 && !event.target.closest("a") && !String(getSelection())) {
    selectFlag(owner);
    if (flags[owner].dataset.start !== undefined) playElement(flags[owner]);
  }
});

const KEYS = {
  j: () => selectFlag(flag + 1),
  k: () => selectFlag(flag < 0 ? 0 : flag - 1),
  " ": pauseOrPlay,
  enter: () => flag >= 0 && flags[flag].dataset.start !== undefined && playElement(flags[flag]),
  arrowleft: () => audio && play(audio.currentTime - 3, null),
  arrowright: () => audio && play(audio.currentTime + 3, null),
  n: () => followLink("next"),
  p: () => followLink("previous"),
  u: () => followLink("back"),
  escape: () => followLink("back"),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.toLowerCase();
  const action = Object.hasOwn(KEYS, key) ? KEYS[key] : null;
  if (!action || event.target.closest("input, select, textarea, audio")) return;
  if ((key === " " || key === "enter") && event.target.closest("a, button, summary")) return;
  event.preventDefault();
  action();
});

if (audio) {
  audio.removeAttribute("controls");
  audio.addEventListener("play", () => {
    toggle.classList.add("playing");
    toggle.title = toggle.dataset.pause;
    follow();
  });
  audio.addEventListener("pause", () => {
    toggle.classList.remove("playing");
    toggle.title = toggle.dataset.play;
  });
  audio.addEventListener("seeked", show);
  audio.addEventListener("error", () => {
    document.getElementById("trouble").hidden = false;
  });
  toggle.addEventListener("click", () => {
    if (audio.paused) play(audio.ended ? 0 : audio.currentTime, null);
    else audio.pause();
    toggle.blur();
  });
  timeline.addEventListener("click", (event) => {
    const box = timeline.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    play((share * Number(document.getElementById("player").dataset.duration)) / 1000, null);
  });
}

const wanted = flags.findIndex((item) => "#" + item.id === location.hash);
if (flags.length) selectFlag(Math.max(0, wanted));
