// Discounts, the customer, and the log of this device.
import { call, query } from "./api.js";
import { counted, t, urls } from "./config.js";
import { latestSales, unsentCount } from "./db.js";
import { read, show, typed } from "./money.js";
import { lineNet, linesTotal, percentOf } from "./sums.js";
import { $, close, fail, h, icon, open, toast } from "./ui.js";

const PERCENTS = [5, 10, 20];

export function setUpDiscounts(till) {
  const dialog = $("#discount");
  const amount = $("#discount-amount");
  const reason = $("#discount-reason");
  let line = null;
  const base = () => (line ? line.unit_minor * line.quantity : linesTotal(till.cart.now));

  $("[data-percents]").replaceChildren(...PERCENTS.map((percent) =>
    h("button", { type: "button", class: "button button-small", onclick: () => (amount.value = typed(percentOf(base(), percent))) }, `${percent}\u00a0%`)));
  $("[data-none]", dialog).addEventListener("click", () => {
    till.cart.discount(line, 0, "");
    close("discount");
  });
  $("form", dialog).addEventListener("submit", (event) => {
    event.preventDefault();
    const minor = read(amount.value);
    if (minor === null) return fail(dialog, t("amount_wrong"), amount);
    if (minor > base()) return fail(dialog, t("discount_too_much"), amount);
    if (minor && !reason.value.trim()) return fail(dialog, t("reason_missing"), reason);
    till.cart.discount(line, minor, minor ? reason.value.trim() : "");
    close("discount");
  });
  return (wanted = null) => {
    if (!till.user.may_discount) return toast($("[data-no-discount]").textContent);
    if (till.cart.isEmpty) return;
    line = wanted;
    const given = line ?? till.cart.now;
    $("[data-what]", dialog).textContent = line ? `${line.name}: ${show(lineNet(line) + line.discount_minor)}` : `${t("total")}: ${show(base())}`;
    amount.value = given.discount_minor ? typed(given.discount_minor) : "";
    reason.value = line ? line.reason : given.discount_reason;
    fail(dialog, "");
    open("discount");
    amount.focus();
  };
}

export function setUpCustomer(till) {
  const dialog = $("#customer");
  const search = $("#customer-q");
  const found = $("[data-accounts-found]");
  let timer = 0;

  async function look() {
    const text = search.value.trim();
    if (text.length < 2) return found.replaceChildren();
    try {
      const { customers } = await call(query(urls.customers, { q: text }));
      found.replaceChildren(...(customers.length ? customers.map(account) : [h("li", { class: "muted" }, t("customer_none"))]));
    } catch {
      found.replaceChildren(h("li", { class: "muted" }, t("customer_offline")));
    }
  }

  function account(one) {
    const words = [one.name, one.phone, one.segment].filter(Boolean).join(" · ");
    return h("li", {}, h("button", { type: "button", class: "button button-block", onclick: () => take(one) }, words));
  }

  /** An account pays what it is given: its prices are asked for what is in the cart, and again for what is added. */
  async function take(one) {
    try {
      const prices = await pricesFor(one);
      till.cart.setCustomer({ customer: one, name: one.name, phone: one.phone, prices });
      close("customer");
    } catch {
      fail(dialog, t("customer_offline"), search);
    }
  }

  async function pricesFor(one) {
    const variants = till.cart.now.lines.map((line) => line.id);
    return (await call(urls.prices, { body: { customer: one.id, variants } })).prices;
  }

  till.askAccountPrices = async () => {
    const { customer, uuid, lines, prices } = till.cart.now;
    if (lines.every((line) => line.id in prices)) return;
    const told = await pricesFor(customer).catch(() => ({}));
    if (till.cart.now.uuid === uuid) till.cart.reprice(told);
  };

  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, 300);
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
  $("[data-none]", dialog).addEventListener("click", () => {
    till.cart.setCustomer({ customer: null, name: "", phone: "", prices: {} });
    close("customer");
  });
  $("form", dialog).addEventListener("submit", (event) => {
    event.preventDefault();
    const { customer, prices } = till.cart.now;
    till.cart.setCustomer({ customer, prices, name: $("#customer-name").value.trim(), phone: $("#customer-phone").value.trim() });
    close("customer");
  });
  return () => {
    $("#customer-name").value = till.cart.now.name;
    $("#customer-phone").value = till.cart.now.phone;
    $("[data-accounts]").hidden = !till.user.may_find_customers;
    search.value = "";
    found.replaceChildren();
    fail(dialog, "");
    open("customer");
  };
}

const STATES = { pending: "clock", trying: "clock", accepted: "check", refused: "warning" };

export function setUpLog(till) {
  async function draw() {
    const sales = await latestSales(till.db);
    const unsent = await unsentCount(till.db);
    $("[data-sales-state]").textContent = unsent ? counted("sending", unsent) : "";
    $("[data-send-now]").hidden = !unsent;
    $("[data-log]").replaceChildren(...(sales.length ? sales.map(row) : [h("li", { class: "muted" }, t("no_sales"))]));
  }

  function row(sale) {
    const state = sale.state === "trying" ? "pending" : sale.state;
    const number = sale.answer?.number ?? sale.payload.local_number;
    const why = sale.state === "refused" ? h("span", { class: "small muted" }, sale.answer.message) : "";
    const invoice = invoiceNote(sale);
    return h("li", {}, h("span", {}, h("strong", {}, number), h("span", { class: `till-log-state till-log-${state}` }, icon(STATES[sale.state]), t(`state_${state}`)), why, invoice),
      h("span", { class: "money" }, show(sale.payload.total_minor)),
      h("button", { type: "button", class: "button button-small", onclick: () => till.showReceipt(sale) }, icon("printer"), $("#receipt-title").textContent));
  }

  function invoiceNote(sale) {
    const words = { wanted: () => t("invoice_wanted"), refused: () => `${t("invoice_refused")} ${sale.invoice_error}`, made: () => t("invoice_of", { number: sale.invoice.number }) };
    return sale.invoice_state ? h("span", { class: "small muted" }, words[sale.invoice_state]()) : "";
  }

  $("[data-send-now]").addEventListener("click", () => till.sender.wake());
  return { draw, show: () => draw().then(() => open("sales")) };
}
