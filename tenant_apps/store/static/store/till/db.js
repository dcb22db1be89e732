// What a register keeps on this device. Its name holds the tenant and the register, so neither ever sees another's sales.
import { openDB } from "./vendor/idb.js";

const KEPT_DAYS = 30;
const STATES = { pending: "pending", trying: "trying", accepted: "accepted", refused: "refused" };

export function databaseName(tenant, register) {
  return `baobab-till:${tenant}:${register}`;
}

/** The register's database: its catalogue, its log of sales, and a few facts. */
export function openTill(tenant, register) {
  return openDB(databaseName(tenant, register), 2, {
    upgrade(db, from, _to, tx) {
      if (from < 1) {
        db.createObjectStore("variants", { keyPath: "pk" });
        db.createObjectStore("pages", { keyPath: "after" });
        db.createObjectStore("sales", { keyPath: "uuid" }).createIndex("state", "state");
        db.createObjectStore("meta");
      }
      if (from < 2) tx.objectStore("sales").createIndex("invoice_state", "invoice_state");
    },
    blocking(_now, _wanted, event) {
      event.target.close();
    },
  });
}

/** Write a sale to the log, before anything else happens to it. On the disk when this is done; a UUID is written once. */
export async function appendSale(db, sale) {
  const tx = db.transaction("sales", "readwrite", { durability: "strict" });
  await tx.store.add(sale);
  await tx.done;
}

/** Change what is known of a sale. What was charged never changes. */
export async function changeSale(db, uuid, change) {
  const tx = db.transaction("sales", "readwrite", { durability: "strict" });
  const sale = await tx.store.get(uuid);
  if (sale) await tx.store.put({ ...sale, ...change(sale), uuid });
  await tx.done;
  return sale && { ...sale, ...change(sale) };
}

/** Forget a sale that the server says was not made. */
export async function forgetSale(db, uuid) {
  const tx = db.transaction("sales", "readwrite", { durability: "strict" });
  const sale = await tx.store.get(uuid);
  if (sale?.state === STATES.trying) await tx.store.delete(uuid);
  await tx.done;
}

/** A sale that was being sent when the browser stopped has happened, as far as anybody here knows: it is sent as such. */
export async function recoverSales(db) {
  for (const sale of await db.getAllFromIndex("sales", "state", STATES.trying)) {
    await changeSale(db, sale.uuid, becomeOffline);
  }
}

export function becomeOffline(sale) {
  return { state: STATES.pending, payload: { ...sale.payload, offline: true } };
}

export function unsentCount(db) {
  return Promise.all([STATES.pending, STATES.trying].map((state) => db.countFromIndex("sales", "state", state))).then(
    ([pending, trying]) => pending + trying,
  );
}

/** How many pieces of each variant are in sales that the server may not know of. */
export async function unsentPieces(db) {
  const pieces = new Map();
  for (const state of [STATES.pending, STATES.trying])
    for (const sale of await db.getAllFromIndex("sales", "state", state))
      for (const { variant, quantity } of sale.payload.lines) pieces.set(variant, (pieces.get(variant) ?? 0) + quantity);
  return pieces;
}

/** The first sales that the server does not know yet, in the order they were made: it numbers them as they arrive. */
export async function someUnsent(db, limit) {
  const unsent = await db.getAllFromIndex("sales", "state", STATES.pending);
  return unsent.sort((one, other) => one.made_at - other.made_at).slice(0, limit);
}

/** Sales whose customers asked for an invoice that is not made yet. */
export function wantedInvoices(db) {
  return db.getAllFromIndex("sales", "invoice_state", "wanted");
}

export async function latestSales(db, limit = 200) {
  const all = await db.getAll("sales");
  return all.sort((a, b) => b.made_at - a.made_at).slice(0, limit);
}

/** Drop sales that the server acknowledged long ago; others never, nor those whose invoice is still to be made. */
export async function dropOldSales(db, now = Date.now()) {
  const tx = db.transaction("sales", "readwrite");
  for (let cursor = await tx.store.openCursor(); cursor; cursor = await cursor.continue()) {
    const { state, answered_at: at, invoice_state: invoice } = cursor.value;
    const acknowledged = state === STATES.accepted || state === STATES.refused;
    if (acknowledged && invoice !== "wanted" && at && now - at > KEPT_DAYS * 86_400_000) await cursor.delete();
  }
  await tx.done;
}
