// The receipt of a sale, on the screen and on a printer of 80 mm. It is made of what was charged, never of prices of now.
import { call, query } from "./api.js";
import { locale, methodName, shop as shopName, t, urls } from "./config.js";
import { show } from "./money.js";
import { $, h, open } from "./ui.js";

/** The tax within an amount, rounded half up, in whole numbers. */
export function taxWithin(total, rateBp) {
  return Math.floor((2 * total * rateBp + 10000 + rateBp) / (2 * (10000 + rateBp)));
}

function row(label, minor, css = "") {
  return h("p", { class: `till-receipt-row ${css}` }, h("span", {}, label), h("span", {}, show(minor)));
}

function lineRows(line) {
  const rows = [h("p", { class: "till-receipt-name" }, line.name),
    row(`${line.quantity} × ${show(line.unit_minor)}`, line.quantity * line.unit_minor)];
  if (line.list_minor > line.unit_minor) rows.push(h("p", { class: "till-receipt-note" }, `${show(line.list_minor)} → ${show(line.unit_minor)}`));
  if (line.discount_minor) rows.push(row(`${t("discount")} (${line.reason})`, -line.discount_minor));
  return rows;
}

function paymentRows(payments) {
  return payments.flatMap((paid) => {
    const change = paid.tendered_minor === null ? 0 : paid.tendered_minor - paid.amount_minor;
    const rows = [row(methodName(paid.method), paid.amount_minor + change)];
    if (change) rows.push(row(t("change"), change));
    return rows;
  });
}

/** When it was, as the pages write it, in the time of the shop's country whatever the device's clock is set to. */
export function momentOf(at, zone) {
  const style = { day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone };
  const found = new Intl.DateTimeFormat(locale, style).formatToParts(at).map(({ type, value }) => [type, value]);
  const { day, month, year, hour, minute } = Object.fromEntries(found);
  if (!locale.startsWith("fr")) return `${day} ${month} ${year}, ${hour}:${minute}`;
  return `${day === "1" ? "1er" : day} ${month} ${year}, ${Number(hour)}\u00a0h\u00a0${minute}`;
}

/** What came back of a sale since, and what was given back for it, as the server tells it. */
function backRows({ lines, refunded_minor: refunded, owed_minor: owed }) {
  const rows = lines.filter((line) => line.left < line.quantity).map((line) => {
    const pieces = line.quantity - line.left;
    return [h("p", { class: "till-receipt-name" }, t("came_back", { name: line.name })), row(`${pieces} × ${show(line.unit_minor)}`, -pieces * line.unit_minor)];
  }).flat();
  if (refunded) rows.push(row(t("receipt_given_back"), refunded));
  if (owed) rows.push(row(t("receipt_owed"), owed));
  return rows.length ? [h("hr"), ...rows] : [];
}

/** The receipt of a sale of the log; with what became of it, where that is known. */
export function receiptOf(sale, shop, since = null) {
  const { payload, answer } = sale;
  const number = answer?.number;
  const tax = shop.tax_rate_bp ? taxWithin(payload.total_minor, shop.tax_rate_bp) : 0;
  const rate = String(shop.tax_rate_bp / 100).replace(".", locale.startsWith("fr") ? "," : ".");
  return h("article", { class: "till-paper" },
    h("h3", {}, shop.name || shopName),
    shop.address ? h("p", {}, shop.address) : "", shop.phone ? h("p", {}, shop.phone) : "", shop.tax_number ? h("p", {}, shop.tax_number) : "",
    h("hr"),
    h("p", {}, momentOf(sale.made_at, shop.zone)),
    number ? h("p", {}, `${t("number")} ${number}`) : "",
    h("p", {}, `${t("local_number")} ${payload.local_number}`),
    sale.seller ? h("p", {}, t("served_by", { name: sale.seller })) : "",
    payload.name || payload.phone ? h("p", {}, [payload.name, payload.phone].filter(Boolean).join(" · ")) : "",
    h("hr"),
    ...payload.lines.flatMap(lineRows),
    h("hr"),
    payload.discount_minor ? row(`${t("discount")} (${payload.discount_reason})`, -payload.discount_minor) : "",
    row(t("total"), payload.total_minor, "till-receipt-total"),
    tax ? row(t("receipt_tax", { name: shop.tax_name, rate }), tax) : "",
    ...paymentRows(payload.payments),
    ...(since ? backRows(since) : []),
    h("hr"),
    number ? "" : h("p", { class: "till-receipt-note" }, t("number_later")),
    h("p", {}, t("thanks")));
}

/** How long a receipt is on a roll, in whole millimetres; a little wider on paper than on the screen, so never longer. */
function paperHeight(paper) {
  return Math.ceil((paper.getBoundingClientRect().height * 25.4) / 96) + 4;
}

export function setUpReceipt(till) {
  const page = new CSSStyleSheet();
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, page];
  $("[data-print-receipt]").addEventListener("click", () => {
    page.replaceSync(`@page { size: 80mm ${paperHeight($(".till-paper"))}mm; margin: 0; }`);
    window.print();
  });
  let shown = null;
  $("[data-invoice]").addEventListener("click", () => till.askInvoice(shown));
  till.showInvoice = (sale) => {
    if (shown?.uuid !== sale.uuid) return;
    const { invoice, invoice_state: state, invoice_error: error } = sale;
    $("[data-invoice]").hidden = Boolean(invoice) || sale.state === "refused";
    const link = $("[data-invoice-link]");
    link.hidden = !invoice;
    if (invoice) Object.assign(link, { href: invoice.url, textContent: t("invoice_open", { number: invoice.number }) });
    const place = $("[data-invoice-state]");
    place.textContent = state === "wanted" ? t("invoice_wanted") : state === "refused" ? `${t("invoice_refused")} ${error}` : "";
    place.hidden = !place.textContent;
  };
  till.redrawInvoice = async () => {
    if (shown && $("#receipt").open) till.showInvoice((await till.db.get("sales", shown.uuid)) ?? shown);
  };

  /** Goods may have come back at any till, or on the order's page: the server knows, where it can be asked. */
  async function tellWhatCameBack(sale) {
    if (sale.state !== "accepted") return;
    const told = await call(query(urls.sale, { q: sale.answer.number })).catch(() => null);
    if (told && shown === sale) $("[data-receipt]").replaceChildren(receiptOf(sale, till.shop, told.sale));
  }

  return async (made, { isNew = false } = {}) => {
    const sale = (await till.db.get("sales", made.uuid)) ?? made;
    shown = sale;
    till.showInvoice(sale);
    $("[data-receipt]").replaceChildren(receiptOf(sale, till.shop));
    const change = sale.payload.payments.reduce((sum, one) => sum + (one.tendered_minor === null ? 0 : one.tendered_minor - one.amount_minor), 0);
    const place = $("[data-receipt-change]");
    place.hidden = !(isNew && change);
    $("strong", place).textContent = show(change);
    open("receipt");
    if (!isNew) await tellWhatCameBack(sale);
  };
}
