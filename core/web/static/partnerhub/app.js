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

// data-grid on a table: arrow keys, Home and End move between its controls; Tab enters and leaves it.
// A choice takes plain arrows for itself, so there Ctrl moves on.
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
const CONTROLS = "a[href], select, input:not([type=hidden])";

function cellsOf(table) {
  return [...table.rows].map((row) => [...row.cells].map((cell) => [...cell.querySelectorAll(CONTROLS)]));
}

function enter(table, control) {
  for (const other of table.querySelectorAll(CONTROLS)) other.tabIndex = other === control ? 0 : -1;
}

function target(cells, row, column, control, [down, right]) {
  const own = cells[row][column];
  const within = own[own.indexOf(control) + right];
  if (right && within) return within;
  for (let y = row + down, x = column + right; cells[y]?.[x]; y += down, x += right) {
    if (cells[y][x].length) return right < 0 ? cells[y][x].at(-1) : cells[y][x][0];
  }
  return null;
}

document.addEventListener("keydown", (event) => {
  const table = event.target.closest("table[data-grid]");
  const control = event.target.closest(CONTROLS);
  if (!table || !control || event.altKey || event.metaKey) return;
  if (control.matches("select") && !event.ctrlKey) return;
  const cell = control.closest("td, th");
  const cells = cellsOf(table);
  const row = cells[cell.parentElement.rowIndex].flat();
  const next = event.key === "Home" ? row[0] : event.key === "End" ? row.at(-1)
    : STEPS[event.key] && target(cells, cell.parentElement.rowIndex, cell.cellIndex, control, STEPS[event.key]);
  if (!next) return;
  event.preventDefault();
  enter(table, next);
  next.focus();
});

document.addEventListener("focusin", (event) => {
  const table = event.target.closest("table[data-grid]");
  if (table && event.target.matches(CONTROLS)) enter(table, event.target);
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
  for (const table of root.querySelectorAll("table[data-grid]")) {
    const first = table.querySelector("tbody td :is(a[href], select)");
    if (first) enter(table, first);
    const hint = document.getElementById(table.dataset.grid);
    if (hint) hint.hidden = false;
  }
  root.querySelector("[data-focus]:not([data-still] *)")?.focus();
}

// The reader's time zone: for the sign-up form, and for pages that people read without an account.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
for (const field of document.querySelectorAll("[data-time-zone]")) field.value = zone;
const [prefix, secure] = location.protocol === "https:" ? ["__Host-", "; Secure"] : ["", ""];
document.cookie =
  `${prefix}zone=${encodeURIComponent(zone)}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;

prepare(document);
document.addEventListener("htmx:afterSwap", (event) => prepare(event.target));
