/* The order page: what was chosen and typed in a part that is replaced stays, and a hidden tab does not ask. */
(function () {
  "use strict";
  const live = () => document.getElementById("order-live");
  const field = (selector) => live().querySelector(selector);
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target.id === "order-live" && document.visibilityState === "hidden") event.preventDefault();
  });
  let kept = {};
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.target.id !== "order-live" || event.detail.xhr.status === 204) return;
    const phone = field("[name=phone_number]");
    const method = field("[name=payment_method]:checked");
    kept = {
      phone: phone && phone.value !== phone.defaultValue ? phone.value : "",
      method: method && !method.defaultChecked ? method.value : "",
      focus: live().contains(document.activeElement),
    };
  });
  document.addEventListener("htmx:afterSettle", () => {
    const phone = kept.phone && field("[name=phone_number]");
    const method = kept.method && field("[name=payment_method][value=" + kept.method + "]");
    if (phone) phone.value = kept.phone;
    if (method) method.checked = true;
    const title = kept.focus && !live().contains(document.activeElement) && field("h1");
    if (title) { title.tabIndex = -1; title.focus({ preventScroll: true }); }
    kept = {};
  });
})();
