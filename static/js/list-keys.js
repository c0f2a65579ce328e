// The selected row of a list: a real focus on its link, marked with aria-current.
//
// Hooks: [data-live-queue] with rows [data-ticket], their links [data-row-link]; the commands
// next-row, previous-row, open-row, peek-row, resolve-row; form[data-row-resolution]; #peek.
// Live updates never move the focus: the mark follows the ticket, and when it leaves the list the
// row that took its place.

const KEY = "desk.order";
const peek = document.getElementById("peek");
let number = null;
let index = 0;
let hadFocus = false;
let wasInList = false;

const links = () => [...document.querySelectorAll("[data-live-queue] [data-row-link]")];
const numberOf = (link) => link.closest("[data-ticket]").dataset.ticket;
const current = () => links().find((link) => numberOf(link) === number);

function mark(link) {
  for (const each of links()) {
    if (each === link) each.setAttribute("aria-current", "true");
    else each.removeAttribute("aria-current");
  }
  if (!link) return;
  number = numberOf(link);
  index = links().indexOf(link);
}

function select(link) {
  if (!link) return;
  link.focus();
  link.closest("[data-ticket]").scrollIntoView({ block: "nearest" });
}

function move(step) {
  const all = links();
  const at = all.indexOf(current());
  select(at < 0 ? all[0] : all[at + step]);
}

document.addEventListener("focusin", (event) => {
  const isRow = event.target.matches("[data-row-link]");
  if (isRow) mark(event.target);
  if (!event.target.closest("dialog")) wasInList = isRow;
});

document.addEventListener("command", (event) => {
  const act = { "next-row": () => move(1), "previous-row": () => move(-1), ...onRow }[event.detail];
  if (!act) return;
  event.preventDefault();
  act();
});

// Nothing is done to a row that nobody selected: the first press selects.
const withRow = (act) => () => (current() ? act(current()) : select(links()[0]));
const onRow = {
  "open-row": withRow((link) => link.click()),
  "peek-row": withRow(look),
  "resolve-row": withRow(resolve),
};

function resolve(link) {
  const form = document.querySelector("form[data-row-resolution]");
  form.dataset.rowResolution = numberOf(link);
  form.action = form.getAttribute("action").replace(/\/\d+\//, `/${numberOf(link)}/`);
  form.requestSubmit();
}

function look(link) {
  const body = document.getElementById("peek-body");
  body.textContent = body.dataset.loading;
  document.getElementById("peek-open").href = link.href;
  const path = new URL(link.href).pathname;
  htmx.ajax("GET", `${path}preview/`, { target: body, swap: "innerHTML" });
  peek.showModal();
}

peek?.addEventListener("keydown", (event) => {
  const isPlain = !(event.ctrlKey || event.metaKey || event.altKey || event.shiftKey);
  if (event.key !== " " || !isPlain || event.target.closest("button, summary")) return;
  event.preventDefault();
  peek.close();
});

// "Open the ticket" in the look at it is the row's own link, so that its list is known there.
document.getElementById("peek-open")?.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || !current()) return;
  event.preventDefault();
  peek.close();
  current().click();
});

// --- Live updates ---------------------------------------------------------------------------------

function keep() {
  if (number === null) return;
  const all = links();
  const link = current() ?? all[Math.min(index, all.length - 1)];
  const isLost = hadFocus && document.activeElement === document.body;
  mark(link);
  if (isLost) link?.focus({ preventScroll: true });
}

document.addEventListener("htmx:beforeSwap", () => {
  hadFocus = document.activeElement?.matches("[data-row-link]") ?? false;
});
document.addEventListener("htmx:afterSettle", keep);

// A dialog gives the focus back to the row it took it from, also when that was drawn anew meanwhile.
function takeBack() {
  // The browser has not yet noticed that what had the focus is gone with its dialog.
  const isNowhere = document.activeElement.matches("body, dialog:not([open]), dialog:not([open]) *");
  if (wasInList && isNowhere) current()?.focus({ preventScroll: true });
}

document.addEventListener("close", takeBack, { capture: true });

// --- Coming back ----------------------------------------------------------------------------------

function comeBack() {
  let order = null;
  try {
    order = JSON.parse(sessionStorage.getItem(KEY));
  } catch {
    return;
  }
  const [navigation] = performance.getEntriesByType("navigation");
  const isBack = order?.way === "back" || navigation?.type === "back_forward";
  if (!isBack || order?.url !== location.pathname + location.search) return;
  sessionStorage.setItem(KEY, JSON.stringify({ ...order, way: "" }));
  // The ticket that was looked at last; when it is gone, the next one that is still there.
  const at = Math.max(order.numbers.indexOf(order.current), 0);
  const wanted = [...order.numbers.slice(at), ...order.numbers.slice(0, at).reverse()];
  const link = wanted.map((each) => links().find((one) => numberOf(one) === each)).find(Boolean);
  scrollTo(0, order.scroll);
  link?.focus({ preventScroll: true });
  link?.closest("[data-ticket]").scrollIntoView({ block: "nearest" });
}

if (links().length) comeBack();
