// Working through a list in the order it had when the first ticket was opened from it.
//
// In the list: following a [data-row-link] keeps the numbers, the place on the page and where the
// list goes on. On a ticket: fills in where "next", "previous" and "back" lead, and what the forms
// say with `then=next`. Nothing is sent; the tab forgets it when it is closed.

const KEY = "desk.order";

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY));
  } catch {
    return null;
  }
}

function write(order) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(order));
  } catch {
    // Storage is switched off: next and previous are not offered.
  }
}

// --- In the list --------------------------------------------------------------------------------

const here = () => location.pathname + location.search;
const links = () => [...document.querySelectorAll("[data-live-queue] [data-row-link]")];
const numberOf = (link) => link.closest("[data-ticket]").dataset.ticket;

function keep(number) {
  write({
    url: here(),
    name: document.querySelector("h1").textContent.trim(),
    numbers: links().map(numberOf),
    hrefs: links().map((link) => link.getAttribute("href")),
    before: document.querySelector(".pagination [rel='prev']")?.getAttribute("href"),
    after: document.querySelector(".pagination [rel='next']")?.getAttribute("href"),
    current: number,
    scroll: scrollY,
  });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-row-link]");
  if (link) keep(numberOf(link));
  // Whoever goes back finds the list as it was left.
  if (event.target.closest?.("[data-command~='back']")) leaveFor("back");
});

document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-row-resolution]")) keep(event.target.dataset.rowResolution);
  if (event.target.querySelector("[name='then'][value='back']") || event.submitter?.value === "next") leaveFor("back");
});

function leaveFor(way) {
  const order = read();
  if (order) write({ ...order, way });
}

// --- On a ticket ----------------------------------------------------------------------------------

const shown = () => document.querySelector("article[data-ticket]")?.dataset.ticket;

function arrive() {
  const order = read();
  if (order?.numbers.includes(shown())) write({ ...order, current: shown(), way: "" });
  place();
}

function place() {
  const number = shown();
  const order = number && read();
  const at = order ? order.numbers.indexOf(number) : -1;
  if (at < 0) return;
  const { numbers, hrefs, url } = order;
  const page = (query) => query && new URL(query, new URL(url, location.href)).href;
  lead("previous-ticket", hrefs[at - 1] ?? page(order.before));
  lead("next-ticket", hrefs[at + 1] ?? page(order.after));
  lead("back", url);
  fill("[data-list-name]", order.name);
  const figure = document.querySelector("[data-place]");
  figure.textContent = figure.dataset.place.replace("{place}", at + 1).replace("{count}", numbers.length);
  figure.parentElement.hidden = false;
  for (const field of document.querySelectorAll("[data-next-number]")) field.value = numbers[at + 1] ?? "";
  for (const field of document.querySelectorAll("[data-back]")) field.value = numbers[at + 1] ? "" : url;
}

function lead(command, href) {
  const link = document.querySelector(`a[data-command~='${command}']`);
  if (!link) return;
  link.hidden = !href;
  if (href) link.href = href;
}

function fill(selector, text) {
  const element = document.querySelector(selector);
  if (element && text) element.textContent = text;
}

document.addEventListener("htmx:load", place);
document.addEventListener("htmx:oobAfterSwap", place);
addEventListener("pageshow", arrive);
