// What goes over the wire between Aurelius and one app, and how to disturb it.

import { make } from "./dom.js";

const MOST = 300; // lines kept
const LONGEST = 20_000; // characters of one line's JSON
const TIME = { hour: "2-digit", minute: "2-digit", second: "2-digit" };

export class Wire {
  #methods = new Set();
  #revoked = false;
  #picked = false;

  /** `act(what, body)` asks the stand-in, saying what goes wrong; `last()`: the event that the person caused last. */
  constructor({ act, last }) {
    Object.assign(this, { act, last });
    this.count = make("span.count", {}, "0");
    this.filter = make("input", { type: "search", placeholder: "Filter", "aria-label": "Filter the calls", autocomplete: "off" });
    this.filter.addEventListener("input", () => this.#sift());
    this.method = make("select", { "aria-label": "Method that is to fail" });
    this.method.addEventListener("change", () => (this.#picked = true));
    this.list = make("ol.lines", { "aria-label": "Calls and events, newest first" });
    this.revoke = tool("Revoke token", () => this.#revoke());
    const tools = [
      this.method,
      tool("429 once", () => this.#fault({ status: 429, retry_after: 2 })),
      tool("Lose the answer", () => this.#fault({ drop: "after" })),
      tool("Drop connection", () => this.act("drop")),
      tool("Deliver again", () => this.last() && this.act("again", { event: this.last() })),
      this.revoke,
      tool("No more faults", () => this.act("forget_faults")),
    ];
    this.element = make("details.wire", {}, make("summary", {}, "Wire ", this.count), make("div.tools", {}, ...tools), this.filter, this.list);
  }

  clear() {
    this.list.replaceChildren();
    this.#methods.clear();
    this.method.replaceChildren();
    this.count.textContent = "0";
  }

  add(events) {
    const lines = events.slice(-MOST).map((event) => this.#line(event)).reverse();
    this.list.prepend(...lines);
    while (this.list.childElementCount > MOST) this.list.lastElementChild.remove();
    this.count.textContent = this.list.childElementCount === MOST ? `${MOST}+` : this.list.childElementCount;
  }

  #line(event) {
    const call = event.what === "call";
    const name = event.method ?? event.kind ?? event.what;
    if (call && event.method && !this.#methods.has(event.method)) this.#offer(event.method);
    const bad = call && !(event.status >= 200 && event.status < 300);
    const status = call ? make("span.status", {}, event.status === 0 ? "cut" : event.status) : null;
    const time = make("time", {}, event.at ? new Date(event.at * 1000).toLocaleTimeString([], TIME) : "");
    const arrow = make("span.arrow", { title: call ? "Aurelius asks" : "the app tells" }, call ? "→" : "←");
    const summary = make("summary", {}, time, arrow, make("span.method", {}, name), status);
    const line = make(`details.${call ? "call" : "event"}${bad ? ".bad" : ""}`, {}, summary);
    line.addEventListener("toggle", () => line.open && line.childElementCount === 1 && line.append(written(event)));
    const item = make("li", {}, line);
    item.dataset.text = JSON.stringify(event).slice(0, LONGEST).toLowerCase();
    item.hidden = !this.#fits(item);
    return item;
  }

  #offer(method) {
    this.#methods.add(method);
    const chosen = this.method.value;
    this.method.replaceChildren(...[...this.#methods].sort().map((each) => make("option", {}, each)));
    const likely = [...this.#methods].find((each) => /send|post.*message|message/i.test(each));
    this.method.value = this.#picked ? chosen : (likely ?? method);
  }

  #fits = (item) => item.dataset.text.includes(this.filter.value.trim().toLowerCase());

  #sift() {
    for (const item of this.list.children) item.hidden = !this.#fits(item);
  }

  #fault = (about) => this.act("fault", { method: this.method.value, times: 1, ...about });

  async #revoke() {
    if (!(await this.act(this.#revoked ? "restore" : "revoke"))) return;
    this.#revoked = !this.#revoked;
    this.revoke.textContent = this.#revoked ? "Restore token" : "Revoke token";
    this.revoke.classList.toggle("on", this.#revoked);
  }
}

const tool = (label, onclick) => make("button.tool", { type: "button", onclick }, label);

function written(event) {
  const text = JSON.stringify(event, null, 2);
  return make("pre", { tabindex: "0" }, text.length > LONGEST ? `${text.slice(0, LONGEST)}\n… and ${text.length - LONGEST} more characters` : text);
}
