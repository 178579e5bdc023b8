// One message as elements.

import { drawChoices } from "./card.js";
import { fromHtml, make } from "./dom.js";
import { drawSound, isSound, lengthOf } from "./sound.js";

const BADGES = {
  open: "Waits for your answer",
  snoozed: "Put off",
  scheduled: "Planned",
  running: "Running",
  done: "Done",
  undoing: "Undoing",
  undone: "Taken back",
  compensated: "Failed, and taken back",
  failed: "Failed",
  denied: "Declined",
  expired: "Expired",
  unknown: "Please check",
};
const STATES = { merged: "answered with the next", stopped: "stopped" };
const PICTURES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

export const timeOf = (date) => date.toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });

export function sizeOf(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** A line of the conversation: a list item with its day, bubble and small print. */
export function drawRow(message) {
  const mine = message.author === "user";
  const at = new Date(message.sent_at);
  const state = message.card ? message.state : message.state.split(" ")[0];
  const classes = ["row", message.author, message.card && "card", state].filter(Boolean).join(".");
  const text = make("div.text", {}, mine ? message.text : fromHtml(message.html));
  const files = drawFiles(message.files);
  const spoken = message.files.some((file) => file.kind === "voice"); // then the text is what was heard
  const bubble = make(
    "article.bubble",
    { "aria-label": `${mine ? "You" : "Aurelius"}, ${timeOf(at)}`, tabindex: "-1" },
    message.card ? make("p.badge", {}, BADGES[message.state] ?? message.state) : null,
    ...(spoken ? [files, text] : [text, files]),
    drawChoices(message),
  );
  const said = STATES[message.state] ?? (mine ? message.state : "");
  const small = make("div.meta", {}, make("time", { datetime: message.sent_at }, timeOf(at)), make("span.state", {}, said));
  if (said) small.classList.add("speaks");
  return make(`li.${classes}`, { id: `m-${message.id}` }, make("h3.day", { hidden: true }), bubble, small);
}

function drawFiles(files) {
  if (!files.length) return null;
  return make("ul.files", {}, ...files.map((file) => make("li", {}, drawFile(file))));
}

function drawFile(file) {
  const href = `/chat/files/${encodeURIComponent(file.id)}`;
  if (PICTURES.has(file.mime))
    return make("a.picture", { href, target: "_blank", rel: "noopener" }, make("img", { src: href, alt: file.name, loading: "lazy" }));
  if (isSound(file)) return drawSound(file, href);
  return make("a", { href, download: file.name }, `${file.name} · ${sizeOf(file.size)}`);
}

/** A message that is on its way: text as typed, names of files, and what is going on. */
export function drawPending(item, { retry, drop }) {
  const small = make("div.meta.speaks", {});
  if (item.problem) {
    small.append(
      make("span.bad", {}, `Not sent: ${item.problem}`),
      make("button", { type: "button", onclick: retry }, "Try again"),
      make("button", { type: "button", onclick: drop }, "Remove"),
    );
  } else {
    small.append({ sending: "sending", waiting: "waiting for the connection", sent: "✓" }[item.state]);
  }
  const name = (file) => (item.recorded ? `Voice note · ${lengthOf(item.recorded)}` : `${file.name} · ${sizeOf(file.size)}`);
  const files = item.files.map((file) => make("li", {}, make("span.chip", {}, name(file))));
  const bubble = make("article.bubble", { "aria-label": "You" }, make("div.text", {}, item.text));
  if (files.length) bubble.append(make("ul.files", {}, ...files));
  return make(`li.row.user.last${item.state === "sent" ? "" : ".waiting"}`, {}, bubble, small);
}
