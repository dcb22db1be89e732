// Sends the log's sales until the server has acknowledged each. May be repeated, stopped and started at any moment: the
// server makes one order of a UUID, however often it comes.
import { LoggedOut, NoAnswer, Refused, Trouble, call } from "./api.js";
import { urls } from "./config.js";
import { changeSale, someUnsent, unsentCount, wantedInvoices } from "./db.js";
import { issueWanted } from "./invoices.js";

const BATCH = 25;
const FIRST_WAIT = 2000;
const LONGEST_WAIT = 60000;

function asSent(sale) {
  return { ...sale.payload, uuid: sale.uuid };
}

/** Write down what the server says of each sale. Returns how many it has acknowledged. */
export async function noteAnswers(db, answers, now = Date.now()) {
  let done = 0;
  for (const answer of answers) {
    if (answer.state !== "accepted" && answer.state !== "refused") continue;
    await changeSale(db, answer.uuid, () => ({ state: answer.state, answer, answered_at: now }));
    done += 1;
  }
  return done;
}

async function sendBatch(db, register, sales) {
  const body = { register, clock: new Date().toISOString(), sales: sales.map(asSent) };
  const { answers } = await call(urls.sales, { body, timeout: 30000 });
  return noteAnswers(db, answers);
}

/** Send sales one by one, so that one the server stumbles over does not hold up the others. */
async function sendSingly(db, register, sales) {
  let done = 0;
  let trouble = null;
  for (const sale of sales) {
    try {
      done += await sendBatch(db, register, [sale]);
    } catch (error) {
      if (!(error instanceof Trouble || error instanceof Refused)) throw error;
      trouble = error;
    }
  }
  if (trouble && !done) throw trouble;
  return done;
}

/** Send what waits now. Returns when nothing waits any more; throws where that cannot be reached yet. */
export async function sendAll(db, register, { onProgress = () => {} } = {}) {
  for (;;) {
    const sales = await someUnsent(db, BATCH);
    if (!sales.length) return;
    let done;
    try {
      done = await sendBatch(db, register, sales);
    } catch (error) {
      const stumbled = error instanceof Trouble || (error instanceof Refused && error.status !== 404);
      if (!stumbled || sales.length === 1 || error.status === 403) throw error;
      done = await sendSingly(db, register, sales);
    }
    onProgress();
    if (!done) throw new Trouble(0);
  }
}

/** Sends in the background: at once when woken, else again and again with growing pauses while something waits. */
export class Sender {
  constructor(db, register, { onState }) {
    this.db = db;
    this.register = register;
    this.onState = onState;
    this.wait = FIRST_WAIT;
    this.timer = 0;
    this.running = null;
    this.stopped = false;
    this.wakeUp = () => this.wake();
    addEventListener("online", this.wakeUp);
  }

  /** Try now, whatever pause there is. */
  wake() {
    this.wait = FIRST_WAIT;
    clearTimeout(this.timer);
    this.running ??= this.#run().finally(() => (this.running = null));
    return this.running;
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
    removeEventListener("online", this.wakeUp);
  }

  async #run() {
    if (this.stopped) return;
    const unsent = await unsentCount(this.db);
    if (!unsent && !(await wantedInvoices(this.db)).length) return this.onState("idle");
    this.onState("sending");
    try {
      await sendAll(this.db, this.register, { onProgress: () => this.onState("sending") });
      await issueWanted(this.db);
      this.onState("idle");
    } catch (error) {
      this.onState(stateOf(error), error);
      this.#again();
    }
  }

  #again() {
    if (this.stopped) return;
    this.timer = setTimeout(() => this.#later(), this.wait * (0.75 + Math.random() / 2));
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
  }

  #later() {
    const wait = this.wait;
    this.wake();
    this.wait = wait;
  }
}

/** What a failed call says about where we are. */
export function stateOf(error) {
  if (error instanceof LoggedOut) return "logged-out";
  if (error instanceof NoAnswer) return "offline";
  return "trouble";
}
