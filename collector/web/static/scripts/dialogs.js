// A link with `data-dialog` leads to a page with a form; here the same form opens over this page instead.
// Esc and whatever is marked `data-close` shut it; the focus returns to what opened it by the browser's own rule.

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false; // only a script can open the printer's window
  button.addEventListener("click", () => print());
}

document.addEventListener("click", async (event) => {
  const closing = event.target.closest("dialog [data-close]");
  if (closing) {
    event.preventDefault();
    closing.closest("dialog").close();
    return;
  }
  const link = event.target.closest("a[data-dialog]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  link.closest("dialog")?.close();
  await open(link.href, link);
});

// what was typed into a dialog that was shut without saving is there again when it is opened again
const drafts = new Map();
const named = (form) => [...form.elements].filter((one) => one.name && one.type !== "hidden" && one.type !== "submit");

function keep(form, at) {
  if (form) drafts.set(at, named(form).map((one) => [one.name, one.value, one.checked]));
}

function restore(form, at) {
  for (const [name, value, checked] of drafts.get(at) ?? []) {
    for (const one of named(form).filter((each) => each.name === name)) {
      if (one.type === "radio") one.checked = one.value === value ? checked : one.checked;
      else if (one.type === "checkbox") one.checked = checked;
      else one.value = value;
    }
  }
}

async function open(address, opener) {
  const answer = await fetch(address, { headers: { "HX-Request": "true" }, redirect: "manual" });
  if (!answer.ok) {
    location.assign(address); // the page says what is wrong
    return;
  }
  const dialog = document.createElement("dialog");
  dialog.innerHTML = await answer.text(); // our own template, escaped on the server
  const heading = dialog.querySelector("h2");
  if (heading?.id) dialog.setAttribute("aria-labelledby", heading.id);
  document.body.append(dialog);
  const form = dialog.querySelector("form[method=post]");
  const at = new URL(address, location).pathname;
  if (form) restore(form, at);
  dialog.addEventListener("close", () => {
    if (form && !dialog.dataset.taken) keep(form, at);
    else drafts.delete(at);
    dialog.remove();
    if (opener.isConnected) opener.focus();
  });
  window.htmx?.process(dialog);
  dialog.showModal();
  dialog.querySelector("input:not([type=hidden]), select, textarea")?.focus();
}

// what a form in a dialog is refused for stands in the dialog
document.addEventListener("htmx:beforeSwap", (event) => {
  const place = event.detail.requestConfig?.elt?.closest?.("dialog")?.querySelector(".complaint");
  if (place && event.detail.isError) event.detail.target = place;
});
// a form in a dialog that was taken closes it; one that was refused stays, with its complaint
document.addEventListener("htmx:afterRequest", (event) => {
  const dialog = event.detail.requestConfig?.elt?.closest?.("dialog");
  if (!dialog?.isConnected || !event.detail.successful) return;
  dialog.dataset.taken = "1";
  dialog.close();
});
