// What just happened can be put away: [data-dismiss] removes the flash it stands in.
document.addEventListener("click", (event) => {
  event.target.closest?.("[data-dismiss]")?.closest(".flash")?.remove();
});
