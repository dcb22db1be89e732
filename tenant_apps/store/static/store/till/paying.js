// The payment: one way or several, cash with what was handed over and the change.
import { Refused } from "./api.js";
import { methodName, methods, t } from "./config.js";
import { likelyNotes, read, show, typed } from "./money.js";
import { makeSale, nextLocalNumber, saleRecord } from "./selling.js";
import { saleTotal } from "./sums.js";
import { $, busy, close, fail, h, icon, open } from "./ui.js";

/** A payment so far: what a part of it may be. Pure. */
export function partOf(method, entered, due) {
  if (method === "cash") return { method, amount_minor: Math.min(entered, due), tendered_minor: entered, reference: "" };
  return entered > due ? null : { method, amount_minor: entered, tendered_minor: null, reference: "" };
}

export function setUpPaying(till) {
  const dialog = $("#pay");
  const state = { parts: [], method: "cash" };
  const due = () => saleTotal(till.cart.now) - state.parts.reduce((sum, part) => sum + part.amount_minor, 0);
  const entered = () => read($("#pay-amount").value);

  function drawMethods() {
    $("[data-methods]").replaceChildren(...methodButtons("method", state.method, (key) => {
      state.method = key;
      draw();
    }));
  }

  function draw() {
    const left = due();
    const isCash = state.method === "cash";
    drawMethods();
    $("[data-due-label]").textContent = state.parts.length ? t("to_pay") : t("total");
    $("[data-due]").textContent = show(left);
    $("[data-parts]").replaceChildren(...state.parts.map((part) => partRow(part)));
    $("#pay-amount").value = typed(left);
    $("[data-reference]").hidden = isCash;
    $("#pay-reference").value = "";
    const notes = isCash ? [left, ...likelyNotes(left)] : [];
    $("[data-notes]").replaceChildren(...notes.map((minor) => noteButton(minor, minor === left)));
    drawChange();
    fail(dialog, "");
    $("#pay-amount").focus();
    $("#pay-amount").select();
  }

  /** What is being sold though the device knows of less: to be looked at before money is taken, no more. */
  function drawShort() {
    const lines = till.cart.now.lines.filter((line) => till.catalogue.isShort(line));
    const words = (line) => t("short_of", { name: line.name, n: line.quantity, left: till.catalogue.left(line) });
    $("[data-short]").hidden = !lines.length;
    $("[data-short-lines]").replaceChildren(...lines.map((line) => h("li", {}, words(line))));
  }

  function drawChange() {
    const amount = entered();
    const left = due();
    const change = state.method === "cash" && amount !== null ? Math.max(0, amount - left) : 0;
    $("[data-change-row]").hidden = !change;
    $("[data-change]").textContent = show(change);
    $("[data-take]").textContent = t("pay", { amount: show(amount === null ? left : Math.min(amount, left)) });
  }

  function noteButton(minor, isExact) {
    const set = () => {
      $("#pay-amount").value = typed(minor);
      drawChange();
    };
    return h("button", { type: "button", class: "button button-small", onclick: set }, isExact ? t("exact") : show(minor));
  }

  function partRow(part) {
    const remove = () => {
      state.parts = state.parts.filter((one) => one !== part);
      draw();
    };
    return h("li", {}, h("span", {}, methodName(part.method)), h("strong", { class: "money" }, show(part.amount_minor)),
      h("button", { type: "button", class: "button button-small button-icon", "aria-label": t("remove", { name: methodName(part.method) }), onclick: remove }, icon("trash")));
  }

  async function take() {
    const left = due();
    const amount = entered();
    if (amount === null || (amount < 1 && left > 0)) return fail(dialog, t("amount_wrong"), $("#pay-amount"));
    const part = partOf(state.method, amount, left);
    if (!part) return fail(dialog, t("too_much"), $("#pay-amount"));
    part.reference = $("#pay-reference").value.trim();
    const parts = part.amount_minor ? [...state.parts, part] : state.parts;
    if (part.amount_minor < left) {
      state.parts = parts;
      state.method = state.method === "cash" ? methods[1].key : "cash";
      return draw();
    }
    await busy($("[data-take]"), () => finish(parts));
  }

  async function finish(payments) {
    try {
      const sale = await sellCart(till, payments);
      close("pay");
      till.showReceipt(sale, { isNew: true });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      refused(error);
    }
  }

  function refused(error) {
    const { body } = error;
    till.cart.rename();
    if (body.prices) till.cart.reprice(body.prices);
    till.refresh().then(drawShort);
    if (body.code === "price_changed" || state.parts.length) {
      state.parts = [];
      draw();
    }
    fail(dialog, `${t("sale_refused")}. ${error.message}`);
    if (body.code === "session_closed" || body.code === "session_unknown") {
      close("pay");
      till.lookUp();
    }
  }

  $("#pay-amount").addEventListener("input", drawChange);
  $("form", dialog).addEventListener("submit", (event) => {
    event.preventDefault();
    take();
  });
  return () => {
    if (till.cart.isEmpty) return;
    till.cart.reprice();
    Object.assign(state, { parts: [], method: "cash" });
    open("pay");
    drawShort();
    draw();
  };
}

/** Make the cart a sale that is paid so, and begin a new one. Throws Refused, and leaves the cart as it was. */
export async function sellCart(till, payments) {
  const cart = structuredClone(till.cart.now);
  const localNumber = await nextLocalNumber(till.db);
  const offline = !till.isOnline();
  const record = saleRecord({ cart, payments, session: till.session.id, seller: till.user, localNumber, offline });
  const sale = await makeSale(till.db, till.register, record);
  await till.catalogue.take(cart.lines);
  till.cart.clear();
  till.sold(sale);
  return sale;
}

/** The ways to pay as radio buttons. */
export function methodButtons(name, chosen, onChoose) {
  return methods.map(({ key, name: label }) =>
    h("label", { class: "till-method" },
      h("input", { type: "radio", name, value: key, checked: key === chosen, onchange: () => onChoose(key) }), h("span", {}, label)));
}
