// One app: its screen as a person sees it, what they can do there, and its wire.

import { App, post } from "./api.js";
import { asFile, asVoice, Composer } from "./composer.js";
import { iconButton, make, say } from "./dom.js";
import { drawForm, drawHome } from "./form.js";
import { drawMessage } from "./message.js";
import { Wire } from "./wire.js";

const COMMAND = /^\/([A-Za-z][\w-]*)\s*([\s\S]*)$/;
const NEAR = 80; // pixels from the end: whoever reads further up is not pulled down
const TRIES = ["hello", "remember that I like tea", "forget that I like tea"];

export class Column {
  #drawn = new Map(); // id -> [its JSON, its element]
  #screen = { messages: [], typing: false, form: null };
  #loading = false;
  #again = false;
  #event = null;
  #left = null; // the form that the person has left; it comes back by the button that opened it
  #pressed = null;
  #opener = null;

  /** `name` of the app, its `title`, whether it `hasHome`, and `about`: people, group, ears. */
  constructor(name, { title, hasHome }, about) {
    Object.assign(this, { name, title, hasHome, about, app: new App(name) });
    this.places = about.people.flatMap((user) => [{ user, chat: null }, { user, chat: about.group }]);
    this.place = this.places[0];
    this.log = make("ol.log", { role: "log", "aria-live": "polite", "aria-relevant": "additions", "aria-label": `Messages in ${title}` });
    this.now = make("div.now", { "aria-hidden": "true" });
    this.scroll = make("div.scroll", { tabindex: "0", "aria-label": `Messages in ${title}` }, this.#empty(), this.log, this.now);
    this.trouble = make("p.trouble", { role: "alert", hidden: true });
    this.over = make("div.over");
    this.composer = new Composer(title, { send: (sent) => this.#send(sent), stop: () => this.#act("stop"), tell: (words) => this.tell(words), ears: Boolean(about.ears) });
    this.wire = new Wire({ act: (what, body) => this.#try(() => this.app.act(what, body)), last: () => this.#event });
    let atEnd = true; // what is read stays in view when the room for it changes
    this.scroll.addEventListener("scroll", () => (atEnd = this.#atEnd));
    new ResizeObserver(() => atEnd && this.#toEnd()).observe(this.scroll);
    const middle = make("div.middle", {}, this.scroll, this.over, this.trouble);
    this.element = make(`section.app`, { id: `app-${name}`, "data-app": name, "aria-label": title }, this.#bar(), middle, this.composer.element, this.wire.element);
  }

  #bar() {
    const choose = make("select", { "aria-label": `Who and where in ${this.title}` });
    choose.append(...this.places.map(({ user, chat }, index) => make("option", { value: index }, chat ? `${user.name} in ${chat.title}` : user.name)));
    choose.addEventListener("change", () => this.#go(this.places[choose.value]));
    this.homeButton = iconButton("home", `Home of Aurelius in ${this.title}`, () => this.#toggleHome(), { hidden: !this.hasHome, "aria-expanded": "false" });
    this.dot = make("span.dot", { title: "connecting" });
    return make("header.bar", {}, this.dot, make("h2", {}, this.title), this.homeButton, choose);
  }

  #empty() {
    const button = (text) => make("li", {}, make("button", { type: "button", onclick: () => this.composer.put(text) }, text));
    this.empty = make("div.empty", { hidden: true }, make("p", {}, "Write as a stranger would: the first answer brings a code that ties this account to you."), make("ul", {}, ...TRIES.map(button)));
    return this.empty;
  }

  get #who() {
    return { user: this.place.user, ...(this.place.chat ? { chat: this.place.chat } : {}) };
  }

  #go(place) {
    this.place = place;
    this.#drawn.clear();
    this.log.replaceChildren();
    this.composer.inGroup = Boolean(place.chat);
    this.over.replaceChildren();
    this.homeButton.setAttribute("aria-expanded", "false");
    this.refresh();
  }

  /** Something happened there: `events` for the wire, then a look at the screen. */
  async news({ events, fresh, gone }) {
    this.dot.className = `dot ${gone ? "gone" : "here"}`;
    this.dot.title = gone ? "the stand-in does not answer" : "the stand-in answers";
    if (fresh) this.wire.clear();
    this.wire.add(events);
    if (!gone) await this.refresh();
  }

  /** Look at the screen; looks that are asked for meanwhile become one. */
  async refresh() {
    if (this.#loading) return void (this.#again = true);
    this.#loading = true;
    const place = this.place;
    await this.#try(async () => {
      const screen = await this.app.screen(place.user, place.chat);
      if (place === this.place) this.#show(screen);
    });
    this.#loading = false;
    if (this.#again) {
      this.#again = false;
      await this.refresh();
    }
  }

  tell(words) {
    clearTimeout(this.telling);
    this.trouble.textContent = words;
    this.trouble.hidden = !words;
    if (words) this.telling = setTimeout(() => (this.trouble.hidden = true), 9000);
  }

  async #try(what) {
    try {
      return (await what()) ?? true;
    } catch (error) {
      this.tell(error.message);
      return null;
    }
  }

  async #act(what, body = {}) {
    const done = await this.#try(() => this.app.act(what, { ...this.#who, ...body }));
    if (done?.event != null) this.#event = done.event;
    if (!done) return done;
    this.tell("");
    await this.refresh();
    return done;
  }

  #press(message, token) {
    this.#pressed = token;
    if (token === this.#opener && this.#screen.form?.id === this.#left) {
      this.#left = null; // it is still there: the app was not told that it was left
      return this.#showForm(this.#screen.form);
    }
    return this.#act("press", { message, button: token });
  }

  async #send({ text, files, voice, quoted, edited, mention }) {
    if (edited) return this.#act("edit", { message: edited.id, text });
    const more = { ...(quoted ? { reply_to: quoted.id } : {}), ...(mention ? { mention: true } : {}) };
    const command = COMMAND.exec(text);
    if (command && !files.length && !voice) return this.#act("command", { name: command[1], text: command[2] });
    if (voice) return this.#speak(voice, text, more);
    if (!files.length) return this.#act("say", { text, ...more });
    for (const [index, file] of files.entries())
      if (!(await this.#act("say", { text: index ? "" : text, file: await asFile(file), ...more }))) return null;
    return true;
  }

  /** The stand-in of ElevenLabs is told first what it will hear. */
  async #speak(voice, text, more) {
    const file = await asVoice(voice);
    if (this.about.ears) {
      const heard = await this.#try(() => post(`/app/${this.about.ears}/hear`, { text: voice.words, base64: file.base64 }));
      if (!heard) return null;
    }
    return this.#act("say", { text, file, ...more });
  }

  #show(screen) {
    const follow = this.#atEnd;
    this.#screen = screen;
    this.#showMessages(screen.messages);
    const grows = screen.messages.some((message) => message.growing);
    this.now.replaceChildren(...(screen.typing && !grows ? [make("div.dots", {}, make("i"), make("i"), make("i"))] : []));
    this.empty.hidden = screen.messages.length > 0;
    this.composer.busy = grows || screen.typing;
    this.#showForm(screen.form);
    this.#showHome(screen.home);
    if (follow) this.#toEnd();
  }

  get #atEnd() {
    return this.scroll.scrollHeight - this.scroll.clientHeight - this.scroll.scrollTop < NEAR;
  }

  #toEnd() {
    this.scroll.scrollTop = this.scroll.scrollHeight;
  }

  #showMessages(messages) {
    const group = Boolean(this.place.chat);
    this.log.classList.toggle("group", group);
    const last = messages.findLast((message) => message.author === "bot");
    const kept = new Map();
    let before = null;
    for (const message of messages) {
      const mine = message.author !== "bot" && (!group || message.name === this.place.user.name);
      const follows = before?.author === message.author && before?.name === message.name;
      const how = { mine, follows, linkable: message === last };
      const json = JSON.stringify([message, how]);
      const [known, element] = this.#drawn.get(message.id) ?? [];
      kept.set(message.id, [json, known === json ? element : this.#draw(message, how, element)]);
      before = message;
    }
    for (const [id, [, element]] of this.#drawn) if (!kept.has(id)) element.remove();
    this.#drawn = kept;
    [...kept.values()].forEach(([, element], index) => {
      if (this.log.children[index] !== element) this.log.insertBefore(element, this.log.children[index] ?? null);
    });
  }

  #draw(message, how, old) {
    const on = {
      press: (of, button) => this.#press(of.id, button.token),
      reply: (of) => this.composer.quote(of),
      edit: (of) => this.composer.edit(of),
      react: (of) => this.#act("react", { message: of.id, emoji: "👍" }),
      link: (code, button) => this.#link(code, button),
      find: (id) => this.#screen.messages.find((each) => each.id === id),
    };
    const element = drawMessage(message, { app: this.app, on, ...how });
    if (old) old.replaceWith(element);
    else element.classList.add("arrives");
    if (!old && message.author === "bot" && !message.growing) say(`${this.title}: ${message.text.slice(0, 200)}`);
    return element;
  }

  async #link(code, button) {
    button.disabled = true;
    const linked = await this.#try(() => post("/assistant/link", { code }));
    if (linked) button.replaceWith(make("p.linked", {}, linked.text ?? "Linked."));
    else button.disabled = false;
  }

  #showForm(form) {
    const open = this.over.querySelector("form");
    if (!form || form.id === this.#left) return void open?.remove();
    if (open?.dataset.id === form.id) return;
    const close = () => {
      this.#left = form.id;
      this.over.replaceChildren();
      this.composer.box.focus();
    };
    const sheet = drawForm(form, { submit: (values) => this.#act("submit", { form: form.id, values }), close });
    sheet.dataset.id = form.id;
    this.#opener = this.#pressed;
    this.over.replaceChildren(sheet);
    sheet.querySelector("input, textarea, select")?.focus();
  }

  async #toggleHome() {
    const open = this.homeButton.getAttribute("aria-expanded") !== "true";
    this.homeButton.setAttribute("aria-expanded", String(open));
    if (open) await this.#act("home");
    else this.over.replaceChildren();
  }

  /** The app shows what Aurelius has published there; before that, nothing. */
  #showHome(home) {
    const json = JSON.stringify(home);
    if (!home || this.homeButton.getAttribute("aria-expanded") !== "true" || this.over.firstChild?.dataset.json === json) return;
    const press = (button) => this.#press("home", button.token);
    const sheet = drawHome(home, { press, close: () => this.#toggleHome() });
    sheet.dataset.json = json;
    this.over.replaceChildren(sheet);
  }
}
