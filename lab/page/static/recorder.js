// Records by the microphone and hands on a voice note.

import { toVoiceNote } from "./api.js";

const LONGEST = 300; // seconds

export class Recorder {
  #recorder = null;
  #parts = [];
  #timer = 0;

  /** `changed(seconds | null)` every second while it records; null: it does not. */
  constructor({ changed }) {
    this.changed = changed;
  }

  get records() {
    return this.#recorder !== null;
  }

  /** Raises an Error for a person when there is no microphone or it is not allowed. */
  async start() {
    if (!navigator.mediaDevices) throw new Error("This browser gives no microphone to this address.");
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true }).catch((error) => {
      throw new Error(error.name === "NotAllowedError" ? "The microphone is not allowed here." : "There is no microphone.");
    });
    const recorder = (this.#recorder = new MediaRecorder(stream));
    this.#parts = [];
    recorder.addEventListener("dataavailable", (event) => this.#parts.push(event.data));
    recorder.start();
    const begun = Date.now();
    const tell = () => {
      const seconds = Math.floor((Date.now() - begun) / 1000);
      this.changed(seconds);
      if (seconds >= LONGEST) recorder.stop();
    };
    this.#timer = setInterval(tell, 250);
    tell();
  }

  /** Ends it: { blob, duration } of what was recorded. */
  async finish() {
    const recorder = this.#recorder;
    if (!recorder) return null;
    const kind = recorder.mimeType;
    if (recorder.state !== "inactive") {
      const stopped = new Promise((resolve) => recorder.addEventListener("stop", resolve, { once: true }));
      recorder.stop();
      await stopped;
    }
    this.cancel();
    return toVoiceNote(new Blob(this.#parts, { type: kind }));
  }

  cancel() {
    clearInterval(this.#timer);
    if (this.#recorder?.state === "recording") this.#recorder.stop();
    for (const track of this.#recorder?.stream.getTracks() ?? []) track.stop();
    this.#recorder = null;
    this.changed(null);
  }
}
