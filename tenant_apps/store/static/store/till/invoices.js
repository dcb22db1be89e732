// Invoices for customers who ask. Their number comes from the server alone: what is asked for without a network waits in the
// log with its sale, and the server makes one invoice of a sale, however often it is asked.
import { NoAnswer, Refused, Trouble, call } from "./api.js";
import { t, urls } from "./config.js";
import { changeSale, wantedInvoices } from "./db.js";
import { $, $$, busy, close, fail, open, toast } from "./ui.js";

const FIELDS = ["name", "company", "tax_number", "address", "phone", "email"];

/** Keep with a sale who its invoice is for. */
export function wantInvoice(db, uuid, buyer) {
  return changeSale(db, uuid, () => ({ invoice_state: "wanted", invoice_for: buyer, invoice_error: "" }));
}

async function issueOne(db, sale) {
  const body = { order: sale.answer.order, ...sale.invoice_for };
  const { invoice } = await call(urls.invoice, { body });
  return changeSale(db, sale.uuid, () => ({ invoice_state: "made", invoice }));
}

/** Have the invoices made that were asked for, of sales the server has. What it refuses is kept with its words; one that it
 *  stumbles over is asked for again later, and does not hold up the others. */
export async function issueWanted(db) {
  let trouble = null;
  for (const sale of await wantedInvoices(db)) {
    if (sale.state === "refused") await changeSale(db, sale.uuid, () => ({ invoice_state: "refused", invoice_error: t("invoice_not_booked") }));
    if (sale.state !== "accepted") continue;
    try {
      await issueOne(db, sale);
    } catch (error) {
      if (error instanceof Trouble && error.status >= 500) trouble = error;
      else if (!(error instanceof Refused)) throw error;
      else await changeSale(db, sale.uuid, () => ({ invoice_state: "refused", invoice_error: error.message }));
    }
  }
  if (trouble) throw trouble;
}

/** What a buyer said, and the first thing that cannot be right: [buyer, field, text]. Pure but for the form. */
function readBuyer(form) {
  const buyer = Object.fromEntries(FIELDS.map((name) => [name, form.elements[name].value.trim()]));
  if (!buyer.name && !buyer.company) return [buyer, "name", t("invoice_name")];
  if (buyer.email && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(buyer.email)) return [buyer, "email", t("invoice_email")];
  return [buyer, null, ""];
}

export function setUpInvoices(till) {
  const dialog = $("#invoice");
  const form = $("form", dialog);
  let uuid = null;

  function failAt(name, text) {
    fail(dialog, text, form.elements[name] ?? null);
  }

  /** The invoice now, where the server can be asked; else it waits with the sale. */
  async function ask(buyer) {
    const sale = await wantInvoice(till.db, uuid, buyer);
    if (sale.state !== "accepted" || !till.isOnline()) return later();
    try {
      till.showInvoice(await issueOne(till.db, sale));
      close("invoice");
    } catch (error) {
      if (!(error instanceof Refused)) return later(error);
      await changeSale(till.db, uuid, () => ({ invoice_state: "refused", invoice_error: error.message }));
      failAt(error.body.field, error.message);
    }
  }

  async function later(error = null) {
    till.showInvoice(await till.db.get("sales", uuid));
    close("invoice");
    toast(t("invoice_later"));
    if (!error || error instanceof NoAnswer) till.sender.wake();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const [buyer, field, text] = readBuyer(form);
    if (field) return failAt(field, text);
    busy($("button:not([type])", form), () => ask(buyer));
  });
  for (const input of $$("input", form)) input.addEventListener("input", () => fail(dialog, ""));
  return async (sale) => {
    uuid = sale.uuid;
    const kept = await till.db.get("sales", uuid);
    const known = kept?.invoice_for ?? { name: sale.payload.name, phone: sale.payload.phone };
    for (const name of FIELDS) form.elements[name].value = known[name] ?? "";
    fail(dialog, kept?.invoice_error ?? "");
    open("invoice");
    form.elements.name.focus();
  };
}
