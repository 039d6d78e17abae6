// A slider says its value while it moves, in the page's own way to write numbers.
const written = new Intl.NumberFormat(document.documentElement.lang || "en", { maximumFractionDigits: 2 });

document.addEventListener("input", (event) => {
  if (!event.target.matches?.("input[type=range]")) return;
  const said = document.querySelector(`output[for="${CSS.escape(event.target.id)}"]`);
  if (said) said.value = written.format(event.target.value);
});
