// History and search: a column beside the chat, a drawer over it on small screens.

import { get } from "./api.js";
import { $, make } from "./dom.js";

const narrow = matchMedia("(max-width: 60rem)");

export class Panel {
  #asked = 0;
  #timer = 0;

  /** `toRow(id)`: scrolls to a message when it is on the page; false when it is not. */
  constructor({ toRow }) {
    this.toRow = toRow;
    $("panel-button").addEventListener("click", () => this.toggle());
    $("shade").addEventListener("click", () => this.toggle(false));
    $("panel").addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.toggle(false);
    });
    $("query").addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#search(), 250);
    });
    $("search").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#search();
    });
    narrow.addEventListener("change", () => this.toggle(false));
  }

  get isOpen() {
    return $("panel").classList.contains("open");
  }

  toggle(open = !this.isOpen) {
    $("panel").classList.toggle("open", open);
    $("panel").inert = !open;
    $("shade").hidden = !open || !narrow.matches;
    $("panel-button").setAttribute("aria-expanded", String(open));
    if (open) {
      $("query").focus();
      this.#search();
    } else if (document.activeElement === document.body || $("panel").contains(document.activeElement)) {
      $("panel-button").focus();
    }
  }

  async #search() {
    const query = $("query").value.trim();
    const mine = ++this.#asked;
    let found;
    try {
      found = await get(`/conversations?q=${encodeURIComponent(query)}`);
    } catch {
      found = null;
    }
    if (mine !== this.#asked) return; // a newer search is under way
    $("found").replaceChildren(...(found ? this.#draw(query, found) : [make("p.quiet", {}, "There is no connection.")]));
  }

  #draw(query, { hits, conversations }) {
    if (!query) {
      const rows = conversations.map((each) => link(each.href, each.title || each.where, `${each.where} · ${each.when}`));
      return [make("h2", {}, "Conversations"), make("ul.cards", {}, ...rows)];
    }
    if (!hits.length) return [make("p.quiet", {}, "Nothing found. Try fewer or other words.")];
    const rows = hits.map((hit) => link(hit.href, marked(hit.text, query), hit.when, (event) => this.#show(event, hit)));
    return [make("h2", {}, `${hits.length} found`), make("ul.cards", {}, ...rows)];
  }

  #show(event, hit) {
    if (!this.toRow(hit.id)) return; // not on this page: follow the link
    event.preventDefault();
    if (narrow.matches) this.toggle(false);
  }
}

function link(href, text, small, onclick = () => {}) {
  return make("li", {}, make("a", { href, onclick }, make("span", {}, text), make("small", {}, small)));
}

/** The text with the words of the query marked. */
function marked(text, query) {
  const words = query.split(/\s+/).filter(Boolean).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const parts = text.split(new RegExp(`(${words.join("|")})`, "gi"));
  const out = document.createDocumentFragment();
  out.append(...parts.map((part, index) => (index % 2 ? make("mark", {}, part) : part)));
  return out;
}
