/* Currency and cycle switches change the prices in place; without this script they are plain links. */
(function () {
  "use strict";
  let latest = 0;
  async function load(url, push) {
    const ticket = ++latest;
    const area = document.querySelector("[data-pricing]");
    area.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(url, { headers: { Accept: "text/html" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (ticket !== latest) return;
      const focused = Array.from(area.querySelectorAll("[data-pricing-link]")).indexOf(document.activeElement);
      area.replaceWith(page.querySelector("[data-pricing]"));
      if (push) history.pushState(null, "", url);
      const links = document.querySelectorAll("[data-pricing-link]");
      if (focused >= 0 && links[focused]) links[focused].focus({ preventScroll: true });
    } catch (error) {
      location.assign(url);
    }
  }
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-pricing-link]");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
    event.preventDefault();
    load(link.href.split("#")[0], true);
  });
  window.addEventListener("popstate", () => load(location.href, false));
})();
