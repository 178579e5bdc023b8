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
  element.append(...children.filter((child) => child != null));
  return element;
}

const TAGS = new Set(
  "P BR HR STRONG EM S CODE PRE UL OL LI BLOCKQUOTE H1 H2 H3 H4 H5 H6 TABLE THEAD TBODY TR TH TD A SPAN".split(" "),
);
const LINK = /^(https?:|mailto:|tel:)/i;
const policy = window.trustedTypes?.createPolicy("aurelius", { createHTML: (html) => html });

/**
 * The server's HTML as elements. The server made it from CommonMark with raw HTML switched off; here it is parsed in a
 * document that runs nothing, and only known tags with known attributes are copied: a second wall.
 */
export function fromHtml(html) {
  const parsed = new DOMParser().parseFromString(policy ? policy.createHTML(html) : html, "text/html");
  const out = document.createDocumentFragment();
  out.append(...copies(parsed.body));
  return out;
}

function copies(node) {
  return [...node.childNodes].flatMap((child) => {
    if (child.nodeType === Node.TEXT_NODE) return [document.createTextNode(child.data)];
    if (child.nodeType !== Node.ELEMENT_NODE) return [];
    if (!TAGS.has(child.tagName)) return copies(child);
    return [copy(child)];
  });
}

function copy(node) {
  const element = document.createElement(node.tagName);
  if (node.tagName === "A" && LINK.test(node.getAttribute("href") ?? "")) {
    element.href = node.getAttribute("href");
    element.title = element.href;
    element.target = "_blank";
    element.rel = "noopener noreferrer nofollow";
  }
  if (node.tagName === "OL" && node.start !== 1) element.start = node.start;
  if (node.tagName === "SPAN" && node.className === "where") element.className = "where";
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
