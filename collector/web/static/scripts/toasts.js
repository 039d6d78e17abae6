// After an act by keyboard the focus goes to Undo; after one by pointer it stays where it is. A toast stays until the
// next act or the next page.

let byKeyboard = false;
addEventListener("keydown", () => (byKeyboard = true), true);
addEventListener("pointerdown", () => (byKeyboard = false), true);

document.addEventListener("htmx:oobAfterSwap", (event) => {
  if (event.detail.target?.id !== "toasts" && event.target?.id !== "toasts") return;
  if (byKeyboard) document.querySelector("#toasts button")?.focus();
});
