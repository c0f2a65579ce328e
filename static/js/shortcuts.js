// Runs commands: by their keys, and for the palette.
//
// Hooks:
//   <script id="shortcuts">       the list of commands as tickets/web/shortcuts.py describes it
//   [data-command="reply note"]   the element that offers these commands; it is clicked, unless a
//                                 behaviour cancels the event `command` (its detail: the code).
//                                 <details> open, a field or a section takes the focus.
//   [data-focus="selector"]       what takes the focus afterwards
//
// On document:
//   `commands-wanted`             detail.offer(command) is called for each command of this page
//   `command-wanted`              detail is the code of one to run

const list = document.getElementById("shortcuts");
const { isOn, unsent, commands } = JSON.parse(list.textContent);
const isApple = /mac|iphone|ipad/i.test(navigator.userAgentData?.platform ?? navigator.platform);
const FIELDS = "input, textarea, select, [contenteditable]:not([contenteditable='false'])";
const FOCUSABLE = "input:not([type='hidden']), select, textarea, button, a[href]";
const SEQUENCE = 1_500; // so long the second key of "g q" is waited for

// --- What was pressed -------------------------------------------------------------------------

// As the registry writes keys; null for what is no shortcut here. The character counts, not the
// place on the keyboard; Shift and AltGr only matter for how some keyboards reach "?" or "]".
function chordOf(event) {
  const key = event.key === " " ? "Space" : event.key;
  const isLetter = key.toLowerCase() !== key.toUpperCase() && key.length === 1;
  const isAltGraph = event.getModifierState("AltGraph") && key.length === 1 && !isLetter;
  const isHeld = event.ctrlKey || event.metaKey;
  if (isAltGraph) return key;
  if (event.altKey || (event.shiftKey && (isHeld || isLetter || key.length > 1))) return null;
  if (!isHeld) return isLetter ? key.toLowerCase() : key;
  const isMod = isApple ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
  return isMod ? `mod+${isLetter ? key.toLowerCase() : key}` : null;
}

let first = null;
let forgetting;

function expect(chord) {
  clearTimeout(forgetting);
  first = chord;
  if (chord) forgetting = setTimeout(() => (first = null), SEQUENCE);
}

function isHeard(command, key, event) {
  if (event.repeat && !command.isRepeatable) return false;
  if (key.startsWith("mod+")) return true;
  if (!isOn || document.querySelector("dialog[open]")) return false;
  if (isWithin(event, FIELDS) !== command.isForFields) return false;
  // Enter and Space belong to the link or the button that has the focus; a row is looked at.
  const isOwn = isWithin(event, key === "Space" ? "a:not([data-row-link]), button, summary" : "a, button, summary");
  return !isOwn || (key !== "Enter" && key !== "Space");
}

const isWithin = (event, selector) => event.target instanceof Element && event.target.closest(selector) !== null;

document.addEventListener("keydown", (event) => {
  // While a word is being composed every key belongs to it (229: so older browsers say it).
  if (event.defaultPrevented || event.isComposing || event.keyCode === 229) return;
  if (["Shift", "Control", "Alt", "Meta", "AltGraph"].includes(event.key)) return;
  const chord = chordOf(event);
  const key = first && chord ? `${first} ${chord}` : chord;
  expect(null);
  const hears = (each) => isHeard(each, key, event) && find(each, event) !== null;
  const command = commands.find((each) => each.keys.includes(key) && hears(each));
  if (command) run(command, event);
  else if (commands.some((each) => begins(each, chord) && hears(each))) expect(chord);
  else return;
  event.preventDefault();
});

const begins = ({ keys }, chord) => keys.some((key) => key.startsWith(`${chord} `));

// --- What is done -----------------------------------------------------------------------------

function find(command, event) {
  for (const target of command.targets) {
    for (const element of document.querySelectorAll(target)) {
      if (element.disabled || element.closest("[hidden]")) continue;
      // What is done while writing is done where it is written.
      if (command.code === "send" && !writing(event)) continue;
      if (command.code === "leave-field" && !element.contains(event?.target)) continue;
      return element;
    }
  }
  return null;
}

const writing = (event) => event?.target.closest?.("[data-command~='send'] form") ?? null;

function run(command, event) {
  const element = find(command, event);
  const heard = new CustomEvent("command", { bubbles: true, cancelable: true, detail: command.code });
  if (!element?.dispatchEvent(heard)) return;
  if (command.code === "send") return writing(event).requestSubmit();
  if (element.matches("a[href]") && !mayLeave()) return;
  act(element);
}

function act(element) {
  let then = element.dataset.focus ? document.querySelector(element.dataset.focus) : null;
  if (element.matches("details")) {
    element.open = element.matches("[data-menu]") || !element.open;
    then ??= element.matches("[data-menu]") ? firstIn(element) : element.querySelector("summary");
  } else if (element.matches("section, textarea, select, input:not([type='radio'], [type='checkbox'])")) {
    then ??= element;
  } else {
    element.click();
  }
  then?.focus();
}

function firstIn(details) {
  return [...details.querySelectorAll(FOCUSABLE)].find((field) => field.closest("summary") === null);
}

// A key pressed in passing must not cost somebody what they wrote.
function mayLeave() {
  const texts = [...document.querySelectorAll(".composer textarea")];
  return texts.every((text) => text.value === text.defaultValue) || confirm(unsent);
}

// --- For the palette --------------------------------------------------------------------------

document.addEventListener("commands-wanted", ({ detail }) => {
  for (const command of commands) {
    if (command.isInPalette && find(command)) detail.offer(command);
  }
});

document.addEventListener("command-wanted", ({ detail }) => {
  const command = commands.find(({ code }) => code === detail);
  if (command) run(command);
});
