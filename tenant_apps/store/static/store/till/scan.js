// Codes: from a scanner that types like a keyboard, only faster, and from the camera.
import { t } from "./config.js";
import { $, close, fail, open } from "./ui.js";

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

/** Scanned codes go into the sale wherever the focus is; a field they were typed into gets back what it had. A receipt that is
 * still shown is put away: the next customer's goods are here. In other dialogs a scanner is a keyboard. */
export function setUpWedge(onCode) {
  let field = null;
  let before = "";
  const wedge = new Wedge((code) => {
    if (field) field.value = before;
    if ($("#receipt").open) close("receipt");
    onCode(code);
  });
  const isBusy = () => $("dialog[open]:not(#receipt)") !== null;
  document.addEventListener("keydown", (event) => {
    if (isBusy() || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target.closest?.("input") ?? null;
    const had = target?.value ?? "";
    const isCode = wedge.key(event.key);
    if (!wedge.isBurst) [field, before] = [target, had];
    if (isCode) {
      event.preventDefault();
      event.stopPropagation();
    } else if (wedge.isBurst && event.key.length === 1 && !target) {
      event.stopPropagation(); // part of a code: no key of ours
    }
  }, { capture: true });
}

const READ_WIDTH = 640; // pixels: enough for a code that fills half of the picture
const LOOK_EVERY = 120;

/** A function that reads the code in a video's picture, or null: the browser's own, else one that we bring, loaded once asked for. */
async function codeReader() {
  const formats = "BarcodeDetector" in window ? await BarcodeDetector.getSupportedFormats().catch(() => []) : [];
  if (formats.includes("ean_13")) {
    const detector = new BarcodeDetector();
    return async (video) => (await detector.detect(video))[0]?.rawValue ?? null;
  }
  const { readCode } = await import("./vendor/zxing.js");
  return drawnReader(readCode);
}

/** Reads codes that lie across the picture and those that stand, in turn. */
function drawnReader(readCode) {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  let stands = false;
  return (video) => {
    const height = Math.round((READ_WIDTH * video.videoHeight) / video.videoWidth);
    [canvas.width, canvas.height] = stands ? [height, READ_WIDTH] : [READ_WIDTH, height];
    if (stands) context.setTransform(0, 1, -1, 0, height, 0);
    context.drawImage(video, 0, 0, READ_WIDTH, height);
    stands = !stands;
    return readCode(greyOf(context.getImageData(0, 0, canvas.width, canvas.height)), canvas.width, canvas.height);
  };
}

/** A picture's brightness, a byte a pixel. */
export function greyOf({ data }) {
  const grey = new Uint8ClampedArray(data.length / 4);
  for (let at = 0; at < grey.length; at += 1) grey[at] = (data[at * 4] + 2 * data[at * 4 + 1] + data[at * 4 + 2]) >> 2;
  return grey;
}

export function setUpCamera(onCode) {
  const button = $("[data-camera]");
  if (!navigator.mediaDevices?.getUserMedia) return;
  button.hidden = false;
  const dialog = $("#camera");
  const video = $("video", dialog);
  let stream = null;

  function stop() {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
  }

  async function watch() {
    const read = await codeReader();
    while (stream) {
      const code = video.readyState >= 2 && video.videoWidth ? await read(video) : null;
      if (code && stream) {
        close("camera");
        onCode(code);
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
    }
  }

  dialog.addEventListener("close", stop);
  button.addEventListener("click", async () => {
    open("camera");
    fail(dialog, "");
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      if (!dialog.open) return stop(); // it was closed while permission was asked for
      video.srcObject = stream;
      await video.play();
      await watch();
    } catch {
      stop();
      fail(dialog, t("scan_failed"));
    }
  });
}
