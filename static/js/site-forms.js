/* Sign-up and log-in: passwords that can be shown, a name checked while it is typed, a draft kept on the server. */
(function () {
  "use strict";
  const $ = (selector) => document.querySelector(selector);

  /* Showing the password */
  document.querySelectorAll("form[data-password-toggle] input[type=password]").forEach((field) => {
    const form = field.form;
    const box = document.createElement("div");
    box.className = "affix";
    field.replaceWith(box);
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button-quiet button-small";
    button.textContent = form.dataset.show;
    button.setAttribute("aria-controls", field.id);
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => {
      const shown = field.type === "password";
      field.type = shown ? "text" : "password";
      button.textContent = shown ? form.dataset.hide : form.dataset.show;
      button.setAttribute("aria-pressed", String(shown));
    });
    form.addEventListener("submit", () => { field.type = "password"; });
    const side = document.createElement("span");
    side.className = "affix-part";
    side.append(button);
    box.append(field, side);
  });

  /* The workspace's address: proposed from the name, checked while it is typed */
  const address = $("#id_subdomain");
  const note = $("#subdomain-note");
  let timer = 0;
  let asked = 0;
  async function check() {
    const ticket = ++asked;
    const name = address.value.trim();
    if (!name) { note.textContent = ""; return; }
    try {
      const called = $("[data-names-subdomain]").value;
      const answer = await fetch(note.dataset.checkUrl + "?" + new URLSearchParams({ name, organisation: called }));
      const html = answer.ok ? await answer.text() : "";
      if (ticket !== asked) return;
      note.replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
    } catch (error) { /* offline: the name is checked when the form is sent */ }
  }
  const slug = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase()
    .replace(/œ/g, "oe").replace(/æ/g, "ae").replace(/[^a-z0-9]+/g, "-").slice(0, 40).replace(/^-+|-+$/g, "");
  if (address && note) {
    address.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(check, 350); });
    const name = $("[data-names-subdomain]");
    let own = address.value !== "" && address.value !== slug(name.value);
    address.addEventListener("input", (event) => { if (event.isTrusted) own = address.value !== ""; });
    name.addEventListener("input", () => {
      if (own) return;
      address.value = slug(name.value);
      address.dispatchEvent(new Event("input", { bubbles: true }));
    });
    if (address.value && !note.childElementCount && address.getAttribute("aria-invalid") !== "true") check();
  }
  document.addEventListener("click", (event) => {
    const pick = event.target.closest("[data-fill]");
    const field = pick && $(pick.dataset.fill);
    if (!field) return;
    event.preventDefault();
    field.value = pick.value;
    field.removeAttribute("aria-invalid");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  });

  /* A code that is being changed: what was said of the one before goes */
  const code = $("#id_coupon_code");
  if (code) code.addEventListener("input", () => { $("#coupon-note").textContent = ""; });

  /* The draft, kept with the account so that another device can go on */
  const form = $("form[data-autosave]");
  if (form) {
    let pending = 0;
    const send = () => {
      if (!pending) return;
      clearTimeout(pending);
      pending = 0;
      fetch(form.dataset.autosave, { method: "POST", body: new FormData(form), keepalive: true }).catch(() => {});
    };
    const later = () => { clearTimeout(pending); pending = setTimeout(send, 900); };
    form.addEventListener("input", later);
    form.addEventListener("change", later);
    form.addEventListener("submit", () => { clearTimeout(pending); pending = 0; });
    document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") send(); });
  }
})();
