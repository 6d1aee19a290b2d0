// News, clock and voice of the board. It runs for weeks: nothing here grows.
"use strict";

const QUIET_MS = 15000; // the kiosk sends a beat every 5 s
const KEPT_KEYS = 200;
const LONGEST_MS = 40000; // of one announcement; a loudspeaker that hangs does not silence the hall for ever

const live = document.getElementById("live");
const lost = document.getElementById("lost");
const voice = document.getElementById("voice");
const button = document.getElementById("sound");
const { zone, language, version } = document.body.dataset;
const silent = "silent" in document.body.dataset; // another board of this hall speaks

// -- clock: the kiosk's time, carried on by this machine's own counter while the kiosk is silent
let kioskAt = Number(document.body.dataset.now);
let heardAt = performance.now();
const clockWords = new Intl.DateTimeFormat("vi-VN", { timeZone: zone, hour: "2-digit", minute: "2-digit", hour12: false });
const dateWords = new Intl.DateTimeFormat(language === "en" ? "en-GB" : "vi-VN", { timeZone: zone, weekday: "long", day: "numeric", month: "numeric", year: "numeric" });

function write(id, text) {
  const place = document.getElementById(id);
  if (place.textContent !== text) place.textContent = text;
}

function tick() {
  const now = new Date(kioskAt + performance.now() - heardAt);
  write("clock", clockWords.format(now));
  write("date", dateWords.format(now));
  const quiet = performance.now() - heardAt > QUIET_MS;
  lost.hidden = !quiet;
  document.body.classList.toggle("gone", quiet);
}

// -- voice: one announcement after the other, each a whole sound of the kiosk's making
const known = [];
let waiting = [];
let speaking = false;
let first = true;

function announce() {
  if (silent) return;
  const now = [...document.querySelectorAll("#say li")].map((one) => ({ ...one.dataset }));
  const fresh = now.filter((one) => !known.includes(one.key));
  known.push(...fresh.map((one) => one.key));
  known.splice(0, Math.max(0, known.length - KEPT_KEYS));
  const keys = now.map((one) => one.key);
  // who is no longer named, since the hall cannot be read, may come again unheard
  for (const one of waiting) if (!keys.includes(one.key)) known.splice(known.indexOf(one.key), 1);
  waiting = waiting.filter((one) => keys.includes(one.key)); // who is at the desk already need not be called
  if (!first) waiting.push(...fresh); // what was called before this board was switched on, was heard or will be again
  first = false;
  speak();
}

function speak() {
  if (speaking || !waiting.length) return;
  speaking = true;
  const next = waiting.shift();
  const tooLong = setTimeout(() => done(), LONGEST_MS);
  const done = () => {
    if (voice.dataset.key !== next.key) return;
    clearTimeout(tooLong);
    voice.dataset.key = "";
    speaking = false;
    speak();
  };
  voice.dataset.key = next.key;
  voice.onended = voice.onerror = done;
  voice.src = next.sound;
  voice.play().then(() => (button.hidden = true), (error) => {
    if (error.name === "NotAllowedError") button.hidden = false;
    done();
  });
}

button.addEventListener("click", () => {
  button.hidden = true;
  if (speaking) return;
  voice.onended = voice.onerror = null;
  voice.src = "/board/voice/test.wav";
  voice.play().catch(() => (button.hidden = false));
});

function askForSound() {
  const probe = new AudioContext(); // runs only where sound may be made without a touch
  setTimeout(() => {
    button.hidden = probe.state === "running";
    probe.close();
  }, 500);
}

// -- news
function listen() {
  const source = new EventSource(`/board/events?lang=${language}`);
  const openedAt = performance.now();
  const heard = (event) => {
    const told = JSON.parse(event.data);
    kioskAt = told.now;
    heardAt = performance.now();
    if (told.version !== version) location.reload();
    tick();
    return told;
  };
  source.addEventListener("beat", heard);
  source.addEventListener("hall", (event) => {
    live.innerHTML = heard(event).html;
    announce();
  });
  const watch = setInterval(() => {
    const quiet = performance.now() - Math.max(heardAt, openedAt);
    if (source.readyState === EventSource.CLOSED || quiet > 2 * QUIET_MS) {
      clearInterval(watch);
      source.close();
      setTimeout(listen, 2000);
    }
  }, 1000);
}

tick();
setInterval(tick, 500);
announce();
askForSound();
listen();
