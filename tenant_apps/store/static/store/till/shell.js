// Keeps the page itself on the device, and brings a new version in when nobody is in the middle of something.
import { urls } from "./config.js";

const LOOK_EVERY = 3600000;

export async function keepShell({ isIdle }) {
  if (!("serviceWorker" in navigator)) return;
  const had = navigator.serviceWorker.controller !== null;
  const found = await navigator.serviceWorker.register(urls.worker, { scope: urls.page }).catch(() => null);
  if (!found) return;
  const offer = () => {
    if (had && found.waiting && isIdle()) found.waiting.postMessage("take over");
  };
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (had && isIdle()) location.reload();
  });
  offer();
  found.addEventListener("updatefound", () => found.installing?.addEventListener("statechange", offer));
  setInterval(() => found.update().then(offer, () => {}), LOOK_EVERY);
}
