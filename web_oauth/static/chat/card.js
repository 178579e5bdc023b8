// Buttons under a message, and the form in which a card's arguments are changed.

import { get, postSurely } from "./api.js";
import { make, say } from "./dom.js";

const SLIGHT = new Set(["l", "w"]); // later, always: there, but not in the way
const PATIENCE = 12_000;

/** The buttons of a message, or null when it has none. */
export function drawChoices(message) {
  if (!message.choices.length) return null;
  const group = make("div.choices", { role: "group", "aria-label": "Answer" });
  for (const choice of message.choices) {
    const verb = choice.token.split(".")[0];
    const kind = SLIGHT.has(verb) ? "slight" : choice.tone;
    const press = () => (verb === "e" ? openForm(message, group, button) : pressed(group, button, choice.token));
    const button = make(`button.button.${kind}`, { type: "button", onclick: press }, choice.label);
    group.append(button);
  }
  return group;
}

/** Sends it. The buttons rest until the message itself changes; that change replaces them. */
async function pressed(group, button, token, values) {
  rest(group, true);
  button.classList.add("pressed");
  try {
    await postSurely("/chat/press", { token, ...(values && { values }) });
    setTimeout(() => rest(group, false), PATIENCE);
    return true;
  } catch (error) {
    rest(group, false);
    complain(group, error.advice ?? "There is no connection. Try again.");
    return false;
  }
}

function rest(group, yes) {
  group.setAttribute("aria-busy", String(yes));
  for (const button of group.querySelectorAll("button")) {
    button.disabled = yes;
    if (!yes) button.classList.remove("pressed");
  }
}

function complain(group, words) {
  group.parentElement?.querySelector(":scope > .wrong")?.remove();
  group.after(make("p.wrong", { role: "alert" }, words));
}

async function openForm(message, group, button) {
  rest(group, true);
  let card;
  try {
    card = await get(`/chat/cards/${encodeURIComponent(message.id)}`);
  } catch (error) {
    rest(group, false);
    complain(group, error.advice ?? "There is no connection. Try again.");
    return;
  }
  const close = () => {
    form.remove();
    group.hidden = false;
    rest(group, false);
    button.focus();
  };
  const form = drawForm(card, close, group, button);
  group.hidden = true;
  group.after(form);
  form.querySelector("input, textarea, select")?.focus();
  form.scrollIntoView({ block: "nearest" });
  say("Change the details, then choose Save.");
}

function drawForm(card, close, group, button) {
  const inputs = card.fields.map((field) => [field.name, drawInput(field)]);
  const save = make("button.button.primary", {}, "Save");
  const cancel = make("button.button", { type: "button", onclick: close }, "Cancel");
  const form = make("form.edit", { "aria-label": card.title }, ...inputs.map(([, input]) => input.label));
  form.append(make("div.buttons", {}, save, cancel));
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    save.disabled = true;
    const values = Object.fromEntries(inputs.map(([name, input]) => [name, input.value()]));
    close();
    await pressed(group, button, card.token, values);
  });
  return form;
}

/** A labelled input for a field, and how to read it. */
function drawInput(field) {
  if (field.kind === "bool") {
    const box = make("input", { type: "checkbox", checked: field.value === "true" });
    return { label: make("label.switch", {}, box, field.label), value: () => String(box.checked) };
  }
  const input = drawBox(field);
  return { label: make("label", {}, field.label, input), value: () => input.value };
}

function drawBox(field) {
  if (field.kind === "enum") {
    const options = field.options.includes(field.value) ? field.options : ["", ...field.options];
    return make("select", {}, ...options.map((each) => make("option", { value: each, selected: each === field.value }, each)));
  }
  if (field.kind === "long") return Object.assign(make("textarea"), { value: field.value });
  const kinds = { number: "number", date: "date", datetime: "datetime-local" };
  const plain = field.kind === "datetime" ? field.value.slice(0, 16) : field.value;
  return make("input", { type: kinds[field.kind] ?? "text", value: plain, step: field.kind === "number" ? "any" : null });
}
