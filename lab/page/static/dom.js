// Making elements, and the one place where HTML becomes elements.

export const $ = (id) => document.getElementById(id);

/** An element: make("p.quiet", { title: "x" }, "text", child). Strings become text, never markup. */
export function make(kind, attributes = {}, ...children) {
  const [tag, ...classes] = kind.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child != null && child !== false));
  return element;
}

const ICONS = {
  send: ["M12 19V5m-6 6 6-6 6 6"],
  clip: ["M19 11.5 12 18.6a4.5 4.5 0 0 1-6.4-6.4l7.4-7.4a3 3 0 0 1 4.3 4.2l-7.2 7.3a1.5 1.5 0 0 1-2.2-2.1l6.4-6.5"],
  mic: ["M12 3.5a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0v-5a3 3 0 0 1 3-3Z", "M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3"],
  stop: ["M7.5 7.5h9v9h-9z"],
  play: ["M8 5.5v13l10.5-6.5z"],
  pause: ["M8.5 6v12M15.5 6v12"],
  close: ["M6 6l12 12M18 6 6 18"],
  reply: ["M10 8 5 12.5 10 17M5 12.5h8a6 6 0 0 1 6 6"],
  like: ["M8 11v8.5H5V11zM8 11l3.5-7c1.5 0 2.3 1 2 2.5L13 10h4.5a2 2 0 0 1 2 2.4l-1.2 5.5a2 2 0 0 1-2 1.6H8"],
  pen: ["M5 19l1-4L16.5 4.5l3 3L9 18z"],
  home: ["M4.5 11.5 12 5l7.5 6.5M6.5 10v9h11v-9"],
};

/** A drawing that stands for a word; the button around it says the word. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.dataset.icon = name;
  for (const d of ICONS[name]) {
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

/** A round button with an icon: what it does is its name. */
export function iconButton(name, label, onclick, more = {}) {
  return make("button.icon", { type: "button", "aria-label": label, title: label, onclick, ...more }, icon(name));
}

const TAGS = new Set(
  ("P BR HR DIV SPAN STRONG B EM I U INS S STRIKE DEL CODE PRE UL OL LI BLOCKQUOTE H1 H2 H3 H4 H5 H6 " +
    "TABLE THEAD TBODY TR TH TD A DL DT DD SMALL").split(" "),
);
const LINK = /^(https?:|mailto:|tel:)/i;
const CLASS = /^(spoiler|mention|quiet|header|context|field|divider)$/;
const BLOCKS = /^(P|DIV|PRE|UL|OL|BLOCKQUOTE|H[1-6]|TABLE|HR|DL)$/;
const policy = window.trustedTypes?.createPolicy("lab", { createHTML: (html) => html });

/** A stand-in's HTML as elements: parsed in a document that runs nothing, only known tags are copied. */
export function fromHtml(html) {
  const parsed = new DOMParser().parseFromString(policy ? policy.createHTML(html) : html, "text/html");
  const out = document.createDocumentFragment();
  out.append(...copies(parsed.body));
  return out;
}

function copies(node) {
  return [...node.childNodes].flatMap((child) => {
    if (child.nodeType === Node.TEXT_NODE) return [document.createTextNode(withoutEmptyLines(child))];
    if (child.nodeType !== Node.ELEMENT_NODE) return [];
    return TAGS.has(child.tagName) ? [copy(child)] : copies(child);
  });
}

/** Line ends in the text count, but beside a block they would be empty lines. */
function withoutEmptyLines(text) {
  const after = BLOCKS.test(text.previousSibling?.nodeName) ? text.data.replace(/^\n+/, "") : text.data;
  return BLOCKS.test(text.nextSibling?.nodeName) ? after.replace(/\n+$/, "") : after;
}

function copy(node) {
  const element = document.createElement(node.tagName);
  element.className = [...node.classList].filter((name) => CLASS.test(name)).join(" ");
  if (!element.className) element.removeAttribute("class");
  if (node.tagName === "A" && LINK.test(node.getAttribute("href") ?? "")) {
    element.href = node.getAttribute("href");
    element.title = element.href;
    element.target = "_blank";
    element.rel = "noopener noreferrer nofollow";
  }
  if (node.tagName === "OL" && node.start !== 1) element.start = node.start;
  element.append(...copies(node));
  return element;
}

let saying = 0;
/** Tells a screen reader, and nobody else. */
export function say(words) {
  clearTimeout(saying);
  $("say").textContent = "";
  saying = setTimeout(() => ($("say").textContent = words), 60);
}
