// The waveform: the agent above, the customer below, flags as regions over both.
// Drawn by ourselves on a canvas: a library would bring its own style sheet into a shadow root,
// which the content policy does not let in.

const MAX_ZOOM = 24;
/** Whose outline stands where: the middle of its lane and the room above it, as shares. */
const LANES = [
  ["agent", 1 / 4, 1 / 4],
  ["customer", 3 / 4, 1 / 4],
  ["unknown", 1 / 2, 1 / 2],
];

/**
 * Draw and move a waveform.
 * `speech` lists {lane, start, end} in ms (lane 0 the agent, 1 the customer, 2 who knows) and is
 * drawn until peaks arrive.
 */
export function createWave({ wrap, canvas, regions, needle, durationMs, speech, onSeek, onRegion }) {
  let peaks = null;
  let loudest = 1;
  let zoom = 1;
  let from = 0; // ms at the left edge
  let now = 0;
  let dragging = false;
  const shown = () => durationMs / zoom;
  const x = (ms) => ((ms - from) / shown()) * wrap.clientWidth;

  function color(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  }

  function draw() {
    const ratio = window.devicePixelRatio || 1;
    const width = wrap.clientWidth;
    const height = wrap.clientHeight;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    pen.clearRect(0, 0, width, height);
    pen.fillStyle = color("line");
    pen.fillRect(0, Math.round(height / 2), width, 1);
    LANES.forEach(([name, middle, room], lane) => {
      pen.fillStyle = color(name);
      if (peaks) drawPeaks(pen, peaks[name], width, height * middle, height * room - 4);
      else drawSpeech(pen, lane, height * middle);
    });
    place();
  }

  function drawPeaks(pen, values, width, middle, room) {
    if (!values || !values.length) return;
    const perMs = values.length / durationMs;
    for (let px = 0; px < width; px += 2) {
      const first = Math.floor((from + (px / width) * shown()) * perMs);
      const last = Math.max(first + 1, Math.floor((from + ((px + 2) / width) * shown()) * perMs));
      let top = 0;
      for (let i = first; i < last && i < values.length; i += 1) top = Math.max(top, values[i]);
      if (top === 0) continue;
      // Quiet speech is still speech: a power below one lifts it to where it can be seen.
      const half = Math.max(0.5, Math.min(1, top / loudest) ** 0.8 * room);
      pen.fillRect(px, middle - half, 1.4, half * 2);
    }
  }

  function drawSpeech(pen, lane, middle) {
    pen.globalAlpha = 0.45;
    for (const one of speech) {
      if (one.lane !== lane) continue;
      pen.fillRect(x(one.start), middle - 7, Math.max(1, x(one.end) - x(one.start)), 14);
    }
    pen.globalAlpha = 1;
  }

  function place() {
    for (const region of regions.children) {
      const start = Number(region.dataset.start);
      const end = Number(region.dataset.end);
      region.style.left = `${x(start)}px`;
      region.style.width = `${Math.max(3, x(end) - x(start))}px`;
      region.hidden = end < from || start > from + shown();
    }
    avoidOverlaps();
    needle.style.left = `${x(now)}px`;
    needle.hidden = now < from || now > from + shown();
  }

  /** Names of regions that stand close together take turns above and below. */
  function avoidOverlaps() {
    const named = [...regions.children].filter((r) => !r.hidden && r.firstElementChild);
    named.sort((a, b) => Number(a.dataset.start) - Number(b.dataset.start));
    let edge = -Infinity;
    let isLow = false;
    for (const region of named) {
      const left = parseFloat(region.style.left);
      isLow = left < edge ? !isLow : false;
      region.classList.toggle("is-low", isLow);
      edge = left + 40;
    }
  }

  function moveTo(left) {
    from = Math.min(Math.max(0, left), durationMs - shown());
    draw();
  }

  function timeAt(event) {
    const box = wrap.getBoundingClientRect();
    const share = Math.min(Math.max(0, (event.clientX - box.left) / box.width), 1);
    return from + share * shown();
  }

  wrap.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const region = event.target.closest(".region");
    if (region) {
      onRegion(region);
      return;
    }
    dragging = true;
    wrap.setPointerCapture(event.pointerId);
    onSeek(timeAt(event) / 1000);
  });
  wrap.addEventListener("pointermove", (event) => {
    if (dragging) onSeek(timeAt(event) / 1000);
  });
  wrap.addEventListener("pointerup", () => (dragging = false));
  wrap.addEventListener("wheel", (event) => {
    if (zoom === 1 && !event.ctrlKey) return;
    event.preventDefault();
    if (event.ctrlKey) api.zoomBy(event.deltaY < 0 ? 1.25 : 0.8, timeAt(event));
    else moveTo(from + ((event.deltaX || event.deltaY) / wrap.clientWidth) * shown());
  }, { passive: false });
  new ResizeObserver(draw).observe(wrap);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);

  const api = {
    draw,
    /** Peaks of each lane, 0 to 1, evenly over the recording: {agent: [...], customer: [...], unknown: [...]}. */
    setPeaks(values) {
      peaks = values;
      loudest = 0.02; // of digital silence nothing is to be seen
      for (const lane of Object.values(values)) for (const one of lane) loudest = Math.max(loudest, one);
      draw();
    },
    /** Move the needle; while playing the view follows it. */
    setTime(ms, follows) {
      now = ms;
      if (follows && (now < from || now > from + shown() * 0.96)) moveTo(now - shown() * 0.1);
      else place();
    },
    zoomBy(factor, around = now) {
      const share = Math.min(Math.max(0, (around - from) / shown()), 1);
      zoom = Math.min(Math.max(1, zoom * factor), MAX_ZOOM);
      moveTo(around - share * shown());
    },
    /** Bring a span into view. */
    show(startMs, endMs) {
      if (startMs < from || endMs > from + shown()) moveTo((startMs + endMs - shown()) / 2);
    },
  };
  return api;
}
