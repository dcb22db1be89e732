// What is being sold now. Kept on the device after every change: a browser that is closed loses nothing.
import { lineNet } from "./sums.js";
import { newUuid } from "./selling.js";

const KEY = "cart";
export const MOST_PIECES = 10000;

/** A typed number of pieces, 0 to take a line out; null for what is none. Pure. */
export function readPieces(text) {
  const found = /^\d{1,6}$/.test(text.trim()) ? Number(text) : null;
  return found === null || found > MOST_PIECES ? null : found;
}

export function emptyCart() {
  return { uuid: newUuid(), lines: [], discount_minor: 0, discount_reason: "", customer: null, name: "", phone: "", prices: {} };
}

export class Cart {
  constructor(db, catalogue, { onChange }) {
    this.db = db;
    this.catalogue = catalogue;
    this.onChange = onChange;
    this.now = emptyCart();
  }

  /** Take up what was left, unless its sale is in the log already. */
  async load() {
    const kept = await this.db.get("meta", KEY);
    const isSold = kept && (await this.db.get("sales", kept.uuid));
    this.now = kept && !isSold ? kept : emptyCart();
  }

  get isEmpty() {
    return this.now.lines.length === 0;
  }

  add(variant) {
    const there = this.now.lines.find((line) => line.id === variant.id);
    if (there) return this.setQuantity(there, there.quantity + 1);
    const [list_minor, unit_minor, why] = this.#priceOf(variant);
    const line = { id: variant.id, name: variant.name, quantity: 1, list_minor, unit_minor, why, discount_minor: 0, reason: "" };
    this.now.lines.push(line);
    return this.#changed(line);
  }

  setQuantity(line, quantity) {
    const wanted = Math.min(quantity, MOST_PIECES);
    if (wanted < 1) this.now.lines = this.now.lines.filter((one) => one !== line);
    else line.quantity = wanted;
    this.#keepDiscountsPossible();
    return this.#changed(line);
  }

  discount(line, minor, reason) {
    if (line) Object.assign(line, { discount_minor: minor, reason });
    else Object.assign(this.now, { discount_minor: minor, discount_reason: reason });
    this.#keepDiscountsPossible();
    return this.#changed(line);
  }

  /** `prices`: what an account pays, by variant; empty for everybody else. */
  setCustomer({ customer, name, phone, prices }) {
    Object.assign(this.now, { customer, name, phone, prices });
    this.reprice();
  }

  /** Bring lines in step with the price list, and with what the server told of this sale. Returns whether any price changed. */
  reprice(told = {}) {
    Object.assign(this.now.prices, told);
    let changed = false;
    for (const line of this.now.lines) {
      const variant = this.catalogue.byId.get(line.id);
      const [list, unit, why] = variant ? this.#priceOf(variant) : [line.list_minor, line.unit_minor, line.why];
      changed ||= unit !== line.unit_minor;
      Object.assign(line, { list_minor: Math.max(list, unit), unit_minor: unit, why });
    }
    this.#keepDiscountsPossible();
    this.#changed(null);
    return changed;
  }

  /** After a refusal: nothing was made under the old name. */
  rename() {
    this.now.uuid = newUuid();
    return this.#changed(null);
  }

  clear() {
    return this.restore(emptyCart());
  }

  /** Take up a cart that was emptied by mistake. */
  restore(cart) {
    this.now = cart;
    return this.#changed(null);
  }

  #priceOf(variant) {
    return this.now.prices[variant.id] ?? this.catalogue.priceOf(variant);
  }

  #keepDiscountsPossible() {
    for (const line of this.now.lines) line.discount_minor = Math.min(line.discount_minor, line.unit_minor * line.quantity);
    const lines = this.now.lines.reduce((sum, line) => sum + lineNet(line), 0);
    this.now.discount_minor = Math.min(this.now.discount_minor, lines);
  }

  #changed(line) {
    this.onChange(line);
    return this.db.put("meta", this.now, KEY);
  }
}
