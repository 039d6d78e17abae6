// Puts new figures in place: fetches this page again every few seconds and compares what is marked `data-live`.
// No framework, no other host. Everything works without it; then the page is as old as its loading.
"use strict";

const live = document.getElementById("live");
const lost = document.getElementById("lost");
const SLOWEST_MS = 30000;
let wait = live ? Number(live.dataset.everyMs) : 0;
let lastAnswer = new Date();

function rows(root) {
  return [...root.querySelectorAll("[data-row]")].map((row) => row.dataset.row).join("\n");
}

function liveOf(root) {
  return new Map([...root.querySelectorAll("[data-live]")].map((node) => [node.dataset.live, node]));
}

function put(fresh) {
  const now = liveOf(live);
  const next = liveOf(fresh);
  const same = rows(live) === rows(fresh) && now.size === next.size && [...next.keys()].every((key) => now.has(key));
  if (!same) {
    // rows came or went; what somebody is typing or reading with the keyboard is left alone until they are done
    if (!live.contains(document.activeElement)) live.replaceChildren(...fresh.childNodes);
    return;
  }
  for (const [key, node] of next) {
    const old = now.get(key);
    if (old.innerHTML === node.innerHTML && old.className === node.className) continue;
    const changed = old.textContent !== node.textContent;
    old.replaceChildren(...node.childNodes);
    old.className = node.className;
    old.removeAttribute("title");
    if (node.title) old.title = node.title;
    if (changed) {
      old.classList.remove("arrived");
      void old.offsetWidth; // restarts the animation
      old.classList.add("arrived");
    }
  }
}

async function refresh() {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "manual" });
    if (answer.type === "opaqueredirect") {
      location.reload(); // the session ended: the server shows the sign-in page
      return;
    }
    if (!answer.ok) throw new Error(String(answer.status));
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live");
    if (fresh) put(fresh);
    lastAnswer = new Date();
    lost.hidden = true;
    wait = Number(live.dataset.everyMs);
  } catch {
    lost.textContent = `${document.body.dataset.lostTouch} ${lastAnswer.toLocaleTimeString()}`;
    lost.hidden = false;
    wait = Math.min(wait * 2, SLOWEST_MS);
  }
}

async function loop() {
  if (!document.hidden) await refresh();
  setTimeout(loop, wait);
}

if (live) setTimeout(loop, wait);

// `make demo` prints an address that ends in #token=…: it fills in the form; a fragment never reaches a server's log
const token = document.getElementById("token");
if (token && location.hash.startsWith("#token=")) {
  token.value = decodeURIComponent(location.hash.slice("#token=".length));
  history.replaceState(null, "", location.pathname);
}
