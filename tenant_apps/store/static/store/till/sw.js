// The till's service worker. `TILL` is set above by the server: a version, the files of that version, the page's address.
// A version is kept whole: its page only ever runs with its own scripts. Nothing of the API passes through here.
const SHELL = `till-${TILL.version}`;
const PICTURES = "till-pictures";
const MOST_PICTURES = 600;

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("message", (event) => {
  if (event.data === "take over") self.skipWaiting();
});

async function install() {
  const cache = await caches.open(SHELL);
  // Somebody who is logged out gets another page here: then the version that is there stays.
  const page = await fetch(TILL.page, { redirect: "manual", cache: "no-store", credentials: "same-origin" });
  if (!page.ok) throw new Error("the page is not to be had");
  await Promise.all(TILL.files.map((file) => cache.add(new Request(file, { cache: "no-cache" }))));
  await cache.put(TILL.page, page);
}

async function activate() {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith("till-") && name !== SHELL && name !== PICTURES);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate" && url.pathname === TILL.page) event.respondWith(kept(TILL.page, request));
  else if (TILL.files.includes(url.pathname)) event.respondWith(kept(url.pathname, request));
  else if (url.pathname.startsWith("/media/")) event.respondWith(picture(request));
});

async function kept(key, request) {
  const cache = await caches.open(SHELL);
  return (await cache.match(key)) ?? fetch(request);
}

async function picture(request) {
  const cache = await caches.open(PICTURES);
  const found = await cache.match(request);
  if (found) return found;
  const answer = await fetch(request);
  if (answer.ok) {
    await cache.put(request, answer.clone());
    const keys = await cache.keys();
    for (const key of keys.slice(0, Math.max(0, keys.length - MOST_PICTURES))) await cache.delete(key);
  }
  return answer;
}
