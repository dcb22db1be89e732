/* The transfer desk. A reason chosen from the list is copied into the words to the payer, to be changed; and what
   approving will do follows what is typed. Without this script the server says it when the form is sent. */
(function () {
  "use strict";
  const reason = document.getElementById("id_template");
  const words = document.getElementById("id_comment");
  let filled = "";
  if (reason && words) {
    reason.addEventListener("change", () => {
      const text = reason.value ? reason.selectedOptions[0].textContent : "";
      if (words.value.trim() === "" || words.value === filled) { words.value = text; filled = text; }
    });
  }

  for (const viewer of document.querySelectorAll("[data-viewer]")) {
    let turns = 0;
    viewer.querySelector("[data-turn]")?.addEventListener("click", () => {
      turns = (turns + 1) % 4;
      viewer.dataset.turns = turns;
    });
    viewer.querySelector("[data-zoom]")?.addEventListener("click", (event) => {
      const large = viewer.classList.toggle("is-large");
      event.currentTarget.setAttribute("aria-pressed", large);
    });
  }

  const form = document.querySelector("form[data-desk]");
  if (!form) return;
  const bare = (text) => text.replace(/[\s-]/g, "").toUpperCase();
  const number = (text) => Number(text.replace(/\s/g, "").replace(",", "."));
  function isExpected() {
    const typed = form.elements;
    return number(typed.received_amount.value) === number(form.dataset.amount) &&
      typed.received_currency.value === form.dataset.currency &&
      bare(typed.reference.value) === bare(form.dataset.reference);
  }
  function show() {
    const state = isExpected() ? "expected" : "differs";
    for (const part of form.querySelectorAll("[data-state]")) part.hidden = !part.dataset.state.split(" ").includes(state);
    form.querySelector("[data-approve]").classList.toggle("button-primary", state === "expected");
  }
  form.addEventListener("input", (event) => {
    if (["received_amount", "received_currency", "reference"].includes(event.target.name)) show();
  });
  /* A browser that comes back may have put back what was typed. */
  window.addEventListener("pageshow", () => { if (!form.querySelector("[data-state=confirm]")) show(); });
})();
