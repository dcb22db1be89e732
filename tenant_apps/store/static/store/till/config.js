// What the page tells its scripts. The shell is the same for everybody: nothing here is about who is logged in.
const config = JSON.parse(document.getElementById("till-config").textContent);

export const { tenant, shop, currency, exponent, locale, methods, urls } = config;

/** A text in the reader's language, with "{name}" filled in. */
export function t(key, values = {}) {
  return (config.texts[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** `key_one` for one, `key_many` for others. */
export function counted(key, n) {
  return t(`${key}_${n === 1 ? "one" : "many"}`, { n });
}

export function methodName(key) {
  return methods.find((one) => one.key === key)?.name ?? key;
}
