/* The transfer desk: a reason chosen from the list is copied into the words to the payer, to be changed. */
(function () {
  "use strict";
  const reason = document.getElementById("id_template");
  const words = document.getElementById("id_comment");
  if (!reason || !words) return;
  let filled = "";
  reason.addEventListener("change", () => {
    const text = reason.value ? reason.selectedOptions[0].textContent : "";
    if (words.value.trim() === "" || words.value === filled) { words.value = text; filled = text; }
  });
})();
