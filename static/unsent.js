// What was typed and not sent outlives a reload that the reader did not ask for: a page that was moved to another
// panel, or whose panel was started anew, reloads itself. Nothing is kept otherwise, and nothing beyond this tab.
(() => {
  const KEY = "unsent";
  const KEPT_FOR = 60_000; // milliseconds from the old page to the new one
  const FIELDS = "textarea, input[type=text], input[type=search], input[type=email], input:not([type])";
  const before = new WeakMap(); // what a field held when the reader came to it
  const typed = new Set();
  let pending = [];

  const words = (element) => element?.textContent.trim() ?? "";

  function nameOf(field) {
    const dialog = field.closest("[role=dialog]");
    const label = field.getAttribute("aria-label") ?? (words(field.labels?.[0]) || field.placeholder);
    return [dialog?.getAttribute("aria-label") ?? words(dialog?.querySelector("h1, h2, h3")), label].join("/");
  }

  addEventListener("focusin", ({ target }) => {
    if (target.matches?.(FIELDS) && !typed.has(target)) before.set(target, target.value);
  }, true);

  addEventListener("input", ({ target, isTrusted }) => {
    if (isTrusted && before.has(target)) typed.add(target);
  }, true);

  addEventListener("pagehide", () => {
    // With a connection it is the reader who leaves; without a session there is nobody to keep it for.
    if (window.isSessionOver || window.socket === undefined || window.socket.connected) return;
    const fields = [...typed].filter((field) => field.isConnected && !field.readOnly)
      .filter((field) => field.value !== before.get(field))
      .map((field) => ({
        name: nameOf(field), before: before.get(field), value: field.value, hasFocus: field === document.activeElement,
      }));
    const unsent = [...fields, ...pending];
    if (unsent.length === 0) return;
    sessionStorage.setItem(KEY, JSON.stringify({ at: Date.now(), href: location.href, fields: unsent }));
  });

  function putBack(field) {
    // Some browsers put the text back by themselves, and then tell nobody of it.
    const found = pending.findIndex(
      (kept) => kept.name === nameOf(field) && [kept.before, kept.value].includes(field.value),
    );
    if (found < 0) return;
    const [{ value, before: was, hasFocus }] = pending.splice(found, 1);
    before.set(field, was);
    typed.add(field);
    // The framework listens to what a field tells of; it would not notice a property that is only set.
    Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), "value").set.call(field, value);
    field.dispatchEvent(new Event("input", { bubbles: true }));
    if (hasFocus) field.focus();
  }

  function look() {
    // Told of before its page is attached, a value would be heard by nobody.
    if (window.did_handshake) document.querySelectorAll(FIELDS).forEach(putBack);
    return pending.length > 0;
  }

  function keepLooking() {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
    sessionStorage.removeItem(KEY);
    if (kept === null || kept.href !== location.href || Date.now() - kept.at > KEPT_FOR) return;
    pending = kept.fields;
    const timer = setInterval(() => look() || clearInterval(timer), 200);
  }

  keepLooking();
})();
