// Keys, for those who sell at a keyboard.
import { $, anyOpen } from "./ui.js";

export function setUpKeys(till, openers) {
  const named = { F4: "discount", F6: "customer", F8: "sales", F9: "pay" };

  function search() {
    $("#till-q").focus();
    $("#till-q").select();
  }

  function change(by) {
    const line = till.cart.now.lines.at(-1);
    if (line) till.cart.setQuantity(line, line.quantity + by);
  }

  document.addEventListener("keydown", (event) => {
    if (anyOpen() || !till.session || event.ctrlKey || event.metaKey || event.altKey) return;
    const isTyping = event.target.closest?.("input, textarea, select");
    const plain = { "/": search, "+": () => change(1), "-": () => change(-1) }[event.key];
    if (event.key === "F2") search();
    else if (named[event.key]) openers[named[event.key]]();
    else if (plain && !isTyping) plain();
    else return;
    event.preventDefault();
  });
}
