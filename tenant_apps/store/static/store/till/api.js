// Speaking to the server. Each way a call can end has a class, since the till does something else for each.
import { urls } from "./config.js";

/** Nobody answered, or not in time: nothing is known of what was sent. */
export class NoAnswer extends Error {}
/** Somebody must log in first. */
export class LoggedOut extends Error {}
/** The server answered, with something that is no answer: an error page, a proxy's page. */
export class Trouble extends Error {
  constructor(status) {
    super(`HTTP ${status}`);
    this.status = status;
  }
}
/** The server refused, with words for people. */
export class Refused extends Error {
  constructor(status, body) {
    super(body.message || body.code || `HTTP ${status}`);
    this.status = status;
    this.body = body;
  }
}

let token = "";

async function request(url, { body, timeout }) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), timeout);
  const options = { credentials: "same-origin", redirect: "manual", cache: "no-store", signal: stop.signal };
  try {
    const response = body
      ? await fetch(url, { ...options, method: "POST", body: JSON.stringify(body),
                           headers: { "Content-Type": "application/json", "X-CSRFToken": token } })
      : await fetch(url, options);
    if (response.type === "opaqueredirect") throw new LoggedOut();
    if (response.status >= 500 || response.status === 429) throw new Trouble(response.status);
    const isJson = (response.headers.get("Content-Type") ?? "").startsWith("application/json");
    if (!isJson) throw new Trouble(response.status);
    const data = await response.json();
    if (!response.ok) throw new Refused(response.status, data);
    return data;
  } catch (error) {
    if (error instanceof LoggedOut || error instanceof Trouble || error instanceof Refused) throw error;
    throw new NoAnswer(String(error));
  } finally {
    clearTimeout(timer);
  }
}

/** Who is here and which registers there are. Also brings the token that writing needs. */
export async function standing({ timeout = 8000 } = {}) {
  const data = await request(urls.session, { timeout });
  token = data.csrf;
  return data;
}

/** Ask, or with a `body` send. A token of somebody who has logged out meanwhile is replaced once. */
export async function call(url, { body = null, timeout = 15000 } = {}) {
  if (body && !token) await standing();
  try {
    return await request(url, { body, timeout });
  } catch (error) {
    if (!(body && error instanceof Trouble && error.status === 403)) throw error;
    await standing();
    return request(url, { body, timeout });
  }
}

export function query(url, values) {
  return `${url}?${new URLSearchParams(values)}`;
}
