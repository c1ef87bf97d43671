// A draft: read from a file into the form, go to a line that is named, follow a trial.
const text = document.getElementById("text");
const file = document.getElementById("file");
const progress = document.getElementById("progress");
const EVERY_MS = 1500;
const LINE = /line (\d+)/;

if (file && text) {
  file.addEventListener("change", async () => {
    if (file.files.length) text.value = await file.files[0].text();
  });
}

function goTo(line) {
  const lines = text.value.split("\n");
  const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  text.focus();
  text.setSelectionRange(start, start + (lines[line - 1] || "").length);
  text.scrollTop = ((line - 3) / lines.length) * text.scrollHeight;
}

for (const item of document.querySelectorAll("#problems li")) {
  const named = item.textContent.match(LINE);
  if (!named) continue;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "plain small";
  button.textContent = `↳ ${named[1]}`;
  button.addEventListener("click", () => goTo(Number(named[1])));
  item.append(" ", button);
}

async function follow() {
  try {
    const answer = await fetch(progress.dataset.address, { credentials: "same-origin" });
    const now = await answer.json();
    if (!["waiting", "running"].includes(now.state)) return location.reload();
    if (now.total) {
      const bar = progress.querySelector("progress");
      bar.max = now.total;
      bar.value = now.done;
      document.getElementById("progress-text").textContent = progress.dataset.text
        .replace("{done}", now.done)
        .replace("{total}", now.total);
    }
  } catch {
    // the service may be starting anew; the next look tells
  }
  return setTimeout(follow, EVERY_MS);
}
if (progress) setTimeout(follow, EVERY_MS);
