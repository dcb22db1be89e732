// Codes: from a scanner that types like a keyboard, only faster, and from the camera where the browser can read codes.
import { t } from "./config.js";
import { $, anyOpen, close, fail, open } from "./ui.js";

const FASTEST_FINGER = 35; // milliseconds between two keys: people are slower
const SHORTEST_CODE = 4;

/** Tells keys of a scanner from those of a person, by their pace. `onCode` is called at its Enter. */
export class Wedge {
  constructor(onCode, now = () => performance.now()) {
    this.onCode = onCode;
    this.now = now;
    this.keys = "";
    this.last = 0;
    this.isBurst = false;
  }

  /** Returns whether this key ended a code. */
  key(key) {
    const at = this.now();
    const isFast = at - this.last < FASTEST_FINGER;
    this.isBurst = isFast;
    this.last = at;
    if (key === "Enter") {
      const code = isFast ? this.keys : "";
      this.keys = "";
      if (code.length < SHORTEST_CODE) return false;
      this.onCode(code);
      return true;
    }
    if (key.length === 1) this.keys = isFast ? this.keys + key : key;
    return false;
  }
}

export function setUpWedge(onCode) {
  const wedge = new Wedge(onCode);
  document.addEventListener("keydown", (event) => {
    if (anyOpen() || event.ctrlKey || event.metaKey || event.altKey) return;
    if (wedge.key(event.key)) {
      event.preventDefault();
      event.stopPropagation();
    } else if (wedge.isBurst && event.key.length === 1 && !event.target.closest?.("input")) {
      event.stopPropagation(); // part of a code: no key of ours
    }
  }, { capture: true });
}

export function setUpCamera(onCode) {
  const button = $("[data-camera]");
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices?.getUserMedia) return;
  button.hidden = false;
  const dialog = $("#camera");
  const video = $("video", dialog);
  let stream = null;

  function stop() {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
  }

  async function watch() {
    const detector = new BarcodeDetector();
    while (stream) {
      const [found] = video.readyState >= 2 ? await detector.detect(video) : [];
      if (found) {
        close("camera");
        onCode(found.rawValue);
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  }

  dialog.addEventListener("close", stop);
  button.addEventListener("click", async () => {
    open("camera");
    fail(dialog, "");
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      video.srcObject = stream;
      await video.play();
      await watch();
    } catch {
      fail(dialog, t("scan_failed"));
    }
  });
}
