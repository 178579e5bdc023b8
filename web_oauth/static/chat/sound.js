// Sound in a message: a player that starts only when somebody presses play, and one at a time.

import { make } from "./dom.js";

const SOUNDS = new Set(["audio/ogg", "audio/mpeg", "audio/wav", "audio/flac", "audio/mp4", "audio/webm"]);

export const isSound = (file) => SOUNDS.has(file.mime);

/** What can be seen asks for its length; a long history does not ask for all of its sounds at once. */
const seen = new IntersectionObserver((changes) => {
  for (const { isIntersecting, target } of changes) {
    if (!isIntersecting) continue;
    target.preload = "metadata";
    seen.unobserve(target);
  }
});

/** Seconds as players show them: 7.6 is "0:07". */
export function lengthOf(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

export function drawSound(file, href) {
  const name = file.kind === "voice" ? "Voice note" : file.name;
  const length = make("span.length", {}, file.duration ? lengthOf(file.duration) : "");
  const audio = make("audio", { controls: true, preload: "none", src: href, "aria-label": name });
  const sound = make("figure.sound", {}, make("figcaption", {}, make("span", {}, name), length), audio);
  audio.addEventListener("play", () => {
    for (const other of document.querySelectorAll("audio")) if (other !== audio) other.pause();
  });
  audio.addEventListener("loadedmetadata", () => {
    if (Number.isFinite(audio.duration)) length.textContent = lengthOf(audio.duration);
  });
  audio.addEventListener("error", () => {
    const again = make("button", { type: "button", onclick: () => sound.replaceWith(drawSound(file, href)) }, "Try again");
    audio.replaceWith(make("p.bad", {}, "This does not play. ", again, make("a", { href, download: file.name }, "Save it")));
  });
  seen.observe(audio);
  return sound;
}
