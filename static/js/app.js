/* Small comforts on top of pages that work without them. No eval, no inline code, nothing sent anywhere. */
(function () {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");
  const all = (selector, scope) => Array.from((scope || document).querySelectorAll(selector));
  const on = (type, handler, options) => document.addEventListener(type, handler, options);

  /* Errors: the focus goes to the list on top, else to the first wrong field. */
  function focusErrors(scope) {
    const target = scope.querySelector(".error-summary") || scope.querySelector("[aria-invalid=true]");
    if (target) target.focus();
  }
  on("click", (event) => {
    const link = event.target.closest(".error-summary a[href^='#']");
    const field = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (!field) return;
    event.preventDefault();
    const control = field.matches("input, select, textarea, button") ? field : field.querySelector("input, select, textarea");
    (field.closest(".field") || field).scrollIntoView({ block: "start" });
    (control || field).focus({ preventScroll: true });
  });

  /* What was wrong is no longer said of a field that was changed since; in the list on top it is struck out. */
  function forgetError(event) {
    const box = event.target.closest && event.target.closest(".field");
    if (!box || !box.classList.contains("field-invalid")) return;
    box.classList.add("field-changed");
    all("[aria-invalid]", box).forEach((field) => {
      field.removeAttribute("aria-invalid");
      const described = (field.getAttribute("aria-describedby") || "").split(" ").filter((id) => !id.endsWith("_error"));
      if (described.join("")) field.setAttribute("aria-describedby", described.join(" ")); else field.removeAttribute("aria-describedby");
      all(".error-summary a").forEach((link) => { if (link.hash === "#" + field.id) link.parentElement.classList.add("changed"); });
    });
  }
  on("input", forgetError);
  on("change", forgetError);

  /* Drafts: <form data-draft="sign-up"> survives a lost connection in this tab. A value is brought back only
     where the server still says what it said when the draft was typed, only to whoever typed it (data-draft-owner),
     and with a word that says so. Logging out forgets them all. */
  const SECRET = /pass|code|otp|secret|token|csrf|card|cvv|pin/i;
  const draftKey = (form) => "draft:" + (form.dataset.draftOwner || "") + ":" + (form.dataset.draft || location.pathname);
  function forgetDrafts(wanted) {
    try {
      Object.keys(sessionStorage).forEach((key) => {
        if (key.startsWith("draft:") && wanted(key)) sessionStorage.removeItem(key);
      });
    } catch (error) { /* storage is refused */ }
  }
  const draftable = (field) =>
    field.name && !/^(password|file|hidden|submit|button|reset|image)$/.test(field.type) && !SECRET.test(field.name) &&
    !/one-time-code|password|cc-/.test(field.autocomplete || "") && !field.hasAttribute("data-no-draft");
  const isChoice = (field) => field.type === "checkbox" || field.type === "radio";
  const keyOf = (field) => (isChoice(field) ? field.name + "=" + field.value : field.name);
  function served(field) {
    if (isChoice(field)) return field.defaultChecked;
    if (field.options) return Array.from(field.options).filter((o) => o.defaultSelected).map((o) => o.value).join("\n");
    return field.defaultValue;
  }
  function saveDraft(form) {
    const draft = {};
    for (const field of form.elements) {
      if (draftable(field)) draft[keyOf(field)] = [isChoice(field) ? field.checked : field.value, served(field)];
    }
    try { sessionStorage.setItem(draftKey(form), JSON.stringify(draft)); } catch (error) { /* storage is full or refused */ }
  }
  const tellChange = (field) => field.dispatchEvent(new Event("change", { bubbles: true }));
  function restoreDraft(form) {
    const owner = form.dataset.draftOwner;
    if (owner) forgetDrafts((key) => !key.startsWith("draft:" + owner + ":"));
    let draft = null;
    try { draft = JSON.parse(sessionStorage.getItem(draftKey(form))); } catch (error) { return; }
    if (!draft || form.querySelector("[aria-invalid=true]")) return;
    let restored = false;
    for (const field of form.elements) {
      const kept = draftable(field) && draft[keyOf(field)];
      if (!kept || kept[1] !== served(field)) continue;
      const now = isChoice(field) ? field.checked : field.value;
      if (now === kept[0] || kept[0] === kept[1]) continue;
      if (isChoice(field)) field.checked = kept[0]; else field.value = kept[0];
      tellChange(field);
      restored = true;
    }
    const note = form.querySelector("[data-draft-note]");
    if (note && restored) note.hidden = false;
  }
  const saving = new WeakMap();
  on("input", (event) => {
    const form = event.target.form;
    if (!form || !form.hasAttribute("data-draft")) return;
    clearTimeout(saving.get(form));
    saving.set(form, setTimeout(() => saveDraft(form), 250));
  });
  function stopSaving(form) {
    clearTimeout(saving.get(form));
    saving.delete(form);
  }
  on("click", (event) => {
    const form = event.target.closest("[data-draft-drop]") && event.target.closest("form");
    if (!form) return;
    stopSaving(form);
    forgetDrafts((key) => key === draftKey(form));
    form.reset();
    for (const field of form.elements) if (draftable(field)) tellChange(field);
    form.querySelector("[data-draft-note]").hidden = true;
  });
  on("submit", (event) => {
    if (!/\/(logout|impersonation\/end)\/$/.test(event.target.action)) return;
    all("form[data-draft]").forEach(stopSaving);
    forgetDrafts(() => true);
  });
  window.addEventListener("pagehide", () => {
    all("form[data-draft]").forEach((form) => { if (saving.has(form)) saveDraft(form); });
  });

  /* Submitting once, with a state to see. Undone when the page comes back, or after a while if nothing happened. */
  const BUSY_MS = 20000;
  function rest(form) {
    delete form.dataset.submitted;
    all("[aria-busy=true]", form).concat(all("[aria-busy=true][form='" + form.id + "']")).forEach((button) => {
      button.removeAttribute("aria-busy");
      button.removeAttribute("aria-disabled");
    });
  }
  on("submit", (event) => {
    const form = event.target;
    if (form.method === "dialog" || form.target === "_blank" || form.hasAttribute("data-allow-resubmit")) return;
    if (form.dataset.submitted) { event.preventDefault(); event.stopImmediatePropagation(); return; }
    if (event.defaultPrevented) return;
    form.dataset.submitted = "1";
    const button = event.submitter || form.querySelector("button[type=submit], button:not([type])");
    if (button && button.classList.contains("button")) {
      button.setAttribute("aria-busy", "true");
      button.setAttribute("aria-disabled", "true");
    }
    setTimeout(() => rest(form), BUSY_MS);
  }, true);
  window.addEventListener("pageshow", (event) => { if (event.persisted) all("form[data-submitted]").forEach(rest); });
  on("htmx:afterRequest", (event) => { const form = event.target.closest && event.target.closest("form"); if (form) rest(form); });

  /* Files: a thumbnail and the size, before anything is sent. */
  const THUMB = 128;
  async function preview(box, file) {
    const out = box.querySelector("[data-file-preview]");
    out.textContent = "";
    out.classList.remove("too-big");
    out.hidden = !file;
    if (!file) return;
    const [unit, part] = file.size < 999500 ? [box.dataset.kb || "KB", Math.ceil(file.size / 1e3)] : [box.dataset.mb || "MB", file.size / 1e6];
    const size = new Intl.NumberFormat(root.lang, { maximumFractionDigits: 1 }).format(part);
    const text = document.createElement("span");
    text.textContent = file.name + " · " + size + "\u00a0" + unit;
    if (box.dataset.maxBytes && file.size > Number(box.dataset.maxBytes)) {
      out.classList.add("too-big");
      text.textContent += ". " + box.dataset.tooBig;
    }
    out.append(text);
    if (!/^image\/(png|jpeg|webp|gif)$/.test(file.type) || file.size > 3e7) return;
    try {
      const picture = await createImageBitmap(file);
      const canvas = document.createElement("canvas");
      const scale = Math.max(THUMB / picture.width, THUMB / picture.height);
      canvas.width = canvas.height = THUMB;
      canvas.getContext("2d").drawImage(picture, (THUMB - picture.width * scale) / 2, (THUMB - picture.height * scale) / 2,
        picture.width * scale, picture.height * scale);
      picture.close();
      out.prepend(canvas);
    } catch (error) { /* not a picture this browser can show: the name is enough */ }
  }
  for (const type of ["dragover", "dragleave", "drop"]) {
    on(type, (event) => {
      const box = event.target.closest && event.target.closest("[data-file-drop]");
      if (!box) return;
      event.preventDefault();
      box.toggleAttribute("data-over", type === "dragover");
      const input = box.querySelector("input[type=file]");
      if (type === "drop" && event.dataTransfer.files.length && !input.disabled) {
        input.files = event.dataTransfer.files;
        input.dispatchEvent(new Event("change", { bubbles: true }));
      }
    });
  }

  /* Copying, with a spoken "copied". */
  async function copy(button) {
    const source = button.dataset.copyTarget && document.querySelector(button.dataset.copyTarget);
    const text = source ? source.value || source.textContent.trim() : button.dataset.copy;
    try {
      await navigator.clipboard.writeText(text);
    } catch (error) {
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
      button.focus();
    }
    if (button.dataset.copied) toast({ text: button.dataset.copied });
    button.classList.add("copy-done");
    setTimeout(() => button.classList.remove("copy-done"), 2000);
  }

  /* Toasts, from us or from the server: HX-Trigger: {"toast": {"text": "…"}} */
  function toast(detail) {
    const shelf = document.querySelector("[data-toasts]");
    if (!shelf || !detail || !detail.text) return;
    const note = document.createElement("div");
    note.className = "toast";
    note.textContent = detail.text;
    shelf.replaceChildren(note);
    setTimeout(() => note.remove(), 6000);
  }
  on("toast", (event) => toast(event.detail));

  /* Countdowns: <time data-countdown-to="2026-11-21T14:30:00Z" data-countdown-ended="…"> */
  function tick() {
    const waiting = all("[data-countdown-to]:not([data-expired])");
    waiting.forEach((clock) => {
      const left = Math.max(0, Math.round((Date.parse(clock.dataset.countdownTo) - Date.now()) / 1000));
      const parts = [[Math.floor(left / 86400), root.lang === "en" ? "d" : "j"], [Math.floor(left / 3600) % 24, "h"],
        [Math.floor(left / 60) % 60, "min"], [left % 60, "s"]];
      const first = parts.findIndex((part) => part[0] > 0);
      const shown = first < 0 ? parts.slice(3) : parts.slice(first, first + 2);
      const text = shown.map((part) => part[0] + "\u00a0" + part[1]).join(" ");
      if (clock.textContent !== text) clock.textContent = text;
      if (left > 0) return;
      clock.setAttribute("data-expired", "");
      if (clock.dataset.countdownEnded) clock.textContent = clock.dataset.countdownEnded;
      clock.dispatchEvent(new CustomEvent("countdown:end", { bubbles: true }));
    });
  }

  /* One-time codes: spaces go, and a form that asks for it is sent when the code is complete. */
  on("input", (event) => {
    const field = event.target;
    const length = Number(field.dataset && field.dataset.codeLength);
    if (!length) return;
    const digits = field.value.replace(/\D/g, "").slice(0, length);
    if (digits !== field.value) field.value = digits;
    if (digits.length === length && field.form && field.form.hasAttribute("data-submit-when-complete")) field.form.requestSubmit();
  });

  /* Clicks: dialogs, copying, closing, printing. */
  on("click", (event) => {
    const hit = (selector) => event.target.closest && event.target.closest(selector);
    const opener = hit("[data-open-dialog]");
    if (opener) {
      const box = document.getElementById(opener.dataset.openDialog || opener.hash.slice(1));
      if (box && box.showModal) { event.preventDefault(); box.showModal(); }
      return;
    }
    const closer = hit("[data-close-dialog]");
    if (closer) {
      const box = closer.closest("dialog");
      if (box && box.open) { event.preventDefault(); box.close(); }
      return;
    }
    if (event.target.matches && event.target.matches("dialog[open]")) {
      const edge = event.target.getBoundingClientRect();
      const inside = event.clientX >= edge.left && event.clientX <= edge.right && event.clientY >= edge.top && event.clientY <= edge.bottom;
      if (!inside) event.target.close();
      return;
    }
    const copier = hit("[data-copy], [data-copy-target]");
    if (copier) copy(copier);
    if (hit("[data-print]")) window.print();
    const dismiss = hit("[data-dismiss]");
    if (dismiss) dismiss.closest(".alert").remove();
    all("details.menu[open]").forEach((box) => { if (!box.contains(event.target)) box.open = false; });
  });
  on("keydown", (event) => {
    if (event.key !== "Escape") return;
    all("details.menu[open]").forEach((box) => {
      box.open = false;
      if (box.contains(document.activeElement)) box.querySelector("summary").focus();
    });
  });
  on("change", (event) => {
    const box = event.target.closest("[data-file-drop]");
    if (box && event.target.type === "file") preview(box, event.target.files[0]);
    if (event.target.closest("[data-submit-on-change]") && event.target.form) event.target.form.requestSubmit();
  });

  /* htmx: the CSRF token for requests that come from no form. */
  on("htmx:configRequest", (event) => {
    const token = document.querySelector("meta[name=csrf-token]");
    if (token && event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = token.content;
  });
  on("htmx:afterSwap", (event) => { if (event.target.querySelector) focusErrors(event.target); });

  all("[data-draft-clear]").forEach((mark) => {
    forgetDrafts((key) => key.endsWith(":" + mark.dataset.draftClear));
  });
  /* Once htmx listens (on the document, so before the window): what is brought back may change sums that the server reckons. */
  window.addEventListener("DOMContentLoaded", () => all("form[data-draft]").forEach(restoreDraft));
  focusErrors(document);
  if (document.querySelector("[data-countdown-to]")) { tick(); }
  setInterval(tick, 1000);
})();
