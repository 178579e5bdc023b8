// The box a person writes in: text, one quoted message, files, a recording with its words, a mention in groups.

import { toBase64 } from "./api.js";
import { icon, iconButton, make } from "./dom.js";
import { sizeOf } from "./message.js";
import { player } from "./player.js";
import { Recorder } from "./recorder.js";

const MOST_BYTES = 25e6;
const KINDS = { image: "photo", audio: "audio", video: "video" };
const HONEST = "The lab cannot recognise speech. Write what you said: its stand-in of ElevenLabs will hear exactly that.";

export class Composer {
  #files = [];
  #voice = null; // { blob, duration }
  #quoted = null;
  #edited = null;

  /**
   * `send({ text, files, voice, quoted, edited, mention })` resolves to whether it was taken; `stop()`; `tell(words)`.
   * `ears`: whether a recording needs its words.
   */
  constructor(title, { send, stop, tell, ears }) {
    Object.assign(this, { send, tell, ears });
    this.box = make("textarea", { rows: 1, placeholder: `Message in ${title}`, "aria-label": `Message in ${title}`, enterkeyhint: "send" });
    this.picker = make("input", { type: "file", multiple: true, hidden: true, "aria-label": `Files for ${title}`, tabindex: "-1" });
    this.attach = iconButton("clip", "Attach files", () => this.picker.click());
    this.mic = iconButton("mic", "Record a voice message", () => this.#record());
    this.halt = iconButton("stop", "Stop the answer", stop, { hidden: true });
    this.go = make("button.icon.send", { "aria-label": "Send", title: "Send (Enter)" }, icon("send"));
    this.mention = make("button.mention", { type: "button", "aria-pressed": "true", hidden: true, title: "Mention Aurelius" }, "@");
    this.mention.addEventListener("click", () => this.mention.setAttribute("aria-pressed", String(!this.#mentions)));
    this.chips = make("div.chips");
    this.words = make("textarea", { rows: 1, placeholder: "What did you say?", "aria-label": "What the recording says" });
    this.recorder = new Recorder({ changed: (seconds) => this.#recording(seconds) });
    const line = make("div.box", {}, this.attach, this.mention, this.box, this.mic, this.halt, this.go);
    this.element = make("form.composer", { "aria-label": `Write in ${title}` }, this.chips, line, this.picker);
    this.#listen();
    this.#draw();
  }

  get #mentions() {
    return !this.mention.hidden && this.mention.getAttribute("aria-pressed") === "true";
  }

  set inGroup(yes) {
    this.mention.hidden = !yes;
  }

  set busy(yes) {
    this.halt.hidden = !yes;
  }

  put(text) {
    this.box.value = text;
    this.element.requestSubmit();
  }

  quote(message) {
    this.#quoted = message;
    this.#draw();
    this.box.focus();
  }

  edit(message) {
    this.#edited = message;
    this.box.value = message.text;
    this.#draw();
    this.box.focus();
  }

  #listen() {
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    for (const box of [this.box, this.words]) {
      box.addEventListener("input", () => grow(box));
      box.addEventListener("keydown", (event) => {
        if (event.key === "Escape") return this.#clear();
        if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        this.element.requestSubmit();
      });
    }
    this.picker.addEventListener("change", () => {
      this.#add(this.picker.files);
      this.picker.value = "";
    });
    this.box.addEventListener("paste", (event) => {
      if (!event.clipboardData.files.length) return;
      event.preventDefault();
      this.#add(event.clipboardData.files);
    });
  }

  #add(files) {
    for (const file of files) {
      if (file.size > MOST_BYTES) this.tell(`“${file.name}” has more than 25 MB.`);
      else this.#files.push(file);
    }
    this.#draw();
    this.box.focus();
  }

  async #record() {
    if (this.recorder.records) return this.#finish();
    try {
      await this.recorder.start();
    } catch (error) {
      this.tell(error.message);
    }
  }

  async #finish() {
    try {
      this.#voice = await this.recorder.finish();
    } catch (error) {
      this.tell(error.message);
    }
    this.#draw();
    (this.#voice && this.ears ? this.words : this.box).focus();
  }

  #recording(seconds) {
    const on = seconds !== null;
    this.mic.classList.toggle("on", on);
    this.mic.setAttribute("aria-label", on ? "Finish the recording" : "Record a voice message");
    this.mic.dataset.seconds = on ? `${seconds} s` : "";
  }

  async #submit() {
    const text = this.box.value.trim();
    if (this.recorder.records) return this.#finish();
    if (!text && !this.#files.length && !this.#voice) return;
    if (this.#voice && this.ears && !this.words.value.trim()) {
      this.words.focus();
      return this.tell("Write what you said, so that the lab can hear it.");
    }
    this.go.disabled = true;
    const voice = this.#voice && { ...this.#voice, words: this.words.value.trim() };
    const taken = await this.send({ text, files: this.#files, voice, quoted: this.#quoted, edited: this.#edited, mention: this.#mentions });
    this.go.disabled = false;
    if (taken) this.#clear();
    this.box.focus();
  }

  #clear() {
    if (this.recorder.records) this.recorder.cancel();
    this.#files = [];
    this.#voice = this.#quoted = this.#edited = null;
    this.box.value = this.words.value = "";
    grow(this.box);
    this.#draw();
  }

  #draw() {
    for (const image of this.chips.querySelectorAll("img")) URL.revokeObjectURL(image.src);
    const chips = this.#files.map((file) => this.#chip(file));
    if (this.#quoted) chips.unshift(this.#note(`Reply to ${this.#quoted.name || "this"}: `, this.#quoted.text));
    if (this.#edited) chips.unshift(this.#note("Change: ", this.#edited.text));
    if (this.#voice) chips.push(...this.#recorded());
    this.chips.replaceChildren(...chips);
  }

  #note(before, text) {
    const drop = () => {
      this.#quoted = this.#edited = null;
      this.#draw();
    };
    return make("div.chip.note", {}, make("span", {}, make("b", {}, before), (text || "a file").slice(0, 80)), iconButton("close", "Remove", drop));
  }

  #chip(file) {
    const drop = () => {
      this.#files.splice(this.#files.indexOf(file), 1);
      this.#draw();
    };
    const picture = file.type.startsWith("image/") ? make("img", { src: URL.createObjectURL(file), alt: "" }) : null;
    return make("div.chip", {}, picture, make("span", {}, file.name), make("small", {}, sizeOf(file.size)), iconButton("close", `Remove ${file.name}`, drop));
  }

  #recorded() {
    const drop = () => {
      this.#voice = null;
      this.#draw();
    };
    const note = make("div.chip", {}, player(URL.createObjectURL(this.#voice.blob), this.#voice.duration, "recording"), iconButton("close", "Remove the recording", drop));
    return this.ears ? [note, make("label.said", {}, this.words, make("small", {}, HONEST))] : [note];
  }
}

function grow(box) {
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight}px`;
}

/** A file as the person's side of a stand-in takes it. */
export async function asFile(file) {
  const kind = KINDS[file.type.split("/")[0]] ?? "document";
  return { kind, name: file.name, mime: file.type || "application/octet-stream", base64: await toBase64(file) };
}

export async function asVoice({ blob, duration }) {
  return { kind: "voice", name: "voice.ogg", mime: "audio/ogg", base64: await toBase64(blob), duration };
}
