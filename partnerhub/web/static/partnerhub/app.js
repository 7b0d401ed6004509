// Small helps, hooked by data- attributes. Every page works without them.

const dialog = document.getElementById("confirm-dialog");
const confirmed = new WeakSet();

function fill(element, text) {
  element.textContent = text || element.dataset.default;
}

// data-confirm on a form: ask first, then post as if nothing had been in between.
document.addEventListener("submit", (event) => {
  const form = event.target;
  const source = event.submitter?.dataset.confirm ? event.submitter : form;
  if (!source.dataset.confirm || confirmed.has(form) || !dialog?.showModal) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  fill(dialog.querySelector("h2"), source.dataset.confirmTitle);
  dialog.querySelector("p").textContent = source.dataset.confirm;
  fill(dialog.querySelector("[value=yes]"), source.dataset.confirmLabel);
  dialog.returnValue = "no";
  dialog.showModal();
  dialog.addEventListener("close", () => {
    if (dialog.returnValue !== "yes") return;
    confirmed.add(form);
    form.requestSubmit(event.submitter);
    confirmed.delete(form);
  }, { once: true });
}, true);

// data-copy="id": copy that field; without permission, select it so that the keyboard can.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  const label = button.querySelector("span");
  const before = label.textContent;
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    label.textContent = button.dataset.copied;
    setTimeout(() => { label.textContent = before; }, 4000);
  } catch {
    field.focus();
  }
});

// data-menu on details: closes on Escape, and when something else is used.
function closeMenus(except) {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(except)) menu.open = false;
  }
}

document.addEventListener("click", (event) => closeMenus(event.target));
document.addEventListener("focusin", (event) => closeMenus(event.target));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.activeElement?.closest("details[data-menu][open]");
  closeMenus(null);
  menu?.querySelector("summary").focus();
});

// A form sent twice by an impatient hand is sent once; a download leaves the page, so it recovers.
const sent = new WeakSet();
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.getAttribute("method") !== "post") return;
  if (sent.has(form)) event.preventDefault();
  sent.add(form);
  setTimeout(() => sent.delete(form), 3000);
});

function prepare(root) {
  for (const button of root.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
  for (const field of root.querySelectorAll(".copy-field input")) {
    field.addEventListener("focus", () => field.select());
  }
  root.querySelector("[data-focus]:not([data-still] *)")?.focus();
}

prepare(document);
document.addEventListener("htmx:afterSwap", (event) => prepare(event.target));
