// Puts the page together: a column per app, tabs on a narrow screen, one stream of news for all.

import { get, post } from "./api.js";
import { Column } from "./column.js";
import { $, make } from "./dom.js";

// All that the page knows of the apps; their colours stand in chat.css.
const APPS = {
  slack: { title: "Slack", hasHome: true },
  discord: { title: "Discord" },
  telegram: { title: "Telegram" },
  whatsapp: { title: "WhatsApp" },
};
const LOOK_EVERY = 5000; // milliseconds between two looks at the assistant

const about = await get("/lab.json");
const columns = new Map(about.apps.map((name) => [name, new Column(name, APPS[name] ?? { title: name }, about)]));

for (const [name, column] of columns) {
  const tab = make("button", { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": `app-${name}`, "data-app": name, onclick: () => select(name) }, column.title);
  tab.addEventListener("keydown", (event) => turn(event, name));
  $("tabs").append(tab);
  $("apps").append(column.element);
}

/** On a narrow screen one column shows at a time; on a wide one this changes nothing. */
function select(name, focus = false) {
  for (const [each, column] of columns) {
    const tab = $(`tab-${each}`);
    tab.setAttribute("aria-selected", String(each === name));
    tab.tabIndex = each === name ? 0 : -1;
    column.element.classList.toggle("chosen", each === name);
    if (each === name && focus) tab.focus();
  }
}

function turn(event, name) {
  const names = [...columns.keys()];
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (step) select(names.at((names.indexOf(name) + step) % names.length), true);
}

async function lookAtAssistant() {
  try {
    const { ready } = await get("/assistant");
    $("presence").className = `presence ${ready ? "online" : "offline"}`;
    $("presence").textContent = ready ? "Aurelius runs" : "Aurelius does not run yet";
    $("own").hidden = !ready;
    setTimeout(lookAtAssistant, ready ? LOOK_EVERY : LOOK_EVERY / 10);
  } catch {
    $("presence").className = "presence offline";
    $("presence").textContent = "The lab has ended";
    setTimeout(lookAtAssistant, LOOK_EVERY);
  }
}

async function openOwnPage() {
  const tab = window.open("about:blank"); // at once, or the browser takes it for unwanted
  try {
    const { url } = await post("/assistant/sign-in");
    tab.opener = null;
    tab.location = url;
  } catch {
    tab.close();
  }
}

const news = new EventSource("/events");
news.addEventListener("message", (event) => {
  const found = JSON.parse(event.data);
  columns.get(found.app)?.news(found);
});

if (about.apps.length) select(about.apps[0]);
$("apps").style.setProperty("--apps", about.apps.length);
$("own").addEventListener("click", openOwnPage);
if (about.assistant) lookAtAssistant();
