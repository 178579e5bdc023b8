// The message box: text that grows, files by button, paste or drop, Enter to send.

import { sizeOf } from "./bubble.js";
import { $, make, say } from "./dom.js";

const MOST_FILES = 10;
const MOST_BYTES = 25e6;
const LONGEST = 1_000_000;

export class Composer {
  #files = [];

  /** `send(text, files)` when something is to go out. */
  constructor(user, { send, tell }) {
    Object.assign(this, { send, tell, key: `aurelius-draft-${user}`, box: $("text") });
    this.box.value = read(this.key);
    this.box.addEventListener("input", () => this.#changed());
    this.box.addEventListener("keydown", (event) => this.#key(event));
    $("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.#takeFiles();
    this.#changed();
  }

  put(text) {
    this.box.value = text;
    this.#changed();
    this.box.focus();
  }

  submit() {
    const text = this.box.value.replaceAll("\r\n", "\n").trim();
    if (!text && !this.#files.length) return;
    if (text.length > LONGEST) return this.tell("This text is longer than 1 MB. Send it as a file, or in parts.");
    const files = this.#files.splice(0);
    this.box.value = "";
    this.#drawFiles();
    this.#changed();
    this.box.focus();
    this.send(text, files);
  }

  #key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.submit();
  }

  #changed() {
    this.box.style.height = "auto";
    this.box.style.height = `${this.box.scrollHeight}px`;
    const empty = !this.box.value.trim() && !this.#files.length;
    $("send").hidden = empty;
    $("record").hidden = !empty;
    write(this.key, this.box.value);
  }

  #takeFiles() {
    const main = $("composer").parentElement;
    $("attach").addEventListener("click", () => $("files").click());
    $("files").addEventListener("change", () => {
      this.#add($("files").files);
      $("files").value = "";
    });
    this.box.addEventListener("paste", (event) => {
      if (!event.clipboardData.files.length) return;
      event.preventDefault();
      this.#add(event.clipboardData.files);
    });
    let inside = 0;
    const dropping = (yes) => $("composer").classList.toggle("dropping", yes);
    main.addEventListener("dragenter", () => dropping(++inside > 0));
    main.addEventListener("dragleave", () => dropping(--inside > 0));
    main.addEventListener("dragover", (event) => event.preventDefault());
    main.addEventListener("drop", (event) => {
      event.preventDefault();
      inside = 0;
      dropping(false);
      this.#add(event.dataTransfer.files);
    });
  }

  #add(files) {
    for (const file of files) {
      if (this.#files.length >= MOST_FILES) return this.tell(`A message can have ${MOST_FILES} files.`);
      if (file.size > MOST_BYTES) this.tell(`“${file.name}” has more than 25 MB.`);
      else this.#files.push(file);
    }
    this.#drawFiles();
    this.#changed();
    this.box.focus();
    say(`${this.#files.length} files attached`);
  }

  #drawFiles() {
    for (const image of $("chosen").querySelectorAll("img")) URL.revokeObjectURL(image.src);
    $("chosen").replaceChildren(...this.#files.map((file) => this.#drawFile(file)));
  }

  #drawFile(file) {
    const remove = () => {
      this.#files.splice(this.#files.indexOf(file), 1);
      this.#drawFiles();
      this.#changed();
      this.box.focus();
    };
    const picture = file.type.startsWith("image/") ? make("img", { src: URL.createObjectURL(file), alt: "" }) : null;
    const close = make("button", { type: "button", "aria-label": `Remove ${file.name}`, onclick: remove }, "×");
    return make("li.chip", {}, picture, make("span", {}, file.name), make("small", {}, sizeOf(file.size)), close);
  }
}

function read(key) {
  try {
    return sessionStorage.getItem(key) ?? "";
  } catch {
    return "";
  }
}

function write(key, text) {
  try {
    sessionStorage.setItem(key, text);
  } catch {
    // only the draft's survival of a reload is lost
  }
}
