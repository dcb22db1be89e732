/* The order page: what was typed in the form of a part that is replaced stays, and a hidden tab does not ask. */
(function () {
  "use strict";
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target.id === "order-live" && document.visibilityState === "hidden") event.preventDefault();
  });
  const kept = {};
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.target.id !== "order-live" || event.detail.xhr.status === 204) return;
    const phone = document.querySelector("#order-live [name=phone_number]");
    if (phone && phone.value !== phone.defaultValue) kept.phone = phone.value;
  });
  document.addEventListener("htmx:afterSettle", () => {
    const phone = document.querySelector("#order-live [name=phone_number]");
    if (phone && kept.phone) phone.value = kept.phone;
    delete kept.phone;
  });
})();
