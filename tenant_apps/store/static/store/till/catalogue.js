// What can be sold, kept on the device and brought up to date page by page.
import { call, query } from "./api.js";
import { urls } from "./config.js";

const SHOWN = 60;

export function fold(text) {
  return text.normalize("NFD").replace(/\p{Diacritic}/gu, "").toLowerCase();
}

export class Catalogue {
  constructor(db, register) {
    this.db = db;
    this.register = register;
    this.variants = [];
    this.byId = new Map();
    this.byCode = new Map();
  }

  async load() {
    this.variants = await this.db.getAll("variants");
    this.byId = new Map(this.variants.map((one) => [one.id, one]));
    this.byCode = new Map();
    for (const one of this.variants) {
      one.words = fold(`${one.name} ${one.sku} ${one.barcode}`);
      for (const code of [one.sku, one.barcode]) if (code) this.byCode.set(code.toLowerCase(), one);
    }
    this.variants.sort((a, b) => a.words.localeCompare(b.words));
  }

  /** Ask for each page by the version we have; only pages that changed travel. Returns whether anything did. */
  async refresh() {
    let after = 0;
    let changed = false;
    const seen = new Set();
    while (after !== null) {
      const known = await this.db.get("pages", after);
      const asked = { register: this.register, after, since: known?.version ?? "" };
      const page = await call(query(urls.catalogue, asked), { timeout: 30000 });
      seen.add(after);
      if (!page.unchanged) {
        await this.#keep(after, page);
        changed = true;
      }
      after = page.after;
    }
    changed = (await this.#dropPagesBut(seen)) || changed;
    if (changed) await this.load();
    return changed;
  }

  async #keep(after, page) {
    const tx = this.db.transaction(["variants", "pages"], "readwrite");
    const variants = tx.objectStore("variants");
    await variants.delete(IDBKeyRange.bound(after, page.after ?? Infinity, true, false));
    for (const one of page.variants) variants.put(one);
    tx.objectStore("pages").put({ after, version: page.version });
    await tx.done;
  }

  async #dropPagesBut(seen) {
    const keys = await this.db.getAllKeys("pages");
    const gone = keys.filter((key) => !seen.has(key));
    for (const key of gone) await this.db.delete("pages", key);
    return gone.length > 0;
  }

  search(text) {
    const words = fold(text).split(/\s+/).filter(Boolean);
    const found = [];
    for (const one of this.variants) {
      if (words.every((word) => one.words.includes(word))) found.push(one);
      if (found.length === SHOWN) break;
    }
    return found;
  }

  withCode(code) {
    return this.byCode.get(code.trim().toLowerCase()) ?? null;
  }

  /** [list, final, why] of a variant at a moment: prices come with the moments from which they hold. */
  priceOf(variant, now = Date.now()) {
    let current = variant.prices[0];
    for (const one of variant.prices) if (one[0] !== null && Date.parse(one[0]) <= now) current = one;
    return current.slice(1);
  }

  /** What was sold is shown as gone at once; the server's number comes with the next refresh. */
  take(lines) {
    for (const line of lines) {
      const variant = this.byId.get(line.id);
      if (variant && variant.stock !== null) variant.stock -= line.quantity;
    }
  }
}
