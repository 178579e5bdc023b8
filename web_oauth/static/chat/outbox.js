// What was written and is not with the server yet. Sent in order, again and again under the same delivery, which the
// server counts once; text survives a reload.

import { Refused, newDelivery, postForm } from "./api.js";
import { drawPending } from "./bubble.js";

const LONGEST_WAIT = 15_000;

export class Outbox {
  #items = [];
  #busy = false;
  #wait = 1000;
  #timer = 0;

  /** `list`: where it is shown. `changed()` after anything changed; `refused()` when we are signed out. */
  constructor(list, user, { changed, refused, isShown }) {
    Object.assign(this, { list, changed, refused, isShown, key: `aurelius-outbox-${user}` });
    for (const kept of this.#kept()) this.#items.push({ ...kept, files: [], state: "waiting" });
    addEventListener("online", () => this.flush());
    addEventListener("beforeunload", (event) => this.#items.some((item) => item.files.length && item.state !== "sent") && event.preventDefault());
  }

  start() {
    this.#draw();
    this.flush();
  }

  get waits() {
    return this.#items.length > 0;
  }

  /** `recorded`: how many seconds the one file is long when it is a recording of this page. */
  add(text, files, recorded = 0) {
    this.#items.push({ delivery: newDelivery(), text, files, recorded, state: "sending" });
    this.#draw();
    this.flush();
  }

  /** A line of the conversation arrived: if it is one of ours, it takes the place of what we show. */
  claim(message) {
    if (message.author !== "user") return;
    const same = (item) => (item.id ? item.id === message.id : item.state !== "waiting" && item.text === message.text && item.files.length === message.files.length);
    const index = this.#items.findIndex(same);
    if (index < 0) return;
    const item = this.#items[index];
    item.shown = true;
    if (item.state === "sent") this.#items.splice(index, 1);
    this.#draw();
  }

  async flush() {
    if (this.#busy) return;
    clearTimeout(this.#timer);
    this.#busy = true;
    try {
      for (let item; (item = this.#items.find((each) => each.state !== "sent" && !each.problem)); ) if (!(await this.#send(item))) break;
    } finally {
      this.#busy = false;
    }
  }

  async #send(item) {
    item.state = "sending";
    const form = new FormData();
    form.set("delivery", item.delivery);
    form.set("text", item.text);
    if (item.recorded) form.set("recorded", item.recorded.toFixed(1));
    for (const file of item.files) form.append("files", file, file.name);
    try {
      const answer = await postForm("/chat/messages", form, item.files.length ? 120 : 30);
      Object.assign(item, { state: "sent", id: answer.id });
      if (!answer.id || item.shown || this.isShown(answer.id)) this.#items.splice(this.#items.indexOf(item), 1);
      this.#wait = 1000;
      return true;
    } catch (error) {
      return this.#failed(item, error);
    } finally {
      this.#draw();
    }
  }

  #failed(item, error) {
    item.state = "waiting";
    if (error.status === 401) {
      this.refused(); // it stays until somebody signs in again
      return false;
    }
    if (error instanceof Refused && !error.passing) {
      item.problem = error.advice;
      return true;
    }
    this.#timer = setTimeout(() => this.flush(), (error.after ?? 0) * 1000 || this.#wait);
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT);
    return false;
  }

  #draw() {
    const bubbles = this.#items
      .filter((item) => !item.shown)
      .map((item) =>
        drawPending(item, {
          retry: () => this.#retry(item),
          drop: () => this.#drop(item),
        }),
      );
    this.list.replaceChildren(...bubbles);
    this.#keep();
    this.changed();
  }

  #retry(item) {
    delete item.problem;
    item.state = "sending";
    this.#draw();
    this.flush();
  }

  #drop(item) {
    this.#items.splice(this.#items.indexOf(item), 1);
    this.#draw();
  }

  #keep() {
    const texts = this.#items.filter((item) => item.state !== "sent" && !item.files.length && !item.problem);
    try {
      if (texts.length) localStorage.setItem(this.key, JSON.stringify(texts.map(({ delivery, text }) => ({ delivery, text }))));
      else localStorage.removeItem(this.key);
    } catch {
      // a full or forbidden storage costs only what a reload in this moment would lose
    }
  }

  #kept() {
    try {
      const kept = JSON.parse(localStorage.getItem(this.key) ?? "[]");
      return kept.filter(({ delivery, text }) => typeof delivery === "string" && typeof text === "string");
    } catch {
      return [];
    }
  }
}
