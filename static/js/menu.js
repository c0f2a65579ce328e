// A <details data-menu> closes on Escape, on a click elsewhere, when another one opens, and when the
// focus leaves it, so that it does not cover what has it next.
const openMenus = () => document.querySelectorAll("details[data-menu][open]");

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("focusin", (event) => {
  for (const menu of openMenus()) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    // Escape has done its work: it does not leave the page as well.
    event.preventDefault();
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
