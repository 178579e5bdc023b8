// A voice note that can be listened to: a button, its waveform to jump in, its length.

import { icon, make } from "./dom.js";

const BARS = 34;
const LARGEST = 5e6; // bytes whose waveform is worth drawing

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

export function player(url, duration, label = "voice message") {
  const audio = new Audio();
  audio.preload = "none";
  audio.src = url;
  const bars = Array.from({ length: BARS }, () => make("i"));
  const seek = make("input", { type: "range", min: 0, max: 1000, value: 0, "aria-label": `Position in the ${label}` });
  const time = make("span.time", {}, clock(duration || 0));
  const button = make("button.play", { type: "button", "aria-label": `Play ${label}` }, icon("play"));
  const length = () => (Number.isFinite(audio.duration) && audio.duration) || duration || 0;

  const show = () => {
    const playing = !audio.paused && !audio.ended;
    button.setAttribute("aria-label", `${playing ? "Pause" : "Play"} ${label}`);
    button.replaceChildren(icon(playing ? "pause" : "play"));
    const share = length() ? audio.currentTime / length() : 0;
    bars.forEach((bar, index) => bar.classList.toggle("past", index < share * BARS));
    time.textContent = clock(playing || audio.currentTime ? audio.currentTime : length());
    seek.value = share * 1000;
  };
  button.addEventListener("click", () => (audio.paused ? audio.play().catch(() => failed(time)) : audio.pause()));
  seek.addEventListener("input", () => (audio.currentTime = (seek.value / 1000) * length()));
  for (const event of ["play", "pause", "timeupdate", "ended", "durationchange"]) audio.addEventListener(event, show);
  draw(url, bars).then((seconds) => {
    duration ||= seconds;
    show();
  });
  return make("div.voice", { role: "group", "aria-label": label }, button, make("div.wave", {}, ...bars, seek), time);
}

function failed(time) {
  time.textContent = "this browser cannot play it";
}

/** Gives its length in seconds; 0 when it cannot be read. */
async function draw(url, bars) {
  try {
    const content = await (await fetch(url)).arrayBuffer();
    if (content.byteLength > LARGEST) return 0;
    const sound = await new OfflineAudioContext(1, 1, 48000).decodeAudioData(content);
    const samples = sound.getChannelData(0);
    const step = Math.max(1, Math.floor(samples.length / bars.length));
    const peaks = bars.map((_, index) => peak(samples, index * step, (index + 1) * step));
    const most = Math.max(...peaks, 0.01);
    bars.forEach((bar, index) => (bar.style.height = `${12 + 88 * (peaks[index] / most)}%`));
    return sound.duration;
  } catch {
    return 0; // it stays a flat line: the button still plays it
  }
}

function peak(samples, from, to) {
  let most = 0;
  for (let at = from; at < to; at += 16) most = Math.max(most, Math.abs(samples[at] ?? 0));
  return most;
}
