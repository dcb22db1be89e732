// The till: starts with what the device knows, and speaks to the server whenever it can.
import { standing } from "./api.js";
import { Cart } from "./cart.js";
import { Catalogue } from "./catalogue.js";
import { counted, shop as shopName, t, tenant, urls } from "./config.js";
import { databaseName, dropOldSales, openTill, recoverSales, unsentCount } from "./db.js";
import { openingForm, setUpClosing, setUpMoves, setUpReturns } from "./drawer.js";
import { setUpCustomer, setUpDiscounts, setUpLog } from "./extras.js";
import { issueWanted, setUpInvoices } from "./invoices.js";
import { setUpKeys } from "./keys.js";
import { own } from "./owner.js";
import { setUpPaying } from "./paying.js";
import { setUpReceipt } from "./receipt.js";
import { setUpCamera, setUpWedge } from "./scan.js";
import { Sender, sendAll, stateOf } from "./sender.js";
import { addVariant, choose, drawCart, drawGrid, setUpSelling, stopAtWrongQuantity } from "./selling_view.js";
import { keepShell } from "./shell.js";
import { $, $$, anyOpen, h, notice, open, toast } from "./ui.js";

const LOOK_EVERY = 20000; // while the server does not answer
const REFRESH_EVERY = 180000;
const KNOWN = `till:${tenant}:known`; // what the server said last: who, which shop, which registers
const CHOSEN = `till:${tenant}:register`;
const USED = `till:${tenant}:used`; // every register this device has worked with

function remembered(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

const till = { net: "starting", user: {}, shop: {}, session: null, db: null, register: null, sender: null };
window.baobabTill = till; // for tests and for whoever has to help somebody on the phone

/** Whether a sale asks the server first. Before anybody has answered it tries, and goes on alone where nobody does. */
till.isOnline = () => (till.net === "online" || till.net === "starting") && navigator.onLine;

/** Show where we are: online or not, and how many sales wait. */
till.showState = async () => {
  const unsent = till.db ? await unsentCount(till.db) : 0;
  const words = {
    starting: t("starting"),
    online: unsent ? counted("sending", unsent) : t("online"),
    offline: unsent ? counted("offline", unsent) : t("offline"),
    trouble: unsent ? counted("offline", unsent) : t("offline"),
    "logged-out": unsent ? t("logged_out_unsent", { n: unsent }) : t("logged_out"),
  };
  const place = $(".till-state");
  place.dataset.state = till.net;
  place.dataset.unsent = unsent;
  $("[data-state-text]").textContent = words[till.net];
};

till.setNet = (net, error = null) => {
  const back = net === "online" && till.net !== "online";
  till.net = net;
  till.showState();
  const login = h("a", { class: "button button-small", href: urls.login }, t("log_in"));
  if (net === "logged-out") notice(t("log_in_to_send"), login);
  else if (net === "trouble") notice(error?.status === 403 ? t("not_allowed") : t("server_trouble"));
  else notice("");
  if (back) {
    till.sender?.wake();
    till.refresh();
  }
};

/** Ask the server who is here and which registers are open. */
till.lookUp = async () => {
  try {
    const known = await standing();
    localStorage.setItem(KNOWN, JSON.stringify({ user: known.user, shop: known.shop, registers: known.registers }));
    await takeUp(known);
    till.setNet("online");
  } catch (error) {
    till.setNet(stateOf(error), error);
  }
};

async function takeUp(known) {
  Object.assign(till, { user: known.user, shop: known.shop });
  $("[data-user]").textContent = known.user.name ?? "";
  $("[data-open=return]").hidden = !known.user.may_return;
  $("[data-open=discount]").hidden = !known.user.may_discount;
  $("[data-no-return]").hidden = known.user.may_return;
  $("[data-no-discount]").hidden = known.user.may_discount;
  document.body.toggleAttribute("data-no-discounts", !known.user.may_discount);
  if (!till.db) return;
  const register = known.registers.find((one) => one.id === till.register);
  if (!register) return;
  till.session = register.session;
  await till.db.put("meta", register.session, "session");
  $("[data-register]").textContent = register.name;
  showWhereWeAre();
}

let refreshing = null;
till.refresh = () => {
  refreshing ??= refresh().finally(() => (refreshing = null));
  return refreshing;
};

async function refresh() {
  if (!till.db || !till.isOnline()) return;
  try {
    if (await till.catalogue.refresh()) {
      drawGrid(till);
      if (till.cart.reprice()) toast(t("price_updated"));
    }
  } catch (error) {
    till.setNet(stateOf(error), error);
  }
}

/** A sale was made: say so, send it, and keep the list of sales true. */
till.sold = (sale) => {
  if (sale.state === "pending" && till.isOnline()) till.setNet("offline");
  till.showState();
  till.sender.wake();
  drawGrid(till);
};

function show(part) {
  $("[data-start]").hidden = part !== "start";
  $("[data-sell]").hidden = part !== "sell";
}

function say(...children) {
  $("[data-start-card]").replaceChildren(...children);
  show("start");
}

function showWhereWeAre() {
  if (till.session) {
    show("sell");
  } else if ($("[data-start]").hidden || !$("#open-amount")) {
    say(h("h2", {}, t("open_title", { name: $("[data-register]").textContent })), openingForm(till));
  } else {
    show("start");
  }
}

// Choosing a register

function chooseRegister(known) {
  const chosen = Number(localStorage.getItem(CHOSEN));
  if (chosen && known.registers.some((one) => one.id === chosen)) return useRegister(chosen, known);
  if (!known.registers.length) {
    const link = known.user.may_add_registers ? h("a", { class: "button button-primary", href: urls.registers }, t("add_register")) : "";
    return say(h("p", {}, t("no_registers")), link);
  }
  const one = (register) =>
    h("button", { type: "button", class: "button button-large button-block", "data-register-id": register.id, onclick: () => useRegister(register.id, known) },
      `${register.name} · ${register.place} · ${register.session ? t("register_open") : t("register_closed")}`);
  say(h("h2", {}, t("which_register")), h("div", { class: "stack" }, ...known.registers.map(one)));
}

async function useRegister(id, known) {
  localStorage.setItem(CHOSEN, id);
  const name = databaseName(tenant, id);
  if (await own(name, { onLost: lost })) return begin(id, known);
  const take = h("button", { type: "button", class: "button button-primary" }, t("take_over"));
  take.addEventListener("click", async () => {
    await own(name, { steal: true, onLost: lost });
    begin(id, known);
  });
  say(h("h2", {}, t("other_tab")), h("p", {}, t("other_tab_text")), take);
}

/** Another tab has the register now: this one must not sell, nor send. */
function lost() {
  till.sender?.stop();
  till.db?.close();
  Object.assign(till, { db: null, session: null });
  for (const dialog of $$("dialog[open]")) dialog.close();
  const reload = h("button", { type: "button", class: "button", onclick: () => location.reload() }, t("work_here"));
  say(h("h2", {}, t("taken_over")), h("p", {}, t("other_tab_text")), reload);
}

async function begin(id, known) {
  till.register = id;
  till.db = await openTill(tenant, id);
  await recoverSales(till.db);
  till.catalogue = new Catalogue(till.db, id);
  await till.catalogue.load();
  till.cart = new Cart(till.db, till.catalogue, { onChange: (line) => drawCart(till, line) });
  await till.cart.load();
  till.session = (await till.db.get("meta", "session")) ?? null;
  till.sender = new Sender(till.db, id, { onState: sent });
  setUp();
  await takeUp(remembered(KNOWN) ?? known); // somebody may have answered meanwhile
  showWhereWeAre();
  drawGrid(till);
  drawCart(till);
  localStorage.setItem(USED, JSON.stringify([...new Set([...(remembered(USED) ?? []), id])]));
  await till.showState();
  till.sender.wake();
  till.refresh();
  dropOldSales(till.db);
  sendForOthers(id);
}

let wasSending = false;
function sent(state, error) {
  if (!till.db) return;
  if (state !== "idle" && state !== "sending") till.setNet(state, error);
  else if (state === "idle" && till.net === "offline" && navigator.onLine) till.lookUp().then(till.refresh);
  else if (state === "idle" && wasSending) till.refresh(); // the server knows now what was sold
  wasSending = state === "sending";
  till.showState();
  if ($("#sales").open) till.log.draw();
  till.redrawInvoice?.();
}

/** Sales of registers this device worked with before are sent too, unless another tab has them. */
async function sendForOthers(mine) {
  for (const id of (remembered(USED) ?? []).filter((one) => one !== mine)) {
    const name = databaseName(tenant, id);
    if (!(await own(name))) continue;
    const db = await openTill(tenant, id);
    await recoverSales(db);
    await sendAll(db, id).then(() => issueWanted(db)).catch(() => {});
    db.close();
  }
}

let isSetUp = false;
function setUp() {
  if (isSetUp) return;
  isSetUp = true;
  setUpSelling(till);
  till.showReceipt = setUpReceipt(till);
  till.askInvoice = setUpInvoices(till);
  till.askDiscount = setUpDiscounts(till);
  till.log = setUpLog(till);
  const askPayment = setUpPaying(till);
  const openers = {
    pay: () => stopAtWrongQuantity() || askPayment(),
    discount: () => till.askDiscount(),
    customer: setUpCustomer(till),
    sales: till.log.show,
    return: setUpReturns(till),
    move: setUpMoves(till),
    close: setUpClosing(till),
    keys: () => open("keys"),
  };
  for (const button of $$("[data-open]")) button.addEventListener("click", () => openers[button.dataset.open]());
  $("[data-other-register]").addEventListener("click", () => {
    localStorage.removeItem(CHOSEN);
    location.reload();
  });
  setUpKeys(till, openers);
  const onCode = (code) => {
    const variant = till.catalogue.withCode(code);
    if (variant) addVariant(till, variant);
    else choose(till, code);
    $("#till-q").value = "";
    drawGrid(till);
  };
  setUpWedge(onCode);
  setUpCamera(onCode);
}

async function start() {
  if (!("indexedDB" in window)) return say(h("p", {}, t("storage_lost")));
  keepShell({ isIdle: () => !till.cart || (till.cart.isEmpty && !anyOpen()) });
  navigator.storage?.persist?.();
  const wasHere = remembered(KNOWN);
  const last = Number(localStorage.getItem(CHOSEN));
  // A till that this device knows is ready before anybody answers: a slow network is no reason to wait.
  const isKnown = wasHere?.registers.some((one) => one.id === last) ?? false;
  const answer = till.lookUp();
  if (!isKnown) await answer;
  const known = remembered(KNOWN);
  if (!known) {
    const login = h("a", { class: "button button-primary", href: urls.login }, t("log_in"));
    return say(h("h2", {}, shopName), h("p", {}, till.net === "logged-out" ? t("logged_out") : t("first_online")), till.net === "logged-out" ? login : "");
  }
  chooseRegister(known);
  addEventListener("online", () => till.lookUp());
  addEventListener("offline", () => till.setNet("offline"));
  setInterval(() => till.net === "online" || till.lookUp(), LOOK_EVERY);
  setInterval(() => document.hidden || till.lookUp().then(till.refresh), REFRESH_EVERY);
}

start().catch((error) => {
  console.warn(error);
  say(h("p", {}, t("storage_lost")));
});
