// Search and commands over the page: Ctrl K or /. Without script the field in the bar is a link to a page with the same.

const WAIT_MS = 120; // after the last letter
let timer = 0;
let asked = 0;

async function results(palette, text) {
  const turn = ++asked;
  const address = `/search?${new URLSearchParams({ q: text, from: location.pathname })}`;
  const answer = await fetch(address, { headers: { "HX-Request": "true" }, redirect: "manual" });
  if (turn !== asked || !palette.open) return; // a later letter was faster
  if (answer.type === "opaqueredirect") return location.reload();
  if (answer.ok) palette.querySelector(".found").innerHTML = await answer.text();
}

function open() {
  const link = document.querySelector("a[data-palette]");
  if (!link || document.querySelector("dialog[open]")) return;
  const palette = document.createElement("dialog");
  palette.className = "palette";
  const label = link.querySelector("span").textContent;
  palette.setAttribute("aria-label", label);
  const field = Object.assign(document.createElement("input"), { type: "search", placeholder: label, maxLength: 64 });
  field.setAttribute("aria-label", label);
  const found = Object.assign(document.createElement("div"), { className: "found" });
  found.setAttribute("role", "status");
  palette.append(field, found);
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => results(palette, field.value), WAIT_MS);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") found.querySelector("a, button")?.click();
  });
  palette.addEventListener("click", (event) => event.target === palette && palette.close());
  palette.addEventListener("close", () => palette.remove());
  document.body.append(palette);
  palette.showModal();
  results(palette, "");
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-palette]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  open();
});
addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select");
  const slash = event.key === "/" && !typing && document.documentElement.dataset.keys !== "off";
  if (slash || ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k")) {
    event.preventDefault();
    open();
  }
});
