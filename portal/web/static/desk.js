/* What is pleasanter with a script, and works without: times that run on, a question before what cannot be undone, choosing all. */
"use strict";
(() => {
  const shown = new Date(document.body.dataset.now).getTime();
  const began = Date.now();
  const now = () => shown + (Date.now() - began);

  /* The same words as portal/web/countdown.py. */
  const span = (left) => {
    const minutes = Math.floor(Math.abs(left) / 60000);
    const hours = Math.floor(minutes / 60);
    const days = Math.floor(hours / 24);
    return days ? `${days} 天 ${hours % 24} 小时` : `${hours} 小时 ${minutes % 60} 分`;
  };
  const tick = () => {
    for (const one of document.querySelectorAll("[data-due]")) {
      const left = new Date(one.dataset.due).getTime() - now();
      one.textContent = `${left > 0 ? "还有" : "已过"} ${span(left)}`;
    }
  };
  setInterval(tick, 30000);

  for (const form of document.querySelectorAll("form[data-confirm]")) {
    form.addEventListener("submit", (event) => {
      if (!window.confirm(form.dataset.confirm)) event.preventDefault();
    });
  }

  /* Sent once: a second press while the answer is on its way does nothing. */
  for (const form of document.querySelectorAll("form[method=post]")) {
    form.addEventListener("submit", (event) => {
      if (event.defaultPrevented) return;
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "yes";
    });
  }
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });

  const batch = document.getElementById("batch");
  if (batch) {
    const every = [...batch.querySelectorAll("input[name=pick]")];
    const all = batch.querySelector("[data-all]");
    const number = batch.querySelector("[data-chosen]");
    const count = () => {
      const chosen = every.filter((one) => one.checked).length;
      if (number) number.textContent = String(chosen);
      if (all) {
        all.checked = chosen === every.length;
        all.indeterminate = chosen > 0 && chosen < every.length;
      }
    };
    if (all) all.addEventListener("change", () => { for (const one of every) one.checked = all.checked; count(); });
    batch.addEventListener("change", count);
    count();
  }

  /* One explanation or question open at a time; Escape closes it. */
  const popups = () => document.querySelectorAll("table details[open]");
  document.addEventListener("toggle", (event) => {
    if (event.target.open && event.target.matches("table details")) {
      for (const one of popups()) if (one !== event.target) one.open = false;
    }
  }, true);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") for (const one of popups()) one.open = false;
  });
  document.addEventListener("click", (event) => {
    for (const one of popups()) if (!one.contains(event.target)) one.open = false;
  });
})();
