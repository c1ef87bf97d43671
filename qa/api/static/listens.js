// What of a recording is really played is told to the service, for its log of who heard what.

/** Stretches are sent together, so often at most; sooner only where the page is left. */
const BATCH_MS = 15000;
const MOST_AT_ONCE = 100;
/** Less than this is no listening, but the moment between two events. */
const SHORTEST_S = 0.1;

/**
 * Watch an audio element and report what it plays to an address.
 * Returns `goOn()`, to be called as often as possible while it plays: a jump ends a stretch where it
 * was seen last.
 */
export function reportListens(audio, address) {
  let from = null;
  let at = 0;
  let sentAt = -BATCH_MS;
  let timer = 0;
  const waiting = [];
  const milliseconds = (seconds) => Math.round(seconds * 1000);

  function begin() {
    if (from === null && !audio.paused && !audio.seeking) from = at = audio.currentTime;
  }

  function goOn() {
    if (from !== null && !audio.seeking) at = Math.max(at, audio.currentTime);
  }

  /** Keep what was heard since it began; `goes` where it plays on. */
  function cut(goes = false) {
    if (from !== null && at - from >= SHORTEST_S) {
      waiting.push({ from_ms: milliseconds(from), to_ms: milliseconds(at) });
      from = at;
    }
    if (!goes) from = null;
  }

  /** Send what there is, now or when the last time is long enough ago. */
  function soon() {
    clearTimeout(timer);
    timer = 0;
    if (from !== null || waiting.length) {
      timer = setTimeout(send, Math.max(0, sentAt + BATCH_MS - performance.now()));
    }
  }

  function send() {
    clearTimeout(timer);
    timer = 0;
    goOn();
    cut(true);
    if (waiting.length) {
      sentAt = performance.now();
      post(waiting.splice(0, MOST_AT_ONCE));
    }
    soon();
  }

  async function post(spans) {
    const token = document.querySelector('meta[name="csrf-token"]')?.content || "";
    try {
      const response = await fetch(address, {
        method: "POST",
        body: JSON.stringify({ spans }),
        headers: { "Content-Type": "application/json", "X-CSRF-Token": token },
        keepalive: true, // also while the page is being left
      });
      if (response.status >= 500) throw new Error(String(response.status));
    } catch {
      waiting.unshift(...spans); // heard all the same: with the next ones
      soon();
    }
  }

  function stop() {
    goOn();
    cut();
    soon();
  }

  for (const name of ["play", "playing", "seeked"]) {
    audio.addEventListener(name, () => {
      begin();
      if (!timer) timer = setTimeout(send, BATCH_MS);
    });
  }
  audio.addEventListener("timeupdate", goOn);
  audio.addEventListener("seeking", () => {
    cut();
    soon();
  });
  for (const name of ["pause", "ended", "error", "emptied"]) audio.addEventListener(name, stop);
  window.addEventListener("pagehide", send);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") send();
  });
  return { goOn };
}
