// Playing evidence: from one second before a span to half a second after it.

const LEAD_S = 1;
const TAIL_S = 0.5;
const SPEEDS = [1, 1.25, 1.5, 2];
/** Silence shorter than this is left alone; the rest of a longer one is jumped over. */
const GAP_S = 1.2;
const GAP_KEPT_S = 0.4;

/**
 * Drive an audio element.
 * `speech` lists [start, end] in seconds, in order, of everything that was said;
 * `durationS` is how long it is: until it is played, nothing of it is loaded that could tell.
 * `onTick()` is called on every frame while playing, before anything jumps;
 * `onTime(seconds, isPlaying)` is called on every frame while playing and after each seek.
 */
export function createPlayer(audio, { speech, durationS, onTick, onTime, onState, onBlocked }) {
  let stopAt = null;
  let skips = false;

  function tick() {
    onTick();
    const now = audio.currentTime;
    if (stopAt !== null && now >= stopAt) {
      stopAt = null;
      audio.pause();
    } else if (skips && stopAt === null) {
      const target = endOfSilence(speech, now);
      if (target !== null && target < durationS) audio.currentTime = target;
    }
    onTime(audio.currentTime, !audio.paused);
    if (!audio.paused) requestAnimationFrame(tick);
  }

  function play(from, until = null) {
    stopAt = until;
    audio.currentTime = Math.max(0, from);
    audio.play().catch((error) => {
      if (error.name === "NotAllowedError") onBlocked();
    });
  }

  audio.addEventListener("play", () => {
    onState(true);
    requestAnimationFrame(tick);
  });
  audio.addEventListener("pause", () => onState(false));
  audio.addEventListener("seeked", () => onTime(audio.currentTime, !audio.paused));

  return {
    /** Play a span given in milliseconds, with its lead and tail. */
    span: (startMs, endMs) => play(startMs / 1000 - LEAD_S, endMs / 1000 + TAIL_S),
    /** Go on from a moment given in milliseconds, with the same lead. */
    from: (startMs) => play(startMs / 1000 - LEAD_S),
    toggle() {
      if (!audio.paused) audio.pause();
      else play(audio.ended ? 0 : audio.currentTime);
    },
    pause: () => audio.pause(),
    /** Move by some seconds, playing or not. */
    seekBy(seconds) {
      stopAt = null;
      audio.currentTime = Math.min(Math.max(0, audio.currentTime + seconds), audio.duration || durationS);
    },
    seek(seconds) {
      stopAt = null;
      audio.currentTime = Math.max(0, seconds);
    },
    /** One speed faster (+1) or slower (-1); returns the speed. */
    faster(step) {
      const at = SPEEDS.indexOf(audio.playbackRate) + step;
      return this.speed(SPEEDS[Math.min(Math.max(0, at), SPEEDS.length - 1)]);
    },
    speed(rate) {
      audio.playbackRate = rate;
      audio.defaultPlaybackRate = rate;
      return rate;
    },
    skipSilence(on) {
      skips = on;
    },
  };
}

/** The moment to jump to from within a long silence; null where somebody speaks or soon will. */
export function endOfSilence(speech, now) {
  let last = 0;
  for (const [start, end] of speech) {
    if (start > now) {
      const isLong = start - last > GAP_S && now > last + GAP_KEPT_S && start - now > GAP_KEPT_S;
      return isLong ? start - GAP_KEPT_S : null;
    }
    last = Math.max(last, end);
    if (now < last) return null;
  }
  return null;
}

/** Write seconds as mm:ss.s, cut to a tenth, as the page does elsewhere. */
export function clock(seconds) {
  const tenths = Math.floor(seconds * 10);
  const pad = (number) => String(number).padStart(2, "0");
  return `${pad(Math.floor(tenths / 600))}:${pad(Math.floor(tenths / 10) % 60)}.${tenths % 10}`;
}
