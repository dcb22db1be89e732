// Small things every part of the page needs.

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/** An element: `h("button", { class: "x", onclick: f }, "text", child)`. Texts are texts, never mark-up. */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

export function icon(name) {
  const found = $(`[data-icon=${name}]`, $("#icons").content);
  return found ? found.firstElementChild.cloneNode(true) : "";
}

export function open(id) {
  const dialog = document.getElementById(id);
  if (!dialog.open) dialog.showModal();
  return dialog;
}

export function close(id) {
  document.getElementById(id).close();
}

export function anyOpen() {
  return $("dialog[open]") !== null;
}

/** Show an error above the field it is about, or above the whole form where it is about none, and move there; an empty text
 *  takes it away. */
export function fail(root, text, field = null) {
  const place = $("[data-error]", root);
  const form = place.closest("form");
  for (const input of $$("[aria-invalid=true]", form ?? root)) input.removeAttribute("aria-invalid");
  if (text && field) {
    childOf(field.closest(".field"), field).before(place);
    field.setAttribute("aria-invalid", "true");
    describe(field, place);
  } else if (text) {
    form?.prepend(place);
    place.tabIndex = -1;
  }
  place.textContent = text;
  place.hidden = !text;
  if (text) (field ?? place).focus();
}

function childOf(box, element) {
  return element.parentElement === box ? element : childOf(box, element.parentElement);
}

let described = 0;
function describe(field, place) {
  place.id ||= `error-${(described += 1)}`;
  const known = (field.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean);
  field.setAttribute("aria-describedby", [...new Set([...known, place.id])].join(" "));
}

/** Say something for a moment; with an `action` and its label, offer to do it. */
export function toast(text, label = "", action = null) {
  const box = h("div", { class: "toast" }, text);
  const done = () => {
    box.remove();
    action();
  };
  if (action) box.append(h("button", { type: "button", class: "button button-small button-quiet", onclick: done }, label));
  $("[data-toasts]").append(box);
  setTimeout(() => box.remove(), action ? 10000 : 4000);
}

/** A notice under the bar that stays until it is replaced; an empty text takes it away. */
export function notice(text, ...buttons) {
  const place = $("[data-notice]");
  place.replaceChildren(text, ...buttons);
  place.hidden = !text;
}

/** Do something for a button once at a time: it says that it is busy, and others cannot be pressed twice. */
export async function busy(button, act) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  try {
    await act();
  } finally {
    button.removeAttribute("aria-busy");
  }
}

document.addEventListener("click", (event) => {
  const closer = event.target.closest("[data-close-dialog]");
  if (closer) {
    event.preventDefault();
    closer.closest("dialog").close();
  }
  const menu = $(".till-menu");
  if (menu?.open && !event.target.closest("summary")) menu.open = false;
});
