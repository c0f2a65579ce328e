// Ticks every [data-due] on the page with one timer, by the server's clock.
//
// The server never changes what the text around the figure says because time went by here: when a
// deadline passes, the desk flags it and sends the new fragment. Until then the figure rests at 0.

const units = (document.body.dataset.units ?? "d h m s").split(" ");
const [D, H, M, S] = units;
const clock = serverClock();
let figures = [];

function serverClock() {
  const told = document.querySelector("meta[name='server-instant']")?.content;
  if (!told) return () => Date.now();
  // The page said what time it was when its first byte left the server.
  const [navigation] = performance.getEntriesByType("navigation");
  const start = Date.parse(told) - (navigation?.responseStart ?? performance.now());
  const drift = Date.now() - performance.now();
  return () => {
    // performance.now() rests while the machine sleeps; the wall clock does not.
    const slept = Date.now() - performance.now() - drift;
    return start + performance.now() + (slept > 2000 ? slept : 0);
  };
}

function collect() {
  figures = [...document.querySelectorAll("[data-due]")].map((element) => ({
    element,
    due: Date.parse(element.dataset.due),
    secondsBelow: Number(element.dataset.secondsBelow ?? 600),
    isPast: element.closest("[data-past]") !== null,
  }));
  tick();
}

function text(seconds, secondsBelow) {
  const pad = (figure) => String(figure).padStart(2, "0");
  if (seconds >= 86400) return `${Math.floor(seconds / 86400)} ${D} ${Math.floor((seconds % 86400) / 3600)} ${H}`;
  if (seconds >= 3600) return `${Math.floor(seconds / 3600)} ${H} ${pad(Math.floor((seconds % 3600) / 60))} ${M}`;
  if (seconds >= secondsBelow) return `${Math.floor(seconds / 60)} ${M}`;
  if (seconds >= 60) return `${Math.floor(seconds / 60)} ${M} ${pad(seconds % 60)} ${S}`;
  return `${seconds} ${S}`;
}

function tick() {
  const now = clock();
  for (const { element, due, secondsBelow, isPast } of figures) {
    const left = (due - now) / 1000;
    const seconds = isPast ? Math.floor(Math.max(-left, 0)) : Math.ceil(Math.max(left, 0));
    const next = text(seconds, secondsBelow);
    if (element.textContent !== next) element.textContent = next;
  }
  schedule(now);
}

let timer;

function schedule(now) {
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(tick, 1000 - (now % 1000));
}

document.addEventListener("visibilitychange", tick);
document.addEventListener("htmx:load", collect);
addEventListener("pageshow", collect);
collect();
