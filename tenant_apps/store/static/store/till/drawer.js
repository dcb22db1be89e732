// The drawer: opening with a count, cash put in and taken out, closing with another count, goods taken back.
import { Refused, call, query } from "./api.js";
import { counted, methodName, t, urls } from "./config.js";
import { unsentCount } from "./db.js";
import { read, show, typed } from "./money.js";
import { methodButtons } from "./paying.js";
import { newUuid } from "./selling.js";
import { $, $$, busy, close, fail, h, open, toast } from "./ui.js";

/** Do something that needs the server; what it says against it, or that it cannot be reached, is shown in the form. Where the
 *  key it was sent with was used for something else, `renew` makes another: whoever has read that may send it again. */
async function attempt(root, act, renew = () => {}) {
  try {
    fail(root, "");
    await act();
    return true;
  } catch (error) {
    fail(root, error instanceof Refused ? error.message : t("needs_network"), fieldOf(root, error));
    if (error instanceof Refused && error.body.code === "key_used") renew();
    return false;
  }
}

function pair(label, minor, css = "") {
  return [h("dt", { class: css }, label), h("dd", { class: css }, show(minor))];
}

/** The field of a form that the server names as wrong, where it has one. */
function fieldOf(root, error) {
  const name = error.body?.field;
  return name ? $(`.field [name="${CSS.escape(name)}"]`, root) : null;
}

function onSubmit(form, act) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    busy(event.submitter ?? $("button:not([type])", form), act);
  });
}

export function openSession(register, key, openingMinor) {
  return call(urls.session, { body: { action: "open", register, key, opening_minor: openingMinor } });
}

export function setUpMoves(till) {
  const dialog = $("#move");
  let key = newUuid();
  onSubmit($("form", dialog), async () => {
    const minor = read($("#move-amount").value);
    if (!minor) return fail(dialog, t("amount_wrong"), $("#move-amount"));
    if (!$("#move-reason").value.trim()) return fail(dialog, t("reason_missing"), $("#move-reason"));
    const out = $("[name=direction]:checked", dialog).value === "out";
    const body = { action: "move", session: till.session.id, key, amount_minor: out ? -minor : minor, reason: $("#move-reason").value };
    if (await attempt(dialog, () => call(urls.session, { body }), () => (key = newUuid()))) {
      close("move");
      toast(show(body.amount_minor));
    }
  });
  return () => {
    key = newUuid();
    $("form", dialog).reset();
    fail(dialog, "");
    open("move");
  };
}

export function setUpClosing(till) {
  const dialog = $("#close");
  const result = $("[data-close-result]");

  function reset() {
    result.hidden = true;
    $("[data-check]").hidden = false;
    $("[data-close-now]").hidden = true;
  }

  function differenceText(minor) {
    if (!minor) return t("difference_none");
    return t(minor < 0 ? "difference_less" : "difference_more", { amount: show(Math.abs(minor)) });
  }

  /** What should be in the drawer, as a sum that can be followed; then what came by other ways, which is in no drawer. */
  function drawResult(session, inDrawer) {
    const parts = [["opening", session.opening_minor], ["cash_taken", session.cash_taken_minor], ["cash_back", session.cash_back_minor],
      ["put_in", session.put_in_minor], ["taken_out", session.taken_out_minor]];
    const always = ["opening", "cash_taken"];
    const pairs = parts.filter(([key, minor]) => minor || always.includes(key)).map(([key, minor]) => pair(t(`drawer_${key}`), minor));
    $("[data-close-pairs]").replaceChildren(...pairs.flat(), ...pair(t("should_be"), session.expected_minor, "strong"));
    $("[data-other-ways]").hidden = !session.other_ways.length;
    $("[data-other-pairs]").replaceChildren(...session.other_ways.flatMap(([method, minor]) => pair(methodName(method), minor)));
    $("[data-difference]").textContent = differenceText(inDrawer - session.expected_minor);
    result.hidden = false;
    $("[data-check]").hidden = true;
    $("[data-close-now]").hidden = false;
  }

  /** Sales that wait are sent first; the till cannot be closed without them. */
  async function noneUnsent() {
    await till.sender.wake();
    const unsent = await unsentCount(till.db);
    if (unsent) fail(dialog, counted("unsent_close", unsent));
    return unsent === 0;
  }

  async function compare(inDrawer) {
    await attempt(dialog, async () => {
      const { session } = await call(urls.session, { body: { action: "preview", session: till.session.id } });
      drawResult(session, inDrawer);
    });
  }

  function showReport(session) {
    return () => window.open(urls.report.replace(urls.no_session, session), "_blank", "noopener");
  }

  async function closeNow(inDrawer) {
    const unsent = await unsentCount(till.db);
    const body = { action: "close", session: till.session.id, counted_minor: inDrawer, unsent, note: $("#close-note").value };
    if (await attempt(dialog, () => call(urls.session, { body }))) {
      close("close");
      toast(t("closed"), ...(till.user.may_see_sessions ? [t("report"), showReport(body.session)] : []));
      till.lookUp();
    }
  }

  $("#close-amount").addEventListener("input", reset);
  onSubmit($("form", dialog), async () => {
    const inDrawer = read($("#close-amount").value);
    if (inDrawer === null) return fail(dialog, t("amount_wrong"), $("#close-amount"));
    if (!(await noneUnsent())) return;
    await ($("[data-close-now]").hidden ? compare(inDrawer) : closeNow(inDrawer));
  });
  return () => {
    $("form", dialog).reset();
    reset();
    fail(dialog, "");
    open("close");
  };
}

export function setUpReturns(till) {
  const dialog = $("#return");
  const [findForm, backForm] = [$("[data-find]", dialog), $("[data-take-back]", dialog)];
  const state = { sale: null, key: "", method: "cash" };
  // What came back on the order's page was not paid there: it goes with whatever comes back here.
  const amount = () => chosen().reduce((sum, [line, quantity]) => sum + line.unit_minor * quantity, state.sale.owed_minor);

  function chosen() {
    return $$("[data-back]", backForm).map((input) => [state.sale.lines.find((line) => String(line.id) === input.dataset.back), Number(input.value) || 0]);
  }

  function drawGive() {
    $("[data-give]").textContent = t("give_back", { amount: show(amount()) });
  }

  function lineRow(line) {
    const input = h("input", { class: "till-quantity", type: "number", min: 0, max: line.left, value: 0, "data-back": line.id, id: `back-${line.id}`, disabled: line.left < 1, oninput: drawGive });
    return h("li", {}, h("label", { for: `back-${line.id}` }, line.name, h("span", { class: "small muted" }, `${show(line.unit_minor)} · ${t("of_left", { left: line.left, n: line.quantity })}`)), input);
  }

  function drawSale() {
    const { sale } = state;
    $("[data-return-number]").textContent = `${sale.number} · ${show(sale.total_minor)}`;
    const owed = $("[data-return-owed]");
    owed.textContent = sale.owed_minor ? t("owed", { amount: show(sale.owed_minor) }) : "";
    owed.hidden = !sale.owed_minor;
    $("[data-return-lines]").replaceChildren(...sale.lines.map(lineRow));
    $("[data-return-methods]").replaceChildren(...methodButtons("return-method", state.method, (key) => (state.method = key)));
    backForm.hidden = false;
    drawGive();
  }

  onSubmit(findForm, () => attempt(findForm, async () => {
    const { sale } = await call(query(urls.sale, { q: $("#return-q").value }));
    Object.assign(state, { sale, key: newUuid(), method: sale.methods[0] ?? "cash" });
    drawSale();
  }));
  onSubmit(backForm, async () => {
    const reason = $("#return-reason");
    const pieces = Object.fromEntries(chosen().filter(([, quantity]) => quantity > 0).map(([line, quantity]) => [line.id, quantity]));
    if (!Object.keys(pieces).length && !state.sale.owed_minor) return fail(backForm, t("nothing_chosen"), $("[data-back]:enabled", backForm));
    if (!reason.value.trim()) return fail(backForm, t("reason_missing"), reason);
    const body = { session: till.session.id, key: state.key, order: state.sale.id, pieces, method: state.method, reason: reason.value, restock: $("[data-restock]").checked };
    const done = await attempt(backForm, async () => {
      const { amount_minor: minor } = await call(urls.returns, { body });
      toast(t("given_back", { amount: show(minor) }));
    }, () => (state.key = newUuid()));
    if (done) {
      close("return");
      till.refresh();
    }
  });
  return () => {
    findForm.reset();
    backForm.reset();
    backForm.hidden = true;
    fail(findForm, "");
    open("return");
  };
}

/** The form that opens a register with a count. */
export function openingForm(till) {
  let key = newUuid();
  const input = h("input", { id: "open-amount", name: "opening_minor", class: "input-amount", inputmode: "decimal", autocomplete: "off", value: typed(0) });
  const form = h("form", { class: "form", novalidate: true },
    h("div", { class: "field" }, h("label", { class: "label", for: "open-amount" }, $("label[for=close-amount]").textContent),
      h("p", { class: "field-error", role: "alert", "data-error": true, hidden: true }), input),
    h("button", { class: "button button-primary button-large button-block" }, t("open_till")));
  onSubmit(form, async () => {
    const minor = read(input.value);
    if (minor === null) return fail(form, t("amount_wrong"), input);
    await attempt(form, async () => {
      await openSession(till.register, key, minor);
      await till.lookUp();
    }, () => (key = newUuid()));
  });
  return form;
}
