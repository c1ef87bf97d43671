// Plays clips of recordings: one at a time; a second click, or Escape, stops.
import { say } from "./shell.js";

const player = new Audio();
let playing = null;

function show(button, state) {
  button.classList.toggle("playing", state);
  button.querySelector(".sign").textContent = state ? "■" : "▶";
}

function stop() {
  if (!playing) return;
  player.pause();
  show(playing, false);
  playing = null;
}

async function toggle(button) {
  const again = playing === button;
  stop();
  if (again) return;
  playing = button;
  show(button, true);
  player.src = button.dataset.src;
  try {
    await player.play();
  } catch (error) {
    if (error.name !== "AbortError") failed();
  }
}

function failed() {
  stop();
  const trouble = document.getElementById("clip-trouble");
  say(trouble ? trouble.textContent : "", { bad: true });
}

player.addEventListener("ended", stop);
document.addEventListener("click", (event) => {
  const button = event.target.closest(".clipbutton");
  if (button) toggle(button);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") stop();
});
