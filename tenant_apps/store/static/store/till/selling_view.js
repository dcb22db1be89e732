// The articles and the cart, side by side; on a phone the cart comes over the articles.
import { MOST_PIECES, readPieces } from "./cart.js";
import { counted, t } from "./config.js";
import { number, show } from "./money.js";
import { givenAway, lineNet, pieces, saleTotal } from "./sums.js";
import { $, h, icon, toast } from "./ui.js";

export function setUpSelling(till) {
  const query = $("#till-q");
  query.addEventListener("input", () => drawGrid(till));
  query.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    choose(till, query.value);
  });
  $("[data-clear]").addEventListener("click", () => {
    const emptied = till.cart.now;
    till.cart.clear();
    toast(t("emptied"), t("undo"), () => till.cart.isEmpty && till.cart.restore(emptied));
  });
  $("[data-show-cart]").addEventListener("click", () => showCart(true));
  $("[data-hide-cart]").addEventListener("click", () => showCart(false));
}

export function showCart(shown) {
  $("[data-sell]").toggleAttribute("data-cart-open", shown);
}

/** What was typed or scanned: a code is added at once, a name where it is the only one. */
export function choose(till, text) {
  const wanted = text.trim();
  if (!wanted) return;
  const found = till.catalogue.search(wanted);
  const variant = till.catalogue.withCode(wanted) ?? (found.length === 1 ? found[0] : null);
  if (!variant) {
    if (!found.length) $("[data-found]").textContent = t("unknown_code", { q: wanted });
    return;
  }
  addVariant(till, variant);
  $("#till-q").value = "";
  drawGrid(till);
}

export function addVariant(till, variant) {
  till.cart.add(variant);
  if (till.cart.now.customer) till.askAccountPrices();
  const line = till.cart.now.lines.find((one) => one.id === variant.id);
  $("[data-found]").textContent = [t("added", { name: variant.name }), shortText(till, line)].filter(Boolean).join(". ");
}

export function drawGrid(till) {
  const text = $("#till-q").value;
  const found = till.catalogue.search(text);
  const said = text && !found.length ? t("nothing_found", { q: text }) : till.catalogue.variants.length ? "" : t("no_articles");
  $("[data-found]").textContent = said;
  $("[data-grid]").replaceChildren(...found.map((variant) => tile(till, variant)));
}

function tile(till, variant) {
  const [list, price] = till.catalogue.priceOf(variant);
  const picture = variant.image
    ? h("img", { class: "till-picture", src: variant.image, alt: "", width: 72, height: 72, loading: "lazy", decoding: "async" })
    : h("span", { class: "till-picture till-picture-none" }, icon("image"));
  const prices = [h("strong", { class: "money" }, show(price)), list > price ? h("s", { class: "money" }, show(list)) : ""];
  return h("li", {}, h("button", { type: "button", class: "till-tile", "data-variant": variant.id, onclick: () => addVariant(till, variant) },
    picture, h("span", { class: "till-tile-text" }, h("span", { class: "till-tile-name" }, variant.name), h("span", { class: "till-tile-prices" }, ...prices), stockNote(variant))));
}

function stockNote(variant) {
  if (variant.stock === null) return "";
  const none = variant.stock < 1;
  const text = none ? t("stock_none") : t("stock_left", { n: variant.stock });
  return h("span", { class: none ? "till-stock till-stock-none" : "till-stock" }, text);
}

/** That a line sells more than the device knows to be there: a word to the seller, who may see more on the shelf. */
function shortText(till, line) {
  if (!till.catalogue.isShort(line)) return "";
  const left = till.catalogue.left(line);
  return left ? t("stock_short", { n: left }) : t("stock_none");
}

export function drawCart(till, touched = null) {
  const cart = till.cart.now;
  const total = saleTotal(cart);
  const focused = document.activeElement?.dataset.key;
  $("[data-lines]").replaceChildren(...cart.lines.map((line) => cartLine(till, line, line === touched)));
  if (focused) $(`[data-key="${focused}"]`)?.focus();
  $("[data-cart-said]").textContent = touched && cart.lines.includes(touched) ? shortText(till, touched) : "";
  $("[data-empty]").hidden = !till.cart.isEmpty;
  $("[data-total]").textContent = show(total);
  const given = givenAway(cart);
  $("[data-discount-row]").hidden = !given;
  $("[data-discount-sum]").textContent = show(-given);
  $("[data-peek-count]").textContent = counted("articles", pieces(cart));
  $("[data-peek-total]").textContent = show(total);
  $("[data-customer]").textContent = cart.customer?.name || cart.name || cart.phone || $("#customer-title").textContent;
  for (const button of [$("[data-open=pay]"), $("[data-clear]"), $("[data-open=discount]")]) button.disabled = till.cart.isEmpty;
  $("[data-show-cart]").hidden = till.cart.isEmpty;
  if (till.cart.isEmpty) showCart(false);
}

function cartLine(till, line, isNew) {
  const step = (sign, key, name) =>
    h("button", { type: "button", class: "button button-small button-icon", "aria-label": t(key, { name: line.name }), "data-key": `${line.id} ${name}`,
                  onclick: () => till.cart.setQuantity(line, line.quantity + sign) }, icon(name));
  const few = shortText(till, line);
  const short = few ? h("p", { class: "till-line-note till-line-short", id: `short-${line.id}` }, icon("warning"), few) : "";
  const wrong = h("p", { class: "field-error till-line-note", role: "alert", id: `wrong-${line.id}`, hidden: true });
  const quantity = h("input", { class: "till-quantity", inputmode: "numeric", autocomplete: "off", value: line.quantity, "aria-label": t("pieces_of", { name: line.name }),
                                "aria-describedby": `short-${line.id} ${wrong.id}`, "data-key": `${line.id} quantity`, onchange: () => takeQuantity(till, line, quantity, wrong) });
  const off = line.discount_minor
    ? h("span", { class: "small muted" }, `${t("discount")} ${show(-line.discount_minor)} · ${line.reason}`) : "";
  const less = line.list_minor > line.unit_minor ? h("s", { class: "money" }, show(line.list_minor)) : "";
  const unit = h("span", { class: "small muted" }, show(line.unit_minor), " ", less, line.why ? ` · ${line.why}` : "");
  const minus = line.quantity > 1 ? step(-1, "less", "minus") : step(-1, "remove", "trash");
  const percent = h("button", { type: "button", class: "button button-small button-icon button-quiet", "data-line-discount": true, "data-key": `${line.id} discount`,
                                "aria-label": t("discount_of", { name: line.name }), onclick: () => till.askDiscount(line) }, icon("percent"));
  return h("li", { class: isNew ? "till-line till-line-new" : "till-line" },
    h("span", { class: "till-line-name" }, line.name, unit, off),
    h("strong", { class: "money" }, show(lineNet(line))),
    h("span", { class: "till-line-tools" }, minus, quantity, step(1, "more", "plus"), percent), short, wrong);
}

/** What was typed as a line's quantity. Where it is none, the line stays as it was, and says so. */
function takeQuantity(till, line, field, wrong) {
  const wanted = readPieces(field.value);
  if (wanted !== null) return till.cart.setQuantity(line, wanted);
  wrong.textContent = t("pieces_wrong", { most: number(MOST_PIECES), n: line.quantity });
  wrong.hidden = false;
  field.value = line.quantity;
  field.setAttribute("aria-invalid", "true");
  field.focus();
  field.select();
}

/** Whether a quantity was typed that is none, and nobody was stopped for it yet: whoever takes money looks at it first. */
export function stopAtWrongQuantity() {
  const field = $("[data-lines] [aria-invalid=true]");
  if (!field) return false;
  field.removeAttribute("aria-invalid");
  field.focus();
  return true;
}
