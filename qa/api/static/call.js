// One call: its player, its transcript and its flags, from the keyboard.
import { onKeys } from "./keys.js";
import { clock, createPlayer } from "./player.js";
import { createReview } from "./review.js";
import { reportListens } from "./listens.js";
import { say } from "./shell.js";
import { createTalk } from "./talk.js";
import { createWave } from "./waveform.js";

const SEEK_S = 3;
const STEPS = 4000;
/** A longer stretch is where something was looked for, not where it was said: it plays when asked. */
const LONGEST_AUTO_MS = 20000;
const AUTO = "tingjian-auto";
const byId = (id) => document.getElementById(id);
const says = byId("says").dataset;
const audio = byId("audio");
const list = document.querySelector(".verdicts");
const isClear = new URLSearchParams(location.search).get("personal") === "true";

let player = null;
let wave = null;
let current = null;
let lastDecided = null;
/** All is decided and nobody went back: a key pressed once too often must not decide again. */
let isSettled = false;

/* Sound */

const talkList = byId("utterances");
const talk = talkList ? createTalk(talkList) : null;

function showTime(seconds, isPlaying) {
  byId("now").textContent = clock(seconds);
  wave.setTime(seconds * 1000, isPlaying);
  if (talk) talk.show(seconds * 1000, isPlaying);
}

function showState(isPlaying) {
  const toggle = byId("toggle");
  toggle.classList.toggle("playing", isPlaying);
  toggle.setAttribute("aria-label", isPlaying ? toggle.dataset.pause : toggle.dataset.play);
}

function startSound() {
  audio.removeAttribute("controls");
  document.body.classList.add("has-audio");
  const box = byId("player");
  const utterances = talk ? talk.utterances : [];
  const laneOf = (element) => (element.classList.contains("agent") ? 0 : element.classList.contains("customer") ? 1 : 2);
  const speech = utterances.map((u) => ({ lane: laneOf(u.element), start: u.start, end: u.end }));
  const durationMs = Number(box.dataset.duration);
  wave = createWave({
    wrap: byId("wave"), canvas: byId("canvas"), regions: byId("regions"), needle: byId("needle"),
    durationMs, speech,
    onSeek: (seconds) => player.seek(seconds),
    onRegion: (region) => {
      const flag = byId(`rule-${region.dataset.rule}`);
      if (flag) select(flag, { plays: false });
      playElement(region);
    },
  });
  const heard = reportListens(audio, box.dataset.listens);
  player = createPlayer(audio, {
    durationS: durationMs / 1000,
    onTick: heard.goOn,
    speech: speech.map((one) => [one.start / 1000, one.end / 1000]).sort((a, b) => a[0] - b[0]),
    onTime: showTime,
    onState: showState,
    onBlocked: () => say(says.autoplayOff),
  });
  audio.addEventListener("error", () => (byId("trouble").hidden = false));
  byId("toggle").addEventListener("click", () => player.toggle());
  byId("skip-silence").addEventListener("change", (event) => player.skipSilence(event.target.checked));
  byId("speeds").addEventListener("click", (event) => {
    const button = event.target.closest("[data-speed]");
    if (button) showSpeed(player.speed(Number(button.dataset.speed)));
  });
  byId("zoom-in").addEventListener("click", () => wave.zoomBy(2));
  byId("zoom-out").addEventListener("click", () => wave.zoomBy(0.5));
  loadPeaks(box, speech, durationMs);
  wave.draw();
}

async function loadPeaks(box, speech, durationMs) {
  try {
    const response = await fetch(`${box.dataset.peaks}?points=${STEPS}`);
    if (!response.ok) return;
    const { channels } = await response.json();
    const heights = channels.map(height);
    if (heights.length > 1) {
      wave.setPeaks({ agent: heights[Number(box.dataset.agent)], customer: heights[Number(box.dataset.customer)], unknown: [] });
    } else if (heights.length) {
      const [agent, customer, unknown] = [0, 1, 2].map((lane) => only(heights[0], speech, lane, durationMs));
      wave.setPeaks({ agent, customer, unknown });
    }
  } catch {
    // Without an outline the lanes show who spoke when.
  }
}

/** Lowest and highest in turn, -127 to 127, to one height from 0 to 1. */
function height(pairs) {
  const heights = new Float32Array(pairs.length / 2);
  for (let i = 0; i < heights.length; i += 1) {
    heights[i] = Math.max(Math.abs(pairs[2 * i]), Math.abs(pairs[2 * i + 1])) / 127;
  }
  return heights;
}

/** One channel holds both: keep what lies within one person's utterances. */
function only(heights, speech, lane, durationMs) {
  const kept = new Float32Array(heights.length);
  for (const one of speech) {
    if (one.lane !== lane) continue;
    const first = Math.floor((one.start / durationMs) * heights.length);
    const last = Math.ceil((one.end / durationMs) * heights.length);
    kept.set(heights.subarray(first, last), first);
  }
  return kept;
}

function showSpeed(rate) {
  for (const button of byId("speeds").children) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.speed) === rate));
  }
}

function playElement(element) {
  if (!player || element.dataset.start === undefined) return;
  const [start, end] = [Number(element.dataset.start), Number(element.dataset.end)];
  player.span(start, end);
  wave.show(start, end);
  if (talk) talk.reveal(start, end);
}

/* Flags */

const flags = () => [...document.querySelectorAll("#flags > .flag")];

function select(flag, { plays = false, focuses = true } = {}) {
  if (current && current !== flag) review.close(current);
  for (const one of flags()) one.classList.toggle("current", one === flag);
  for (const region of document.querySelectorAll(".region")) {
    region.classList.toggle("current", region.dataset.rule === flag.dataset.rule);
  }
  current = flag;
  isSettled = false;
  if (focuses) flag.focus({ preventScroll: true });
  flag.scrollIntoView({ block: "nearest" });
  if (talk && flag.dataset.start !== undefined) talk.reveal(Number(flag.dataset.start), Number(flag.dataset.end));
  if (plays) playAlone(flag);
}

/** Play the evidence of a flag that was come to without asking for its sound. */
function playAlone(flag) {
  if (Number(flag.dataset.end) - Number(flag.dataset.start) <= LONGEST_AUTO_MS) playElement(flag);
  else if (player) player.pause();
}

function step(by) {
  const all = flags();
  if (!all.length) return;
  const at = all.indexOf(current);
  select(all[Math.min(Math.max(0, at + by), all.length - 1)], { plays: true });
}

const review = createReview({
  list,
  says,
  isClear,
  onDecided(flag, action, answer) {
    if (action === "note") {
      if (flag.matches(".flag")) select(flag);
      say(answer.said);
      return;
    }
    lastDecided = flag.dataset.rule;
    dim(flag.dataset.rule);
    if (!flag.matches("#flags > .flag")) {
      say(answer.said);
      return;
    }
    const all = flags();
    const at = all.indexOf(flag);
    const next = [...all.slice(at + 1), ...all.slice(0, at)].find((one) => one.matches(".is-open"));
    if (next) select(next, { plays: true });
    else {
      select(flag);
      isSettled = true;
      if (player) player.pause();
      document.querySelector(".release")?.scrollIntoView({ block: "nearest" });
      say(answer.ready ? says.allDecided : answer.said);
    }
  },
  onReleased() {
    const next = byId("next");
    if (next) sessionStorage.setItem(AUTO, next.href);
    location.href = (next || byId("back")).href;
  },
});

/** What was decided steps back in the waveform. */
function dim(rule) {
  for (const region of document.querySelectorAll(".region")) {
    if (region.dataset.rule === rule) region.classList.add("is-off");
  }
}

function undo() {
  const flag = lastDecided && byId(`rule-${lastDecided}`);
  if (!flag) {
    say(says.undoNone);
    return;
  }
  select(flag, { plays: true });
  say(says.undoAgain);
}

function follow(id, sentence) {
  const link = byId(id);
  if (!link) {
    say(sentence);
    return;
  }
  if (id !== "back") sessionStorage.setItem(AUTO, link.href);
  location.href = link.href;
}

const withFlag = (action) => () => (current ? action(current) : false);
const withSound = (action) => () => (player ? action() : false);

/** Decide the current flag, unless everything is decided and nobody chose to go back. */
const deciding = (action) => () => {
  if (!current) return false;
  if (isSettled) say(says.allDecided);
  else action(current);
  return true;
};

onKeys({
  c: deciding((flag) => review.decide(flag, "confirm")),
  r: deciding((flag) => review.open(flag, "reject")),
  e: deciding((flag) => review.open(flag, "change")),
  n: withFlag((flag) => review.open(flag, "note")),
  u: undo,
  l: () => void review.release(),
  j: () => step(1),
  k: () => step(-1),
  g: () => follow("next", says.lastCall),
  h: () => follow("previous", says.firstCall),
  b: () => follow("back", ""),
  " ": withSound(() => player.toggle()),
  p: withSound(() => player.toggle()),
  enter: withFlag(playElement),
  arrowleft: withSound(() => player.seekBy(-SEEK_S)),
  arrowright: withSound(() => player.seekBy(SEEK_S)),
  "<": withSound(() => showSpeed(player.faster(-1))),
  ">": withSound(() => showSpeed(player.faster(1))),
  ",": withSound(() => showSpeed(player.faster(-1))),
  ".": withSound(() => showSpeed(player.faster(1))),
  "+": withSound(() => wave.zoomBy(2)),
  "=": withSound(() => wave.zoomBy(2)),
  "-": withSound(() => wave.zoomBy(0.5)),
  s: withSound(() => byId("skip-silence").click()),
  ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => [String(n), withFlag((flag) => review.quick(flag, n))])),
});

document.addEventListener("click", (event) => {
  const hear = event.target.closest(".hear");
  const flag = event.target.closest("#flags > .flag");
  if (hear && !hear.disabled) {
    playElement(hear);
    hear.blur(); // so that the space bar stops it and does not press it again
    if (flag) select(flag);
    return;
  }
  const word = event.target.closest(".w[data-t]");
  if (word && player && !String(getSelection())) {
    player.from(Number(word.dataset.t.split(",")[0]));
    return;
  }
  if (flag && flag !== current && !event.target.closest("a, button, summary, input, textarea, label")) {
    select(flag, { plays: true });
  }
});

if (audio) startSound();

const wanted = location.hash.startsWith("#rule-") ? byId(location.hash.slice(1)) : null;
const first = wanted && wanted.matches("#flags > .flag") ? wanted : flags().find((f) => f.matches(".is-open")) || flags()[0];
const isAuto = sessionStorage.getItem(AUTO) === location.href;
sessionStorage.removeItem(AUTO);
if (first) select(first, { plays: isAuto && Boolean(audio), focuses: true });
window.scrollTo(0, 0);
