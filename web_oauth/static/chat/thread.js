// The conversation on the screen: rows in their order, what grows right now, and where the reader is.

import { drawRow } from "./bubble.js";
import { $, fromHtml, make, say } from "./dom.js";

const NEAR = 90; // pixels from the end that still count as being at the end
const TOGETHER = 5 * 60_000;

export class Thread {
  #rows = new Map(); // id -> { message, element }
  #order = []; // ids by position
  #growing = new Map(); // turn -> element
  #over = new Set(); // turns that ended: late news of them is old
  #unread = new Set();

  constructor({ changed }) {
    this.changed = changed;
    this.scroll = $("scroll");
    this.scroll.addEventListener("scroll", () => this.#look(), { passive: true });
    document.addEventListener("visibilitychange", () => this.#look());
    addEventListener("focus", () => this.#look());
    $("latest").addEventListener("click", () => this.toEnd(true));
    new ResizeObserver(() => this.#stuck && this.toEnd()).observe(this.scroll);
  }

  #stuck = true;

  has(id) {
    return this.#rows.has(id);
  }

  get isEmpty() {
    return this.#rows.size === 0;
  }

  /** The position of the first row: what is before it can be asked for. */
  get first() {
    return this.#rows.get(this.#order[0])?.message.position ?? null;
  }

  /** Whether the last word is not ours: something was said and not answered. */
  get unanswered() {
    const last = this.#rows.get(this.#order.at(-1))?.message;
    return last?.author === "user" && last.state !== "stopped";
  }

  /** A page of history: in front, without moving what is being read. */
  addEarlier(messages) {
    const height = this.scroll.scrollHeight - this.scroll.scrollTop;
    for (const message of messages) if (!this.has(message.id)) this.#insert(message);
    this.#arrange();
    this.scroll.scrollTop = this.scroll.scrollHeight - height;
  }

  /** The newest page, at the start. */
  addNewest(messages) {
    for (const message of messages) this.#insert(message);
    this.#arrange();
    this.toEnd();
  }

  /** A new or changed row. A change of a row that is further back than what is loaded is not shown. */
  put(message) {
    const known = this.#rows.get(message.id);
    if (known && known.message.seq >= message.seq) return;
    if (!known && this.first !== null && message.position < this.first) return;
    this.keepEnd(() => {
      if (known) this.#replace(known, message);
      else this.#arrive(message);
      this.#arrange();
    });
  }

  #arrive(message) {
    const replaces = message.author === "assistant" && !message.card && this.#growing.size > 0;
    if (replaces) this.#endGrowing();
    const element = this.#insert(message);
    if (message.author === "user") return;
    if (!replaces) element.classList.add("arrives");
    if (document.hidden || !this.#stuck) this.#unread.add(message.id);
  }

  #replace(known, message) {
    const had = known.element.contains(document.activeElement);
    const element = drawRow(message);
    known.element.replaceWith(element);
    Object.assign(known, { message, element });
    if (had) (element.querySelector(".choices button") ?? element.querySelector(".bubble")).focus({ preventScroll: true });
    if (message.card) say(element.querySelector(".badge").textContent);
  }

  #insert(message) {
    const element = drawRow(message);
    let index = this.#order.length;
    while (index > 0 && this.#rows.get(this.#order[index - 1]).message.position > message.position) index--;
    const next = this.#rows.get(this.#order[index])?.element ?? null;
    $("log").insertBefore(element, next);
    this.#order.splice(index, 0, message.id);
    this.#rows.set(message.id, { message, element });
    return element;
  }

  /** Days, groups, ticks and the line above what is new; cheap enough to do over after each change. */
  #arrange() {
    let before = null;
    const lastMine = this.#order.findLast((id) => this.#rows.get(id).message.author === "user");
    const lastTheirs = this.#order.findLast((id) => this.#rows.get(id).message.author === "assistant");
    for (const id of this.#order) {
      const { message, element } = this.#rows.get(id);
      const at = new Date(message.sent_at);
      const newDay = !before || before.at.toDateString() !== at.toDateString();
      const follows = !newDay && before.message.author === message.author && at - before.at < TOGETHER && !message.card;
      const day = element.querySelector(".day");
      day.hidden = !newDay;
      if (newDay) day.textContent = dayOf(at);
      element.classList.toggle("follows", follows);
      element.classList.add("last");
      if (follows) before.element.classList.remove("last");
      before = { message, element, at };
    }
    this.#tick(lastMine, lastTheirs);
    this.#markNew();
    this.changed();
  }

  /** Received or answered, on the last message of ours that says nothing else. */
  #tick(mine, theirs) {
    for (const old of $("log").querySelectorAll(".tick")) old.remove();
    const row = this.#rows.get(mine);
    if (!row || row.message.state) return;
    const answered = theirs && this.#order.indexOf(theirs) > this.#order.indexOf(mine);
    const words = answered ? "answered" : "received";
    const tick = make("span.tick", { role: "img", "aria-label": words, title: words }, answered ? "✓✓" : "✓");
    row.element.querySelector(".meta").append(tick);
  }

  // What grows right now

  typing({ turn }) {
    if (this.#over.has(turn) || this.#growing.has(turn)) return;
    this.#grow(turn, make("div.dots", {}, make("i"), make("i"), make("i")));
    say("Aurelius is writing");
  }

  growing({ turn, html }) {
    if (this.#over.has(turn)) return;
    this.#grow(turn, make("div.text", {}, fromHtml(html)));
  }

  idle({ turn }) {
    this.#over.add(turn);
    this.keepEnd(() => this.#endGrowing(turn));
  }

  get works() {
    return this.#growing.size > 0;
  }

  /** After a break: what grew is old; the row or fresh news will come. */
  forgetGrowing() {
    this.#endGrowing();
  }

  #grow(turn, content) {
    this.keepEnd(() => {
      let element = this.#growing.get(turn);
      if (!element) {
        element = make("div.row.assistant", {}, make("article.bubble"));
        this.#growing.set(turn, element);
        $("now").append(element);
      }
      element.classList.toggle("growing", content.className === "text");
      element.firstChild.replaceChildren(content);
    });
    this.changed();
  }

  #endGrowing(turn) {
    for (const [key, element] of this.#growing) {
      if (turn !== undefined && key !== turn) continue;
      element.remove();
      this.#growing.delete(key);
      this.#over.add(key);
    }
    if (this.#over.size > 100) this.#over.clear();
    this.changed();
  }

  // Where the reader is

  /** Changes the page; who was at the end stays at the end. */
  keepEnd(change) {
    const stuck = this.#stuck;
    change();
    if (stuck) this.toEnd();
    else this.#showLatest();
  }

  toEnd(smooth = false) {
    this.#stuck = true;
    this.scroll.scrollTo({ top: this.scroll.scrollHeight, behavior: smooth ? "smooth" : "instant" });
    this.#look();
  }

  toRow(id) {
    const element = this.#rows.get(id)?.element;
    if (!element) return false;
    element.scrollIntoView({ block: "center" });
    element.classList.add("found");
    setTimeout(() => element.classList.remove("found"), 2500);
    return true;
  }

  #look() {
    const left = this.scroll.scrollHeight - this.scroll.clientHeight - this.scroll.scrollTop;
    this.#stuck = left < NEAR;
    if (this.#stuck && !document.hidden && document.hasFocus()) this.#read();
    this.#showLatest();
  }

  #read() {
    if (!this.#unread.size) return;
    this.#unread.clear();
    this.#title();
    clearTimeout(this.fading);
    this.fading = setTimeout(() => this.#unread.size || $("log").querySelector(".new")?.remove(), 4000);
  }

  #markNew() {
    this.#title();
    const first = this.#order.find((id) => this.#unread.has(id));
    if (!first || $("log").querySelector(".new")) return;
    this.#rows.get(first).element.prepend(make("p.new", {}, "New"));
  }

  #title() {
    document.title = this.#unread.size ? `(${this.#unread.size}) Aurelius` : "Aurelius";
  }

  #showLatest() {
    $("latest").hidden = this.#stuck;
    $("latest").textContent = this.#unread.size ? `${this.#unread.size} new ↓` : "Latest ↓";
  }
}

function dayOf(at) {
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(at).setHours(0, 0, 0, 0)) / 86_400_000);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  const year = at.getFullYear() === new Date().getFullYear() ? undefined : "numeric";
  return at.toLocaleDateString([], { weekday: "long", day: "numeric", month: "long", year });
}
