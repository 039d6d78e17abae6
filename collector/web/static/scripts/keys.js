// Single letters, outside fields only; the person's menu switches them off (WCAG 2.1.4).
//   J K next and previous call · L log a touch · E evidence · D done · S snooze · G then T A F S go · ? the list

const off = () => document.documentElement.dataset.keys === "off";
const typing = (node) => node.closest?.("input, textarea, select, [contenteditable]");
const calls = () => [...document.querySelectorAll(".call:not(.done)")];
let going = -Infinity; // when G was pressed
const GO_MS = 1500;

function current() {
  const all = calls();
  return all.find((call) => call.contains(document.activeElement)) ?? null;
}

function move(step) {
  const all = calls();
  if (!all.length) return;
  const at = all.indexOf(current());
  const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
  next.querySelector(".who a")?.focus();
  next.scrollIntoView({ block: "nearest" });
}

const acts = {
  j: () => move(1),
  k: () => move(-1),
  l: () => (current() ?? document).querySelector("[data-key=l]")?.click(),
  e: () => current()?.querySelector("summary")?.click(),
  d: () => current()?.querySelector("[data-key=d]")?.click(),
  s: () => current()?.querySelector("[data-key=s]")?.click(),
  g: () => (going = performance.now()),
  "?": () => document.querySelector("a[data-keys-list]")?.click(),
};

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || off() || typing(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  const key = event.key.toLowerCase();
  if (performance.now() - going < GO_MS && key !== "g") {
    going = -Infinity;
    const place = document.querySelector(`[data-go="${CSS.escape(key)}"]`);
    if (place) {
      event.preventDefault();
      place.click();
    }
    return;
  }
  if (acts[key]) {
    event.preventDefault();
    acts[key]();
  }
});

// in menus: arrows walk, Home and End jump; Esc is the browser's own
addEventListener("keydown", (event) => {
  const menu = event.target.closest?.(".menu, .palette");
  if (!menu || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
  const stops = [...menu.querySelectorAll("input[type=search], a, button")];
  const at = stops.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1);
  event.preventDefault();
  stops[(at + stops.length) % stops.length]?.focus();
});
document.addEventListener("toggle", (event) => {
  if (event.newState === "open" && event.target.matches?.(".menu")) event.target.querySelector("a, button")?.focus();
}, true);
