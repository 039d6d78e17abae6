// A file may also be dropped on its field (`data-drop`); the name and the size of what was chosen are said below it.
// The field is the browser's own and works without this. What misses it does not replace the page.

const zones = [...document.querySelectorAll("[data-drop]")];
const fieldOf = (zone) => zone.querySelector("input[type=file]");
const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
const zoneOf = (event) => zones.find((zone) => zone.contains(event.target));
const lit = (zone) => zones.forEach((one) => (one.dataset.drop = one === zone ? "over" : "ready"));

function size(bytes) {
  const [unit, much] = bytes < 1000 ? ["byte", bytes] : bytes < 1e6 ? ["kilobyte", bytes / 1000] : ["megabyte", bytes / 1e6];
  const digits = { maximumFractionDigits: unit === "megabyte" ? 1 : 0 };
  return new Intl.NumberFormat(document.documentElement.lang || "en", { style: "unit", unit, ...digits }).format(much);
}

function say(zone) {
  const [file] = fieldOf(zone).files;
  const most = Number(zone.dataset.most);
  const words = file ? [file.name, size(file.size)] : [];
  if (file && most && file.size > most) words.push(zone.dataset.tooLarge);
  zone.querySelector("output").value = words.join(" · ");
}

for (const zone of zones) {
  zone.querySelector("[data-hint]").hidden = false;
  fieldOf(zone).addEventListener("change", () => say(zone));
  if (fieldOf(zone).files.length) say(zone); // a browser that goes back keeps what was chosen
}
if (zones.length) {
  lit();
  document.addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    const zone = zoneOf(event);
    event.dataTransfer.dropEffect = zone ? "copy" : "none";
    lit(zone);
  });
  document.addEventListener("dragleave", (event) => event.relatedTarget === null && lit());
  document.addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    lit();
    const zone = zoneOf(event);
    const [file] = event.dataTransfer.files;
    if (!zone || !file) return;
    const one = new DataTransfer(); // of several the first: the field takes one
    one.items.add(file);
    fieldOf(zone).files = one.files;
    fieldOf(zone).dispatchEvent(new Event("change", { bubbles: true }));
    fieldOf(zone).focus();
  });
}
