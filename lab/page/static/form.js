// A form that the assistant opened over the chat, and the app's page of the assistant's own.

import { fromHtml, iconButton, make } from "./dom.js";
import { toneOf } from "./message.js";

const LONG = new Set(["long", "multiline", "paragraph", "textarea", "lines"]);
const INPUTS = { number: "number", int: "number", float: "number", date: "date", email: "email", url: "url", datetime: "datetime-local" };

/** `submit(values)` returns whether it was taken; `close()` when the person leaves it. */
export function drawForm(form, { submit, close }) {
  const sent = async (event) => {
    event.preventDefault();
    const button = event.submitter;
    button.disabled = true;
    await submit(valuesOf(form, event.target));
    button.disabled = false;
  };
  const fields = form.fields.map((field) => make("label", {}, field.label || field.name, drawField(field)));
  const buttons = make(
    "div.choices",
    {},
    make("button.choice.primary", { type: "submit" }, "Save"),
    make("button.choice.plain", { type: "button", onclick: close }, "Cancel"),
  );
  const onkeydown = (event) => event.key === "Escape" && close();
  const label = form.title || "Form";
  return make("form.sheet", { role: "dialog", "aria-label": label, onsubmit: sent, onkeydown }, make("h3", {}, label), ...fields, buttons);
}

function drawField(field) {
  const value = field.value ?? "";
  const about = { name: field.name, autocomplete: "off" };
  if (field.options?.length) {
    const options = field.options.map((option) => {
      const [worth, label] = typeof option === "object" ? [option.value, option.label ?? option.value] : [option, option];
      return make("option", { value: worth, selected: String(worth) === String(value) }, label);
    });
    return make("select", about, ...options);
  }
  if (LONG.has(field.kind)) return made("textarea", { ...about, rows: 4 }, value);
  return made("input", { ...about, type: INPUTS[field.kind] ?? "text" }, value);
}

function made(kind, about, value) {
  const input = make(kind, about);
  input.value = value;
  return input;
}

function valuesOf(form, element) {
  return Object.fromEntries(form.fields.map((field) => [field.name, element.elements[field.name].value]));
}

/** `home`: { html or text, buttons }, as the app shows it; `press(button)`. */
export function drawHome(home, { press, close }) {
  const buttons = (home.buttons ?? []).map((button) =>
    make(`button.choice.${toneOf(button)}`, { type: "button", onclick: () => press(button) }, button.label),
  );
  return make(
    "section.sheet.home",
    { "aria-label": "Home", tabindex: "-1" },
    make("header", {}, make("h3", {}, "Home"), iconButton("close", "Close", close)),
    make("div.text", {}, home.html ? fromHtml(home.html) : (home.text ?? "")),
    make("div.choices", {}, ...buttons),
  );
}
