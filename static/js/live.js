// Tells the parts of the page which tickets changed, as soon as the desk knows.
//
// Hooks:
//   <body data-live="/live/">             where the stream is; without it this file does nothing
//   <meta name="server-instant">          when the page was drawn: what changed since is told first
//   [data-ticket="1234"]                  gets `ticket-changed` (does not bubble) when #1234 changed
//   [data-live-queue]                     gets `queue-changed` when any ticket changed, less often
//                                         the busier the desk; meanwhile its rows are told themselves
//   #live-status[hidden]                  shown while the stream is cut
//   #announcements[data-ticket|data-queue] aria-live; what to say when a ticket, a queue changed
//
// While the stream is cut the page looks by itself every 15 s, unless nobody looks at the page. A
// stream that comes back tells what was missed. A hidden page gives its stream back: a browser
// opens six connections to one host, and there may be many tabs.

const POLL = 15_000;
const SILENCE = 40_000; // the desk gives a sign of life every 15 s
const GRACE = 1_000;
const HIDDEN = 30_000;
const SOONEST = 500;
const LATEST = 5_000;
const ANNOUNCE = 10_000;

const address = document.body.dataset.live;
const drawn = document.querySelector("meta[name='server-instant']")?.content;
const strip = document.getElementById("live-status");
const voice = document.getElementById("announcements");

let source = null;
let mark = "";
let attempts = 0;
let silence, reopening, hiding, striking, polling;

function open() {
  close();
  const where = new URL(address, location.href);
  if (mark) where.searchParams.set("after", mark);
  else if (drawn) where.searchParams.set("since", drawn);
  source = new EventSource(where);
  source.addEventListener("ready", (event) => hear(event, restore));
  source.addEventListener("beat", (event) => hear(event));
  source.addEventListener("tickets", (event) => hear(event, () => changed(JSON.parse(event.data).numbers)));
  source.addEventListener("reset", (event) => hear(event, everything));
  source.addEventListener("error", interrupted);
  listenOn();
}

function close() {
  clearTimeout(silence);
  clearTimeout(reopening);
  source?.close();
  source = null;
}

function hear(event, then) {
  mark = event.lastEventId;
  listenOn();
  then?.();
}

function listenOn() {
  clearTimeout(silence);
  silence = setTimeout(() => {
    pause();
    open();
  }, SILENCE);
}

function interrupted() {
  striking ??= setTimeout(pause, GRACE);
  if (source?.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
  close();
  attempts += 1;
  reopening = setTimeout(open, Math.min(60_000, 2_000 * 2 ** Math.min(attempts, 5)) * (0.5 + Math.random() / 2));
}

function pause() {
  if (strip) strip.hidden = false;
  polling ??= setInterval(() => document.hidden || everything(), POLL);
}

function restore() {
  clearTimeout(striking);
  clearInterval(polling);
  striking = polling = undefined;
  attempts = 0;
  if (strip) strip.hidden = true;
}

// --- What changed -----------------------------------------------------------------------------

const tell = (element, name) => element.dispatchEvent(new CustomEvent(name));

function changed(numbers) {
  const queue = document.querySelector("[data-live-queue]");
  const isDeferred = queue && !refreshQueue();
  const set = new Set(numbers.map(String));
  for (const element of document.querySelectorAll("[data-ticket]")) {
    if (!set.has(element.dataset.ticket)) continue;
    const isRow = queue?.contains(element);
    if (!isRow || isDeferred) tellSoon(element);
    if (!isRow) announce(voice?.dataset.ticket);
  }
}

function everything() {
  for (const element of document.querySelectorAll("[data-ticket]")) {
    if (!element.closest("[data-live-queue]")) tellSoon(element);
  }
  if (document.querySelector("[data-live-queue]")) refreshQueue();
}

// Several changes of one ticket within a moment are one change.
const waiting = new Set();

function tellSoon(element) {
  const key = element.dataset.ticket;
  if (waiting.has(key)) return;
  waiting.add(key);
  setTimeout(() => {
    waiting.delete(key);
    for (const each of document.querySelectorAll(`[data-ticket="${key}"]`)) tell(each, "ticket-changed");
  }, 50);
}

let pauseLength = SOONEST;
let latest = -Infinity;
let due;

// Draws the queue again: at once when it was quiet, with growing pauses when it is not. Says
// whether it is drawn at once.
function refreshQueue() {
  if (due !== undefined) return false;
  const quiet = performance.now() - latest;
  pauseLength = quiet > 2 * pauseLength ? SOONEST : Math.min(LATEST, pauseLength * 2);
  const wait = Math.max(50, pauseLength - quiet);
  due = setTimeout(() => {
    due = undefined;
    latest = performance.now();
    const queue = document.querySelector("[data-live-queue]");
    if (queue) tell(queue, "queue-changed");
    announce(voice?.dataset.queue);
  }, wait);
  return wait <= SOONEST;
}

let spoken = -Infinity;

function announce(text) {
  if (!text || performance.now() - spoken < ANNOUNCE) return;
  spoken = performance.now();
  voice.textContent = "";
  requestAnimationFrame(() => (voice.textContent = text));
}

// --- Start, and rest while nobody looks ---------------------------------------------------------

function look() {
  clearTimeout(hiding);
  if (document.hidden) hiding = setTimeout(close, HIDDEN);
  else if (source === null) open();
}

if (address) {
  document.addEventListener("visibilitychange", look);
  addEventListener("pagehide", close);
  addEventListener("pageshow", look);
  look();
}
