// A <dialog data-dialog> closes on a click beside it and on [data-close]; Escape and giving the focus
// back are the browser's. The sheet of shortcuts opens here: [data-command~="sheet"] is a link to its
// page, so that it also works where this file does not.

const sheet = document.getElementById("sheet");

function openSheet() {
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  for (const menu of document.querySelectorAll("details[data-menu][open]")) menu.open = false;
  document.getElementById("sheet-body").dispatchEvent(new CustomEvent("sheet-wanted"));
  sheet.showModal();
}

document.addEventListener("click", (event) => {
  const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  if (isPlain && event.target.closest?.("[data-command~='sheet']")) {
    event.preventDefault();
    openSheet();
    return;
  }
  // A click beside the dialog reaches it as its own.
  const dialog = event.target.closest?.("dialog[data-dialog]");
  if (dialog && (event.target === dialog || event.target.closest("[data-close]"))) dialog.close();
});

document.addEventListener("command", (event) => {
  if (event.detail !== "sheet") return;
  event.preventDefault();
  openSheet();
});

// The key that opened a dialog closes it.
sheet?.addEventListener("keydown", (event) => {
  if (event.key !== "?") return;
  event.preventDefault();
  sheet.close();
});
