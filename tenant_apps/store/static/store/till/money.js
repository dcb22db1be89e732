// Amounts are whole numbers of minor units; texts are made and read digit by digit, never through fractions.
import { currency, exponent, locale } from "./config.js";

const SIGN = { XAF: "FCFA", XOF: "FCFA", EUR: "€" }[currency] ?? currency;
const FRENCH = locale.startsWith("fr");
const NARROW = "\u202f";
const HARD = "\u00a0";

/** A whole number, none below zero, as people read it: "12 500". */
export function number(whole) {
  return String(whole).replace(/\B(?=(\d{3})+$)/g, FRENCH ? NARROW : ",");
}

/** An amount as people read it: "12 500 FCFA". */
export function show(minor) {
  const digits = String(Math.abs(minor)).padStart(exponent + 1, "0");
  const whole = number(digits.slice(0, digits.length - exponent));
  const rest = exponent ? (FRENCH ? "," : ".") + digits.slice(-exponent) : "";
  return `${minor < 0 ? "\u2212" : ""}${whole}${rest}${HARD}${SIGN}`;
}

/** An amount as somebody would type it. */
export function typed(minor) {
  return show(minor).replace(`${HARD}${SIGN}`, "");
}

/** What was typed, in minor units; null for what is no amount. */
export function read(text) {
  const found = /^(\d{1,12})(?:[.,](\d{1,3}))?$/.exec(text.replace(/[\s\u00a0\u202f'’]/g, ""));
  if (!found || (found[2] ?? "").length > exponent) return null;
  return Number(found[1] + (found[2] ?? "").padEnd(exponent, "0"));
}

const NOTES = { XAF: [500, 1000, 2000, 5000, 10000], XOF: [500, 1000, 2000, 5000, 10000] }[currency] ?? [500, 1000, 2000, 5000];

/** What a customer is likely to hand over for an amount: the next multiples of notes, the smallest first. */
export function likelyNotes(minor) {
  const sums = NOTES.map((note) => Math.ceil(minor / note) * note).filter((sum) => sum > minor);
  return [...new Set(sums)].sort((a, b) => a - b).slice(0, 4);
}
