// Keys and news for the page of a counter. Without this script its forms work all the same.
"use strict";

const QUIET_MS = 15000; // the kiosk sends a beat every 5 s
const BOUNCE_MS = 300; // a second press of the same key is no second act

const live = document.getElementById("live");
const lost = document.getElementById("lost");
let busy = false;
let missed = false; // news that came while something was being done or chosen
let actedAt = -BOUNCE_MS;
let heardAt = performance.now();
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
  if (!missed || busy) return;
  missed = false;
  try {
    const answer = await fetch("/counter");
    const now = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live");
    if (now && !busy) show(now.innerHTML);
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

async function send(form, button) {
  if (busy) return;
  busy = true;
  const fields = new URLSearchParams(new FormData(form, button));
  try {
    const answer = await fetch(form.action, { method: "POST", body: fields });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const main = page.getElementById("live");
    if (!main) {
      location.assign(answer.redirected ? answer.url : "/counter"); // logged out, or something to be read
      return;
    }
    document.querySelectorAll("main > .note[role=status]").forEach((one) => one.remove());
    const told = page.querySelector("main > .note[role=status]");
    if (told) live.before(told);
    for (const details of live.querySelectorAll("details[open]")) details.open = false;
    if (document.activeElement) document.activeElement.blur();
    document.title = page.title;
    show(main.innerHTML);
    document.getElementById("primary")?.focus({ preventScroll: true });
  } catch {
    lost.hidden = false;
  } finally {
    busy = false;
    if (button?.id === "primary") actedAt = performance.now();
    catchUp();
  }
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

function listen() {
  const source = new EventSource("/counter/events");
  heardAt = performance.now();
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
    if (busy) missed = true;
    else show(told.html);
  });
  const watch = setInterval(() => {
    countDown();
    const quiet = performance.now() - heardAt;
    lost.hidden = quiet < QUIET_MS;
    if (source.readyState === EventSource.CLOSED || quiet > 2 * QUIET_MS) {
      clearInterval(watch);
      source.close();
      setTimeout(listen, 2000);
    }
  }, 500);
}

countDown();
listen();
