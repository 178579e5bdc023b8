// The live stream. It says what it has seen last, so that after any break it gets the rest, each once.

const SILENCE = 40_000; // the server gives a sign of life every 15 seconds
const KINDS = ["growing", "typing", "idle"];

export class Events {
  #source = null;
  #heard = 0;
  #wait = 500;
  #timer = 0;

  /** `on`: message(m), growing(g), typing(t), idle(t), state("online" | "offline"), refused() when signed out. */
  constructor(seq, on) {
    this.seq = seq;
    this.on = on;
    addEventListener("online", () => this.#open()); // what was open before may be dead without knowing
    addEventListener("offline", () => on.state("offline"));
    document.addEventListener("visibilitychange", () => document.hidden || this.#check());
    setInterval(() => this.#check(), 10_000);
    this.#open();
  }

  #open() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#heard = Date.now();
    const source = (this.#source = new EventSource(`/chat/events?after=${this.seq}`));
    source.onopen = () => {
      this.#wait = 500;
      this.#heard = Date.now();
      this.on.state("online");
    };
    source.onerror = () => this.#lost(source);
    source.addEventListener("beat", () => (this.#heard = Date.now()));
    source.addEventListener("message", (event) => {
      this.#heard = Date.now();
      const message = JSON.parse(event.data);
      this.seq = Math.max(this.seq, message.seq);
      this.on.message(message);
    });
    for (const kind of KINDS)
      source.addEventListener(kind, (event) => {
        this.#heard = Date.now();
        this.on[kind](JSON.parse(event.data));
      });
  }

  async #lost(source) {
    if (source !== this.#source) return;
    source.close(); // its own reconnecting gives up on some errors and is blind to sign-out
    this.on.state("offline");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#again(), this.#wait);
    this.#wait = Math.min(this.#wait * 2, 15_000);
    try {
      const answer = await fetch("/chat/messages?before=1", { headers: { accept: "application/json" } });
      if (answer.status === 401) {
        clearTimeout(this.#timer);
        this.on.refused();
      }
    } catch {
      // still away: the timer tries again
    }
  }

  #again() {
    if (this.#source?.readyState !== EventSource.OPEN) this.#open();
  }

  #check() {
    if (Date.now() - this.#heard > SILENCE) this.#open();
  }
}
