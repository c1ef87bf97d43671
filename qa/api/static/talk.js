// The transcript: which words sound now.

function timed(element) {
  const [start, end] = element.dataset.t.split(",").map(Number);
  return { element, start, end };
}

/** Index the transcript's words; `show(ms, isPlaying)` marks those of a moment. */
export function createTalk(list) {
  const utterances = [...list.children].map((element) => ({
    element,
    start: Number(element.dataset.start),
    end: Number(element.dataset.end),
    words: [...element.querySelectorAll(".w[data-t]")].map(timed),
  }));
  let lit = new Set();
  let heard = new Set();

  const sounding = (items, ms) => items.filter((item) => ms >= item.start && ms < item.end);
  const elements = (items) => new Set(items.map((item) => item.element));

  function swap(before, after, name) {
    for (const element of before) if (!after.has(element)) element.classList.remove(name);
    for (const element of after) if (!before.has(element)) element.classList.add(name);
    return after;
  }

  return {
    utterances,
    show(ms, isPlaying) {
      const now = sounding(utterances, ms);
      const next = elements(now);
      const fresh = [...next].find((element) => !heard.has(element));
      lit = swap(lit, elements(now.flatMap((one) => sounding(one.words, ms))), "on");
      heard = swap(heard, next, "now");
      if (fresh && isPlaying) scrollInto(list.parentElement, fresh);
    },
    /** Bring the words of a span into view, playing or not. */
    reveal(startMs, endMs) {
      const found = utterances.find((one) => one.end > startMs && one.start < endMs);
      if (found) scrollInto(list.parentElement, found.element);
    },
  };
}

/** Scroll a box, and only the box, until an element of it stands in its middle part. */
function scrollInto(box, element) {
  if (box.scrollHeight <= box.clientHeight) return;
  const top = element.offsetTop - box.offsetTop;
  const upper = box.scrollTop + box.clientHeight * 0.2;
  const lower = box.scrollTop + box.clientHeight * 0.75;
  if (top < upper || top + element.offsetHeight > lower) {
    box.scrollTo({ top: top - box.clientHeight * 0.35 });
  }
}
