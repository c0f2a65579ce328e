// Copies the ticket's number; a second time within a moment adds the title, a third time the link.
//
// Hooks: [data-command~="copy-number"] in [data-ticket], #ticket-subject, #toast[data-copied].

const MOMENT = 1_500;
const toast = document.getElementById("toast");
let times = 0;
let resting, hiding;

async function copy(element) {
  const { ticket } = element.closest("[data-ticket]").dataset;
  times = (times % 3) + 1;
  clearTimeout(resting);
  resting = setTimeout(() => (times = 0), MOMENT);
  const title = document.getElementById("ticket-subject").textContent.trim();
  const parts = [`#${ticket}`, title, `${location.origin}${location.pathname}`];
  const text = parts.slice(0, times).join(" ");
  try {
    await navigator.clipboard.writeText(text);
    tell(toast.dataset.copied.replace("{text}", text));
  } catch {
    tell(toast.dataset.refused);
  }
}

function tell(text) {
  clearTimeout(hiding);
  toast.textContent = text;
  hiding = setTimeout(() => (toast.textContent = ""), 3_000);
}

document.addEventListener("click", (event) => {
  const element = event.target.closest?.("[data-command~='copy-number']");
  if (element) copy(element);
});
