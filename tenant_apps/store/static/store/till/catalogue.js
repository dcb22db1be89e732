// What can be sold, kept on the device and brought up to date page by page.
import { call, query } from "./api.js";
import { urls } from "./config.js";
import { unsentPieces } from "./db.js";

const SHOWN = 60;

export function fold(text) {
  return text.normalize("NFD").replace(/\p{Diacritic}/gu, "").toLowerCase();
}

/** What the search looks at: made once for a variant, since folding thousands of names takes long. */
function withWords(variant) {
  variant.words = fold(`${variant.name} ${variant.sku} ${variant.barcode}`);
  return variant;
}

// "Pagne 2" before "Pagne 10".
const { compare } = new Intl.Collator("fr", { numeric: true });
const byWords = (a, b) => compare(a.words, b.words) || a.pk - b.pk;

export class Catalogue {
  constructor(db, register) {
    this.db = db;
    this.register = register;
    this.#index([]);
  }

  /** All that is kept, into memory. */
  async load() {
    this.#index((await this.db.getAll("variants")).map(withWords));
  }

  #index(variants) {
    this.variants = variants.sort(byWords);
    this.byId = new Map(variants.map((one) => [one.id, one]));
    this.byCode = new Map();
    for (const one of variants) for (const code of [one.sku, one.barcode]) if (code) this.byCode.set(code.toLowerCase(), one);
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
    if (!(await this.#dropPagesBut(seen))) return changed;
    await this.load();
    return true;
  }

  /**
   * A page as the server has it, on the device and in memory: what it does not have any more is gone. The server knows
   * nothing of sales that were not sent, so their pieces are taken off, and the page is asked for again.
   */
  async #keep(after, page) {
    const until = page.after ?? Infinity;
    const unsent = await unsentPieces(this.db);
    const ahead = page.variants.some((one) => unsent.has(one.id));
    for (const one of page.variants) if (one.stock !== null) one.stock -= unsent.get(one.id) ?? 0;
    const tx = this.db.transaction(["variants", "pages"], "readwrite");
    const variants = tx.objectStore("variants");
    await variants.delete(IDBKeyRange.bound(after, until, true, false));
    for (const one of page.variants) variants.put(one);
    tx.objectStore("pages").put({ after, version: ahead ? "" : page.version });
    await tx.done;
    const others = this.variants.filter(({ pk }) => pk <= after || pk > until);
    this.#index([...others, ...page.variants.map(withWords)]);
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

  /** How many pieces of a line's article there are, as far as the device knows; null where nobody counts them. */
  left(line) {
    const stock = this.byId.get(line.id)?.stock ?? null;
    return stock === null ? null : Math.max(0, stock);
  }

  /** Whether a line sells more than there is. */
  isShort(line) {
    const left = this.left(line);
    return left !== null && line.quantity > left;
  }

  /** [list, final, why] of a variant at a moment: prices come with the moments from which they hold. */
  priceOf(variant, now = Date.now()) {
    let current = variant.prices[0];
    for (const one of variant.prices) if (one[0] !== null && Date.parse(one[0]) <= now) current = one;
    return current.slice(1);
  }

  /** What was sold is gone at once, on the device too; the server's number comes with the next refresh. */
  async take(lines) {
    const counted = lines.filter((line) => (this.byId.get(line.id)?.stock ?? null) !== null);
    for (const line of counted) this.byId.get(line.id).stock -= line.quantity;
    const tx = this.db.transaction(["variants", "pages"], "readwrite");
    const pages = tx.objectStore("pages");
    const starts = await pages.getAllKeys();
    for (const { words: _made, ...kept } of new Set(counted.map((line) => this.byId.get(line.id)))) {
      tx.objectStore("variants").put(kept);
      pages.put({ after: Math.max(0, ...starts.filter((start) => start < kept.pk)), version: "" });
    }
    await tx.done;
  }
}
