// Puts the page together.

import { get, postForm, postSurely } from "./api.js";
import { Composer } from "./composer.js";
import { $, make } from "./dom.js";
import { Events } from "./events.js";
import { Outbox } from "./outbox.js";
import { Panel } from "./panel.js";
import { Recorder } from "./recorder.js";
import { Thread } from "./thread.js";

const { user, zone } = document.body.dataset;
const GRACE = 1500; // a blink without a connection is not worth a word
let offline = 0;
let loaded = false;

const thread = new Thread({ changed: () => refresh() });
const outbox = new Outbox($("outbox"), user, {
  changed: () => refresh(),
  refused: signedOut,
  isShown: (id) => thread.has(id),
});
const composer = new Composer(user, { send, tell: (words) => banner(words) });
new Recorder({ send: (file, seconds) => send("", [file], seconds), tell: (words) => banner(words) });
const panel = new Panel({ toRow: (id) => thread.toRow(id) });

function send(text, files, recorded) {
  banner();
  outbox.add(text, files, recorded);
  thread.toEnd();
}

/** What depends on the state of everything: the empty page and the Stop button. */
function refresh() {
  $("empty").hidden = !loaded || !thread.isEmpty || outbox.waits;
  $("stop").hidden = !(thread.works || thread.unanswered);
}

function banner(words = "", ...more) {
  $("banner").hidden = !words;
  $("banner").replaceChildren(...(words ? [make("span", {}, words), ...more] : []));
}

function signedOut() {
  clearTimeout(offline);
  const link = make("a", { href: "/" }, "Sign in again");
  banner("You are signed out here. What you wrote is kept. ", link);
  presence("offline", "signed out");
}

function presence(kind, words = kind) {
  $("presence").className = `presence ${kind}`;
  $("presence").textContent = words;
}

function connection(state) {
  clearTimeout(offline);
  if (state === "online") {
    if ($("banner").dataset.kind === "offline") banner();
    delete $("banner").dataset.kind;
    presence("online");
    outbox.flush();
    return;
  }
  offline = setTimeout(() => {
    thread.forgetGrowing();
    presence("offline");
    banner("No connection. What you send waits here and goes out by itself.");
    $("banner").dataset.kind = "offline";
  }, GRACE);
}

function offerZone() {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone || !here || here === "UTC" || sessionStorage.getItem("aurelius-zone-asked")) return;
  const done = () => {
    sessionStorage.setItem("aurelius-zone-asked", "1");
    banner();
  };
  const use = async () => {
    const form = new FormData();
    form.set("zone", here);
    await postForm("/settings/zone", form).then(done, (error) => banner(error.advice ?? "There is no connection."));
  };
  banner(
    `Is ${here} your time zone? Reminders need to know.`,
    make("button.button.primary", { type: "button", onclick: use }, "Yes, use it"),
    make("button.button", { type: "button", onclick: done }, "Not now"),
  );
}

async function loadEarlier() {
  $("earlier").firstElementChild.disabled = true;
  try {
    const page = await get(`/chat/messages?before=${thread.first}`);
    $("earlier").hidden = !page.more;
    thread.addEarlier(page.messages);
  } catch (error) {
    banner(error.advice ?? "There is no connection. Try again.");
  } finally {
    $("earlier").firstElementChild.disabled = false;
  }
}

async function stop() {
  $("stop").disabled = true;
  try {
    await postSurely("/chat/stop", {});
  } catch (error) {
    banner(error.advice ?? "There is no connection. Try again.");
  } finally {
    $("stop").disabled = false;
    $("text").focus();
  }
}

async function start(wait = 1000) {
  let page;
  try {
    page = await get("/chat/messages");
  } catch (error) {
    if (error.status === 401) return signedOut();
    connection("offline");
    setTimeout(() => start(Math.min(wait * 2, 15_000)), wait);
    return;
  }
  loaded = true;
  $("earlier").hidden = !page.more;
  for (const message of page.messages) outbox.claim(message);
  thread.addNewest(page.messages);
  refresh();
  offerZone();
  new Events(page.seq, {
    message: (message) => {
      thread.put(message);
      outbox.claim(message);
    },
    growing: (news) => thread.growing(news),
    typing: (news) => thread.typing(news),
    idle: (news) => thread.idle(news),
    state: connection,
    refused: signedOut,
  });
}

$("earlier").firstElementChild.addEventListener("click", loadEarlier);
$("stop").addEventListener("click", stop);
for (const button of document.querySelectorAll("[data-try]"))
  button.addEventListener("click", () => {
    composer.put(button.dataset.try);
    composer.submit();
  });
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !$("stop").hidden && !panel.isOpen) stop();
});
outbox.start();
start();
