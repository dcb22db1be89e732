// Making a sale. Its UUID is made with the cart; the sale is in the log before anybody is told of it.
import { LoggedOut, NoAnswer, Refused, Trouble, call } from "./api.js";
import { urls } from "./config.js";
import { appendSale, becomeOffline, changeSale, forgetSale } from "./db.js";
import { noteAnswers } from "./sender.js";
import { saleTotal } from "./sums.js";

const ONLINE_PATIENCE = 8000;

export function newUuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** The next number that receipts show before the server has given one: unique on this device. */
export async function nextLocalNumber(db, now = new Date()) {
  const tx = db.transaction("meta", "readwrite");
  const device = (await tx.store.get("device")) ?? newUuid().slice(0, 4).toUpperCase();
  const last = ((await tx.store.get("last-number")) ?? 0) + 1;
  await tx.store.put(device, "device");
  await tx.store.put(last, "last-number");
  await tx.done;
  const day = [now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, "0")).join("");
  return `${device}-${day}-${String(last).padStart(4, "0")}`;
}

/** A sale as the log keeps it and the server takes it. */
export function saleRecord({ cart, payments, session, seller, localNumber, offline, now = Date.now() }) {
  const lines = cart.lines.map(({ id, name, quantity, list_minor, unit_minor, discount_minor, reason }) => ({
    variant: id, name, quantity, list_minor, unit_minor, discount_minor, reason,
  }));
  return {
    uuid: cart.uuid,
    made_at: now,
    state: offline ? "pending" : "trying",
    seller: seller.name,
    payload: {
      session, seller: seller.id, local_number: localNumber, sold_at: new Date(now).toISOString(), offline, lines, payments,
      discount_minor: cart.discount_minor, discount_reason: cart.discount_reason, total_minor: saleTotal(cart),
      customer: cart.customer?.id ?? null, name: cart.name, phone: cart.phone,
    },
  };
}

/**
 * Make a sale: online it is right by the server or throws Refused and is forgotten; where nobody answers it has happened,
 * and is sent later. Returns the record as the log has it.
 */
export async function makeSale(db, register, sale) {
  await appendSale(db, sale);
  if (sale.payload.offline) return sale;
  try {
    const body = { register, clock: new Date().toISOString(), sales: [{ ...sale.payload, uuid: sale.uuid }] };
    const { answers: [answer] } = await call(urls.sales, { body, timeout: ONLINE_PATIENCE });
    if (answer.state === "not_made") {
      await forgetSale(db, sale.uuid);
      throw new Refused(409, answer);
    }
    if (await noteAnswers(db, [answer])) return { ...sale, state: answer.state, answer };
  } catch (error) {
    const unknown = error instanceof NoAnswer || error instanceof LoggedOut || error instanceof Trouble;
    if (!unknown) {
      await forgetSale(db, sale.uuid);
      throw error;
    }
  }
  return changeSale(db, sale.uuid, becomeOffline);
}
