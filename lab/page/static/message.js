// One message of a screen as elements.

import { fromHtml, icon, iconButton, make } from "./dom.js";
import { player } from "./player.js";

const CODE = /\baurelius link ([A-Za-z0-9]{8})\b/;
const TONES = { primary: "primary", success: "primary", good: "primary", danger: "danger", bad: "danger" };

export const toneOf = (button) => TONES[button.style] ?? "plain";

export function sizeOf(bytes) {
  if (!bytes) return "";
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/**
 * `mine`: written by the person who looks; `follows`: by the same as the one before; `linkable`: a code in it is fresh.
 * `on`: press(message, button), reply(message), react(message), edit(message), link(code, button), find(id) -> message.
 */
export function drawMessage(message, { app, mine, follows, linkable, on }) {
  const bot = message.author === "bot";
  const classes = ["row", bot ? "bot" : "person", mine && "mine", follows && "follows", message.growing && "growing"];
  const bubble = make(
    "article.bubble",
    { "aria-label": message.name || (bot ? "Aurelius" : "somebody"), tabindex: "-1" },
    drawQuote(message, on),
    message.html || message.text ? make("div.text", {}, message.html ? fromHtml(message.html) : message.text) : null,
    drawFiles(message.files ?? [], app),
    drawButtons(message, on),
    linkable ? drawLink(message, on) : null,
    message.hidden ? make("small.only", {}, "Only you can see this") : null,
  );
  return make(
    `li.${classes.filter(Boolean).join(".")}`,
    { "data-id": message.id, "data-letter": (message.name || "A")[0] },
    make("p.name", {}, message.name || "", message.edited ? make("span.edited", {}, " edited") : null),
    make("div.line", {}, bubble, drawTools(message, mine, on)),
  );
}

function drawQuote(message, on) {
  const quoted = message.reply_to ? on.find(message.reply_to) : null;
  if (!quoted) return null;
  return make("blockquote.quote", {}, make("b", {}, quoted.name || ""), " ", (quoted.text || "a file").slice(0, 90));
}

function drawFiles(files, app) {
  if (!files.length) return null;
  return make("ul.files", {}, ...files.map((file) => make("li", {}, drawFile(file, app.fileUrl(file.id)))));
}

function drawFile(file, url) {
  const name = file.name || file.kind;
  if (file.kind === "voice") return player(url, file.duration);
  if (file.kind === "audio") return player(url, file.duration, name);
  if (file.kind === "photo" || file.mime?.startsWith("image/"))
    return make("a.picture", { href: url, target: "_blank", rel: "noopener" }, make("img", { src: url, alt: name, loading: "lazy" }));
  if (file.kind === "video") return make("video", { src: url, controls: true, preload: "metadata", "aria-label": name });
  return make("a.file", { href: url, download: name }, icon("clip"), make("span", {}, name), make("small", {}, sizeOf(file.size)));
}

function drawButtons(message, on) {
  if (!message.buttons?.length) return null;
  const button = (each) =>
    make(`button.choice.${toneOf(each)}`, { type: "button", onclick: (event) => pressed(event, message, each, on) }, each.label);
  return make("div.choices", {}, ...message.buttons.map(button));
}

async function pressed(event, message, button, on) {
  const row = event.currentTarget.parentElement;
  row.setAttribute("aria-busy", "true");
  await on.press(message, button);
  row.removeAttribute("aria-busy");
}

/** A stranger is given a code; in the lab the owner is at hand. */
function drawLink(message, on) {
  const code = CODE.exec(message.text ?? "")?.[1];
  if (!code) return null;
  const press = (event) => on.link(code, event.currentTarget);
  return make("button.choice.primary.link", { type: "button", onclick: press }, "Link ", make("small", {}, `as \`aurelius link ${code}\` would`));
}

function drawTools(message, mine, on) {
  return make(
    "div.tools",
    {},
    iconButton("reply", "Reply to this", () => on.reply(message)),
    mine ? iconButton("pen", "Change this", () => on.edit(message)) : null,
    mine ? null : iconButton("like", "React with 👍", () => on.react(message)),
  );
}
