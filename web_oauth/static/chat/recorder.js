// A voice note: from the press on the microphone until it is sent or thrown away.

import { $, say } from "./dom.js";
import { lengthOf } from "./sound.js";
import { withLength } from "./webm.js";

const LONGEST = 10 * 60; // seconds
const LARGEST = 10 * 1024 * 1024 - 256 * 1024; // bytes; one more second fits
const SHORTEST = 0.5; // seconds; less is a slip of the finger
const BITS = 48_000; // per second: clear speech
const LOOK = 100; // milliseconds between two looks at clock and level
const TYPES = { "audio/webm;codecs=opus": "webm", "audio/mp4": "m4a", "audio/ogg;codecs=opus": "ogg" };
const REFUSALS = {
  NotAllowedError: "The microphone is blocked for this page. Allow it beside the address, then press the button again.",
  NotFoundError: "There is no microphone. Connect one, then press the button again.",
  NotReadableError: "Another program holds the microphone. Close it there, then press the button again.",
};

export class Recorder {
  #take = null;
  #asking = false;
  #timer = 0;

  /** `send(file, seconds)` when a recording is to go out; `tell(words)` when something does not work. */
  constructor({ send, tell }) {
    Object.assign(this, { send, tell });
    $("record").addEventListener("click", () => this.start());
    $("record-cancel").addEventListener("click", () => this.cancel());
    $("record-send").addEventListener("click", () => this.finish());
    document.addEventListener("keydown", (event) => this.#key(event), true);
    addEventListener("beforeunload", (event) => this.#take && event.preventDefault());
  }

  async start() {
    if (this.#asking || this.#take) return;
    const why = missing();
    if (why) return this.tell(why);
    this.#asking = true;
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      const take = new Take(stream, () => take === this.#take && this.#hold());
      this.#take = take;
    } catch (error) {
      return this.tell(REFUSALS[error.name] ?? `The microphone does not work: ${error.message}`);
    } finally {
      this.#asking = false;
    }
    this.tell("");
    $("record-words").textContent = "Recording";
    this.#show(true);
    this.#look();
    this.#timer = setInterval(() => this.#look(), LOOK);
    say("Recording. Enter sends it, Escape cancels it.");
  }

  cancel() {
    this.#end()?.stop();
    say("Recording cancelled");
  }

  async finish() {
    const take = this.#end();
    if (!take) return;
    const file = await take.file();
    if (take.seconds < SHORTEST || !file.size) return this.tell("Nothing was recorded: that was too short.");
    this.send(file, take.seconds);
  }

  /** It is over by itself: too long, too large, or the microphone is gone. What there is can still be sent. */
  #hold() {
    const take = this.#take;
    clearInterval(this.#timer);
    $("recording").classList.add("held");
    const most = take.seconds >= LONGEST || take.size >= LARGEST;
    $("record-words").textContent = most ? "That is the most one can take" : "The microphone is gone";
    say(`${$("record-words").textContent}. Enter sends it, Escape cancels it.`);
  }

  #end() {
    const take = this.#take;
    this.#take = null;
    clearInterval(this.#timer);
    this.#show(false);
    return take;
  }

  #show(yes) {
    $("recording").hidden = !yes;
    $("recording").classList.remove("held");
    $("line").hidden = yes;
    $(yes ? "record-send" : "record").focus();
  }

  #look() {
    const take = this.#take;
    $("record-time").textContent = lengthOf(take.seconds);
    $("recording").style.setProperty("--level", take.level.toFixed(2));
    if (take.seconds >= LONGEST || take.size >= LARGEST) take.stop();
  }

  #key(event) {
    if (!this.#take || $("panel").contains(event.target) || event.isComposing) return;
    const cancels = event.key === "Escape";
    // A key that is held down since it began the recording does not end it.
    const sends = event.key === "Enter" && (event.repeat || event.target.tagName !== "BUTTON");
    if (!cancels && !sends) return;
    event.preventDefault();
    event.stopImmediatePropagation(); // Escape would also stop an answer
    if (cancels) this.cancel();
    else if (!event.repeat) this.finish();
  }
}

function missing() {
  if (!navigator.mediaDevices) return "Recording works only at a safe address: open this page at http://localhost or over https.";
  const able = window.MediaRecorder && Object.keys(TYPES).some((type) => MediaRecorder.isTypeSupported(type));
  return able ? "" : "This browser cannot record. Attach a sound file instead.";
}

/** One recording, begun at once. `over()` when it ends. */
class Take {
  #parts = [];
  #began = performance.now();
  #seconds = null;

  constructor(stream, over) {
    this.type = Object.keys(TYPES).find((type) => MediaRecorder.isTypeSupported(type));
    this.size = 0;
    this.stream = stream;
    this.meter = new Meter(stream);
    this.media = new MediaRecorder(stream, { mimeType: this.type, audioBitsPerSecond: BITS });
    this.media.addEventListener("dataavailable", ({ data }) => {
      this.#parts.push(data);
      this.size += data.size;
    });
    this.over = new Promise((resolve) => this.media.addEventListener("stop", resolve)).then(() => {
      this.#close();
      over();
    });
    this.media.start(1000);
  }

  get seconds() {
    return this.#seconds ?? (performance.now() - this.#began) / 1000;
  }

  get level() {
    return this.meter.level;
  }

  stop() {
    if (this.media.state !== "inactive") this.media.stop();
  }

  async file() {
    this.stop();
    await this.over;
    const type = this.media.mimeType || this.type;
    const whole = await withLength(new Blob(this.#parts, { type }), this.seconds);
    return new File([whole], `voice note.${TYPES[this.type]}`, { type });
  }

  #close() {
    this.#seconds = this.seconds;
    for (const track of this.stream.getTracks()) track.stop();
    this.meter.close();
  }
}

/** How loud it is right now, 0 to 1. */
class Meter {
  constructor(stream) {
    this.context = new AudioContext();
    this.analyser = this.context.createAnalyser();
    this.wave = new Uint8Array(this.analyser.fftSize);
    this.context.createMediaStreamSource(stream).connect(this.analyser);
  }

  get level() {
    this.analyser.getByteTimeDomainData(this.wave);
    return this.wave.reduce((most, value) => Math.max(most, Math.abs(value - 128)), 0) / 128;
  }

  close() {
    this.context.close();
  }
}
