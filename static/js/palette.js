// The command palette: opens a ticket by its number, goes to a view, runs what this page offers.
//
// A combobox as the ARIA practices describe it: the focus stays in the field, the chosen option is
// told with aria-activedescendant. What was used lately comes first; the tab forgets it when closed.
// Hooks: <dialog id="palette"> with its words in data attributes, [data-command~="palette"] opens it;
// a[data-jump="name"] are places it leads to besides, such as somebody's own views;
// `commands-wanted` and `command-wanted` are answered by shortcuts.js.

const RECENT = "desk.recent";
const MOST = 30;
const palette = document.getElementById("palette");
const input = document.getElementById("palette-input");
const list = document.getElementById("palette-list");
const none = document.getElementById("palette-none");
const blank = document.getElementById("palette-option");
const words = palette.dataset;
let entries = []; // everything this page can offer
let shown = [];
let chosen = 0;

// --- What there is ------------------------------------------------------------------------------

function collect() {
  const commands = [];
  const offer = (command) =>
    commands.push({ ...command, id: command.code, kind: "" });
  document.dispatchEvent(new CustomEvent("commands-wanted", { detail: { offer } }));
  // What belongs to this page comes before what every page has.
  commands.sort((one, other) => one.isEverywhere - other.isEverywhere);
  const rows = [...document.querySelectorAll("[data-row-link]")].map((link) =>
    ticket(link.closest("[data-ticket]").dataset.ticket, link.textContent.trim(), link),
  );
  const places = [...document.querySelectorAll("a[data-jump]")].map((link) => {
    return { id: link.getAttribute("href"), label: link.dataset.jump, kind: "", strokes: [], link };
  });
  const recent = recall();
  const known = new Map([...commands, ...places, ...rows].map((entry) => [entry.id, entry]));
  const first = recent
    .map(({ id, number, label }) => known.get(id) ?? (number ? ticket(number, label) : null))
    .filter(Boolean)
    .map((entry) => ({ ...entry, isRecent: true }));
  const ids = new Set(first.map(({ id }) => id));
  return [...first, ...[...known.values()].filter(({ id }) => !ids.has(id))];
}

const ticket = (number, label, link) => ({ id: `#${number}`, number, label, link, kind: words.ticketWord, strokes: [] });

function recall() {
  try {
    return JSON.parse(sessionStorage.getItem(RECENT)) ?? [];
  } catch {
    return [];
  }
}

function remember({ id, number, label }) {
  const kept = [{ id, number, label }, ...recall().filter((entry) => entry.id !== id)].slice(0, 5);
  try {
    sessionStorage.setItem(RECENT, JSON.stringify(kept));
  } catch {
    // Storage is switched off: nothing comes first.
  }
}

// --- What matches -------------------------------------------------------------------------------

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

// How badly `query` fits `text`, 0 is best: the start, the start of a word, within a word, or its
// letters in their order, the closer together the better; null when not even that.
function misfit(query, text) {
  const at = text.indexOf(query);
  if (at === 0) return 0;
  if (at > 0) return /[\p{L}\p{N}]/u.test(text[at - 1]) ? 2 : 1;
  const letters = query.replaceAll(" ", "");
  let shortest = null;
  for (let start = text.indexOf(letters[0]); start >= 0; start = text.indexOf(letters[0], start + 1)) {
    let end = start;
    for (const letter of letters.slice(1)) {
      end = text.indexOf(letter, end + 1);
      if (end < 0) return shortest;
    }
    const cost = 3 + (end - start + 1 - letters.length) / letters.length;
    if (cost < 6 && (shortest === null || cost < shortest)) shortest = cost;
  }
  return shortest;
}

function match(typed) {
  const query = plain(typed.trim());
  if (!query) return entries.filter(({ number, isRecent }) => !number || isRecent);
  const number = /^#?(\d{1,12})$/.exec(query)?.[1].replace(/^0+/, "");
  const exact = number && (entries.find((entry) => entry.number === number) ?? ticket(number, ""));
  const fitting = entries
    .filter((entry) => entry !== exact)
    .map((entry) => ({ entry, cost: misfit(query, plain(named(entry))) }))
    .filter(({ cost }) => cost !== null)
    .sort((one, other) => one.cost - other.cost)
    .map(({ entry }) => entry);
  return exact ? [exact, ...fitting] : fitting;
}

function named({ number, label }) {
  if (!number) return label;
  return label ? `#${number} ${label}` : words.openTicket.replace("{number}", number);
}

// --- What is shown --------------------------------------------------------------------------------

function draw() {
  shown = match(input.value).slice(0, MOST);
  chosen = 0;
  list.replaceChildren(...shown.map(option));
  list.hidden = shown.length === 0;
  input.setAttribute("aria-expanded", String(shown.length > 0));
  none.textContent = shown.length ? "" : none.dataset.none;
  choose(0);
}

function option(entry, index) {
  const element = blank.content.firstElementChild.cloneNode(true);
  element.id = `palette-option-${index}`;
  element.querySelector(".palette__label").textContent = named(entry);
  element.querySelector(".palette__kind").textContent = entry.isRecent ? words.recentWord : entry.kind;
  const keys = entry.strokes.map((stroke) => Object.assign(document.createElement("kbd"), { className: "key", textContent: stroke }));
  element.querySelector(".palette__keys").replaceChildren(...keys);
  return element;
}

function choose(index) {
  list.children[chosen]?.setAttribute("aria-selected", "false");
  chosen = shown.length ? (index + shown.length) % shown.length : 0;
  const element = list.children[chosen];
  if (element) input.setAttribute("aria-activedescendant", element.id);
  else input.removeAttribute("aria-activedescendant");
  element?.setAttribute("aria-selected", "true");
  element?.scrollIntoView({ block: "nearest" });
}

function open() {
  const wasOpen = palette.open;
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  if (wasOpen) return;
  entries = collect();
  input.value = "";
  palette.showModal();
  draw();
}

function run(entry) {
  if (!entry) return;
  remember(entry);
  palette.close(); // the focus goes back first: the command may put it elsewhere
  if (entry.link?.isConnected) entry.link.click();
  else if (entry.number) location.assign(words.ticketUrl.replace("/0/", `/${entry.number}/`));
  else document.dispatchEvent(new CustomEvent("command-wanted", { detail: entry.id }));
}

// --- What is done with it -------------------------------------------------------------------------

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-command~='palette']")) open();
});

input.addEventListener("input", draw);
input.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229) return;
  const act = {
    ArrowDown: () => choose(chosen + 1),
    ArrowUp: () => choose(chosen - 1),
    PageDown: () => choose(Math.min(chosen + 8, shown.length - 1)),
    PageUp: () => choose(Math.max(chosen - 8, 0)),
    Enter: () => run(shown[chosen]),
  }[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

list.addEventListener("pointermove", (event) => {
  const index = [...list.children].indexOf(event.target.closest("[role='option']"));
  if (index >= 0 && index !== chosen) choose(index);
});
list.addEventListener("click", (event) => {
  run(shown[[...list.children].indexOf(event.target.closest("[role='option']"))]);
});
