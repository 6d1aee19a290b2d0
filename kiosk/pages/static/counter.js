// Keys and news for the page of a counter. Without this script its forms work all the same.
"use strict";

const QUIET_MS = 15000; // the kiosk sends a beat every 5 s
const BOUNCE_MS = 300; // a second press of the same key is no second act
const AGAIN_MS = 2000; // until a lost kiosk is asked again
const TOLD_MS = 10000; // what an act has told stays so long; then it goes with the next news

const live = document.getElementById("live");
const lost = document.getElementById("lost");
let busy = false;
let pressed = false; // a button or key is down: what it means stays where it is
let missed = false; // news that came while something was being done or chosen
let actedAt = -BOUNCE_MS;
let heardAt = performance.now();
let toldAt = heardAt;
let ahead = 0; // of the kiosk's clock before this computer's, ms

function show(html) {
  const open = [...live.querySelectorAll("details[open]")].map((one) => one.id);
  const focus = live.contains(document.activeElement) ? document.activeElement : null;
  const typing = focus && focus.matches("select, input, summary, details *");
  const kept = typing && focus.id;
  if (typing && focus.matches("select")) {
    missed = true; // somebody is choosing
    return;
  }
  live.innerHTML = html;
  for (const id of open) {
    const details = id && document.getElementById(id);
    if (details) details.open = true;
  }
  const target = (kept && document.getElementById(kept)) || (!typing && document.getElementById("primary"));
  if (target) target.focus({ preventScroll: true });
  countDown();
}

async function catchUp() {
  if (!missed || busy || pressed) return;
  missed = false;
  try {
    const answer = await fetch("/counter");
    const now = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live");
    if (now && !busy && !pressed) show(now.innerHTML);
    else if (now) missed = true;
  } catch {
    missed = true; // with the next news, or the next beat
  }
}

function countDown() {
  const now = Date.now() + ahead;
  for (const button of live.querySelectorAll("button[data-ready]")) {
    const seconds = Math.ceil((Number(button.dataset.ready) - now) / 1000);
    button.disabled = seconds > 0;
    button.querySelector("kbd").textContent = seconds > 0 ? `${seconds} s` : button.dataset.key.replace("Key", "");
  }
}

// What the last act has to tell stands alone above the page.
function tell(note) {
  document.querySelectorAll("main > .note:not(#lost)").forEach((one) => one.remove());
  toldAt = performance.now();
  if (note) live.before(note);
}

function forgetTold() {
  for (const note of document.querySelectorAll("main > .note[role=status]")) {
    setTimeout(() => note.remove(), Math.max(0, toldAt + TOLD_MS - performance.now()));
  }
}

async function send(form, button) {
  if (busy) return;
  busy = true;
  const fields = new URLSearchParams(new FormData(form, button));
  try {
    const answer = await fetch(form.action, { method: "POST", body: fields });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const main = page.getElementById("live");
    if (!main) {
      const why = page.querySelector("main .note");
      if (answer.redirected || !why) {
        location.assign(answer.redirected ? answer.url : "/counter"); // logged out
        return;
      }
      tell(why); // whatever was done all the same comes as news
      return;
    }
    tell(page.querySelector("main > .note[role=status]"));
    for (const details of live.querySelectorAll("details[open]")) details.open = false;
    if (document.activeElement) document.activeElement.blur();
    document.title = page.title;
    show(main.innerHTML);
    document.getElementById("primary")?.focus({ preventScroll: true });
  } catch {
    heardAt = Math.min(heardAt, performance.now() - QUIET_MS);
    lost.hidden = false;
  } finally {
    busy = false;
    if (button?.id === "primary") actedAt = performance.now();
    catchUp();
  }
}

for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => (pressed = true), true);
for (const kind of ["pointerup", "pointercancel", "keyup", "blur"]) {
  addEventListener(kind, (event) => {
    if (kind === "blur" && event.target !== window) return;
    pressed = false;
    setTimeout(catchUp); // after the click
  }, true);
}

document.addEventListener("submit", (event) => {
  if (!live.contains(event.target)) return;
  event.preventDefault();
  if (event.submitter?.id === "primary" && performance.now() - actedAt < BOUNCE_MS) return;
  send(event.target, event.submitter);
});

document.addEventListener("keydown", (event) => {
  if (event.repeat && ["Space", "Enter"].includes(event.code)) event.preventDefault(); // a key that is held
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target.matches("input, select, textarea")) return;
  const onControl = event.target.matches("button, a, summary");
  let code = event.code === "NumpadEnter" ? "Enter" : event.code;
  if (["Space", "Enter"].includes(code)) {
    if (onControl) return; // the browser presses what has the focus
    code = "Space";
  }
  if (code === "Escape") for (const details of live.querySelectorAll("details[open]")) details.open = false;
  const target = live.querySelector(`[data-key="${CSS.escape(code)}"]:not([disabled])`);
  if (!target) return;
  event.preventDefault();
  target.click();
});

// Enter means what was opened, not the main act behind it.
live.addEventListener("toggle", ({ target: details }) => {
  const form = details.querySelector("form");
  const focus = document.activeElement;
  if (!details.open) {
    if (form.contains(focus) || focus === document.body) document.getElementById("primary")?.focus({ preventScroll: true });
    return;
  }
  for (const other of live.querySelectorAll("details[open]")) if (other !== details) other.open = false;
  if (!form.contains(focus)) form.querySelector("button")?.focus({ preventScroll: true });
}, true);

// The kiosk has closed the stream: it is logged out here, or has no place just now.
async function askAgain() {
  try {
    const answer = await fetch("/counter");
    if (answer.redirected) {
      location.assign(answer.url);
      return;
    }
  } catch {
    // still away
  }
  listen();
}

function listen() {
  const source = new EventSource("/counter/events");
  const openedAt = performance.now();
  const heard = (event) => {
    const told = JSON.parse(event.data);
    heardAt = performance.now();
    ahead = told.now - Date.now();
    lost.hidden = true;
    if (told.version !== live.dataset.version) location.reload();
    return told;
  };
  source.addEventListener("beat", (event) => {
    heard(event);
    if (!live.querySelector("select:focus")) catchUp();
  });
  source.addEventListener("hall", (event) => {
    const told = heard(event);
    forgetTold();
    if (busy || pressed) missed = true;
    else show(told.html);
  });
  const watch = setInterval(() => {
    countDown();
    const now = performance.now();
    lost.hidden = now - heardAt < QUIET_MS;
    const closed = source.readyState === EventSource.CLOSED;
    if (closed || now - Math.max(heardAt, openedAt) > 2 * QUIET_MS) {
      clearInterval(watch);
      source.close();
      setTimeout(closed ? askAgain : listen, AGAIN_MS);
    }
  }, 500);
}

countDown();
listen();
