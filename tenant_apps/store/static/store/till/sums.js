// The sums of a sale. The server adds them up again, and takes no sale whose sums differ.

/** What a line comes to: its pieces at their price, less what was taken off the line. */
export function lineNet(line) {
  return line.unit_minor * line.quantity - line.discount_minor;
}

export function linesTotal(cart) {
  return cart.lines.reduce((sum, line) => sum + lineNet(line), 0);
}

export function saleTotal(cart) {
  return linesTotal(cart) - cart.discount_minor;
}

/** All that was given by hand. */
export function givenAway(cart) {
  return cart.lines.reduce((sum, line) => sum + line.discount_minor, cart.discount_minor);
}

/** So many per cent of an amount, half a unit rounded up, in whole numbers. */
export function percentOf(minor, percent) {
  return Math.floor((minor * percent + 50) / 100);
}

export function pieces(cart) {
  return cart.lines.reduce((sum, line) => sum + line.quantity, 0);
}
