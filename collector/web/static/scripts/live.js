// Puts new figures in place: fetches this page again and compares what is marked `data-live`. When: every few seconds,
// or where the page names a stream (`data-stream`) as soon as that says that something changed. Only while the page is
// looked at; what somebody is typing or reading with the keyboard is left alone.

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
      old.classList.remove("new");
      void old.offsetWidth; // restarts the animation
      old.classList.add("new");
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

const STALE_MS = 15000;
const news = document.getElementById("news");
let stream = null;
let heardAt = Date.now();

function tell(text) {
  lost.textContent = text;
  lost.hidden = false;
  news?.classList.add("stale");
}

function heard(event) {
  const said = JSON.parse(event.data);
  for (const [key, text] of Object.entries(said.texts)) {
    const node = live.querySelector(`[data-live="${key}"]`);
    if (node) node.textContent = text;
  }
  heardAt = Date.now();
  lost.hidden = true;
  news?.classList.remove("stale");
  if (said.changed) refresh();
}

function follow() {
  if (document.hidden || stream) return;
  heardAt = Date.now();
  stream = new EventSource(live.dataset.stream);
  stream.addEventListener("news", heard);
  stream.addEventListener("ended", () => {
    stream.close();
    live.removeAttribute("data-stream");
    tell(live.dataset.ended);
  });
}

function rest() {
  stream?.close();
  stream = null;
}

function watch() {
  if (live.dataset.stream && stream && Date.now() - heardAt > STALE_MS) {
    tell(`${live.dataset.stale} ${new Date(heardAt).toLocaleTimeString()}`);
  }
}

if (live?.dataset.stream && window.EventSource) {
  follow();
  setInterval(watch, 5000);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) rest();
    else if (live.dataset.stream) {
      refresh();
      follow();
    }
  });
} else if (live) setTimeout(loop, wait);
