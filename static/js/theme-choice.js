// The three radio buttons named "theme": light, dark, system.
const root = document.documentElement;

for (const choice of document.querySelectorAll("input[name='theme']")) {
  choice.checked = choice.value === (root.dataset.theme ?? "system");
  choice.addEventListener("change", () => {
    if (choice.value === "system") delete root.dataset.theme;
    else root.dataset.theme = choice.value;
    try {
      if (choice.value === "system") localStorage.removeItem("theme");
      else localStorage.setItem("theme", choice.value);
    } catch {
      // Storage is switched off: the choice lasts as long as the page.
    }
  });
}
