// What somebody types into a form is kept in this tab until it has been sent for good: a session may
// end meanwhile, or an answer may be lost. It is kept by person and address of the form, never with
// passwords, codes or files, and goes with success and with signing out.

const PREFIX = "draft:";
const SENT = "draft-sent";
const SECONDS = 5;
const NOT_KEPT = "[type=hidden], [type=file], [type=submit], button";
const SECRET = "[type=password], [autocomplete=one-time-code], [name=code]";
const TYPED = "textarea, [type=text], [type=email], [type=number], [type=date], [type=search], input:not([type])";
const who = document.querySelector('meta[name="person"]')?.content;

function isKept(form) {
  if (form.getAttribute("method") !== "post" || form.querySelector(SECRET)) return false;
  return form.querySelector("textarea") || form.querySelectorAll(TYPED).length > 1;
}

function keyOf(form) {
  const page = new URL(form.getAttribute("action") || location.pathname, location.href).pathname;
  return `${PREFIX}${who}:${page}`;
}

function controls(form) {
  return [...form.elements].filter((field) => field.name && !field.matches(NOT_KEPT));
}

function isTick(field) {
  return field.type === "checkbox" || field.type === "radio";
}

function valuesOf(form) {
  return JSON.stringify(controls(form).map((field) => [
    field.name, isTick(field) ? [field.value, field.checked] : field.value,
  ]));
}

function putBack(form, stored) {
  const waiting = [...JSON.parse(stored)];
  for (const field of controls(form)) {
    const at = waiting.findIndex(([name, value]) => name === field.name
      && Array.isArray(value) === isTick(field) && (!isTick(field) || value[0] === field.value));
    if (at < 0) continue;
    const [[, value]] = waiting.splice(at, 1);
    if (isTick(field)) [, field.checked] = value;
    else field.value = value;
  }
}

function offer(form, key, stored) {
  const notice = document.getElementById("draft-offer").content.firstElementChild.cloneNode(true);
  notice.addEventListener("click", (event) => {
    const choice = event.target.closest("button")?.value;
    if (!choice) return;
    if (choice === "back") putBack(form, stored);
    else sessionStorage.removeItem(key);
    notice.remove();
  });
  form.prepend(notice);
}

// Whether what was sent last has been done: the page says so, or it is another one, at once.
function isDone(sent, forms) {
  if (document.querySelector(".error-summary, .field-errors, .notice-bad, .notice-error")) return false;
  if (document.querySelector(".notice-success")) return true;
  const gone = !forms.some((form) => keyOf(form) === sent.key);
  return gone && Date.now() - sent.at < SECONDS * 1000;
}

function begin() {
  const sent = JSON.parse(sessionStorage.getItem(SENT) || "null");
  sessionStorage.removeItem(SENT);
  if (!who) return;
  const forms = [...document.forms].filter(isKept);
  if (sent && isDone(sent, forms)) sessionStorage.removeItem(sent.key);
  for (const form of forms) {
    const key = keyOf(form);
    const before = valuesOf(form);
    const stored = sessionStorage.getItem(key);
    if (stored && stored !== before && form.querySelector(".error-summary")) {
      sessionStorage.setItem(key, before);
    } else if (stored && stored !== before) {
      offer(form, key, stored);
    }
    form.addEventListener("input", () => sessionStorage.setItem(key, valuesOf(form)));
    form.addEventListener("submit", () => {
      sessionStorage.setItem(SENT, JSON.stringify({ key, at: Date.now() }));
    });
  }
}

document.addEventListener("submit", (event) => {
  if (!event.target.getAttribute("action")?.includes("/logout/")) return;
  for (const key of Object.keys(sessionStorage)) {
    if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
  }
});

begin();
