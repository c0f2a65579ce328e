// A live fragment takes the place of what it describes, not of what somebody is doing there.
//
// What is being typed into stays as it is; a <details data-keep-open> that was open opens again.
//
// In a [data-shelf], which scrolls sideways on a narrow screen, the current link is in view.
const openIds = new Set();

function isBusy(target) {
  const active = document.activeElement;
  const isField = active?.matches("input, select, textarea");
  return (isField && target.contains(active)) || target.querySelector("details[data-menu][open]") !== null;
}

function beforeSwap(event) {
  const target = event.detail.target;
  if (event.type === "htmx:oobBeforeSwap" && isBusy(target)) event.detail.shouldSwap = false;
  for (const details of target.querySelectorAll("details[data-keep-open][open]")) openIds.add(details.id);
}

document.addEventListener("htmx:beforeSwap", beforeSwap);
document.addEventListener("htmx:oobBeforeSwap", beforeSwap);
document.addEventListener("htmx:load", () => {
  for (const id of openIds) {
    const details = document.getElementById(id);
    if (details) details.open = true;
  }
  openIds.clear();
});

for (const shelf of document.querySelectorAll("[data-shelf]")) {
  const current = shelf.querySelector("[aria-current]")?.getBoundingClientRect();
  const room = shelf.getBoundingClientRect();
  if (current) shelf.scrollLeft += current.left + current.width / 2 - room.left - room.width / 2;
}
