// Hustings in the browser: small comforts over pages that are whole without them.
// Times in words, folding remembered, replies in place, keys. Each part finds its own
// markup and does nothing where there is none. Clicks, keys and typing are heard on the
// document, so comments put in later need no wiring and a long thread costs nothing at load.
//
// No string ever becomes markup: pages of the server are parsed by XMLHttpRequest
// (responseType "document", where scripts never run), which needs no Trusted Types policy.

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => root.querySelectorAll(selector);

const html = document.documentElement;

// English is built in; a page in another language brings its words in template#words.
const english = {
  posted: "Posted.",
  held: "Kept for a moderator to read first.",
  draft: "draft kept in this browser",
  of: "{n} of {max}",
  offline: "The server cannot be reached. Your text is kept here; try again in a moment.",
  failed: "That did not work. Your text is kept here.",
  close: "Close, keep the draft",
  unfold: "Unfold all",
  copied: "Link copied",
  reason: "Choose a reason by its number, or press Escape.",
  back: "Close",
};
const words = $("template#words")?.content;
const word = (name) => (words && $(`[data-word="${name}"]`, words)?.textContent) || english[name];

// Storage may be full or forbidden; then things are simply not remembered.
function recall(name, fallback) {
  try {
    const value = JSON.parse(localStorage.getItem("hustings." + name)) ?? fallback;
    return Array.isArray(value) === Array.isArray(fallback) ? value : fallback;
  } catch {
    return fallback;
  }
}

function remember(name, value) {
  try {
    localStorage.setItem("hustings." + name, JSON.stringify(value));
  } catch {
    // Nothing to do: the page works without.
  }
}

// A list of [key, value, …], newest first, never longer than limit.
function rememberIn(name, key, value, limit) {
  const rest = recall(name, []).filter((entry) => entry[0] !== key);
  if (value !== null) rest.unshift([key, value, Date.now()]);
  remember(name, rest.slice(0, limit));
}

const recallIn = (name, key) => recall(name, []).find((entry) => entry[0] === key);

function make(tag, className, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

// Said to screen readers. Emptied first, so that the same words are said twice.
function announce(text) {
  let status = $("#status");
  if (!status) {
    status = make("p", "vh");
    status.id = "status";
    status.setAttribute("role", "status");
    document.body.append(status);
  }
  status.textContent = "";
  setTimeout(() => (status.textContent = text), 100);
}

// A sentence of trouble above a form or below a comment, instead of the last one there.
function complain(place, text) {
  for (const old of $$(":scope > .notice.wrong", place)) old.remove();
  const notice = make("div", "notice wrong");
  notice.setAttribute("role", "alert");
  notice.append(make("p", "", text));
  if (place.matches("form")) place.prepend(notice);
  else place.append(notice);
}

// Asks the server for a page and gives its answer, whatever the status:
// {doc, url, status}. Rejects only where the server cannot be reached.
function page(method, url, body) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    request.responseType = "document";
    request.timeout = 30000;
    request.onload = () =>
      resolve({ doc: request.response, url: new URL(request.responseURL), status: request.status });
    request.onerror = request.ontimeout = reject;
    request.send(body);
  });
}

/* Times */

// Past this the date says more than a count of days.
const DAYS_IN_WORDS = 30;

const relative = new Intl.RelativeTimeFormat(html.lang || "en", { numeric: "auto" });

function ago(then, now) {
  const seconds = Math.round((then - now) / 1000);
  const age = Math.abs(seconds);
  if (age < 60) return relative.format(0, "second");
  if (age < 3600) return relative.format(Math.trunc(seconds / 60), "minute");
  if (age < 86400) return relative.format(Math.trunc(seconds / 3600), "hour");
  if (age < DAYS_IN_WORDS * 86400) return relative.format(Math.trunc(seconds / 86400), "day");
  return "";
}

function tellTimes() {
  if (document.hidden) return;
  const now = Date.now();
  for (const time of $$("time.when")) {
    // A bare date has no hour to count from.
    const text = time.dateTime.includes("T") && ago(Date.parse(time.dateTime), now);
    if (!text || text === time.textContent) continue;
    time.title ||= time.textContent;
    time.textContent = text;
  }
}

// On paper nobody can tell from when "3 hours ago" counts.
function dateTimes() {
  for (const time of $$("time.when[title]")) time.textContent = time.title;
}

/* Folding */

const ARTICLES_REMEMBERED = 50;
const FOLDS_PER_ARTICLE = 500;

const article = location.pathname.match(/^\/articles\/[^/]+/)?.[0];
const folded = new Set(recallIn("folds", article)?.[1] ?? []);
const commentOf = (element) => element?.closest(".comment");

let saving;
function saveFolds() {
  labelFolds();
  const ids = [...folded].slice(-FOLDS_PER_ARTICLE);
  rememberIn("folds", article, ids.length ? ids : null, ARTICLES_REMEMBERED);
}

// The event does not bubble and also comes once for every branch that is open at load,
// so it is caught on the way down and only a real change is written, a moment later.
function onToggle({ target }) {
  if (!article || !target.matches(".branch")) return;
  const id = commentOf(target)?.id;
  if (!id || folded.has(id) !== target.open) return;
  if (target.open) folded.delete(id);
  else folded.add(id);
  clearTimeout(saving);
  saving = setTimeout(saveFolds, 300);
}

function restoreFolds() {
  for (const id of folded) {
    const branch = $(`#${CSS.escape(id)} > .branch`);
    if (branch) branch.open = false;
  }
}

// Opens whatever hides a comment, its own branch too. It scrolls only where that moved
// things or where it must: a reader going back keeps the place the browser remembers.
function reveal(item, scroll = false) {
  if (!item?.closest(".thread")) return;
  const own = $(":scope > .branch", item);
  if (own) own.open = true;
  for (let fold = item; (fold = fold.parentElement?.closest("details")); ) {
    scroll ||= !fold.open;
    fold.open = true;
  }
  if (scroll) item.scrollIntoView();
}

const atHash = () => document.getElementById(location.hash.slice(1));

// Fragments of the site that a discussion came from ("comment-123") never reach the
// server. Where the page holds the comment, its own address takes over; where it does
// not, the server knows which page to show.
function fromOldSite() {
  const old = location.hash.slice(1);
  if (!article || !/^[a-z][\w.:-]*\d[\w.:-]*$/i.test(old) || /^c\d{1,16}$/.test(old)) return;
  const here = document.getElementById(old);
  if (here?.matches(".comment-article > span")) location.replace("#" + commentOf(here).id);
  else if (!here) location.replace(`${article}/at/${old}`);
}

const FOLD_ALL = '.thread-tools a[href^="?fold=all"]';
const anyOpen = () => $("#thread .branch[open]");

function foldAll() {
  const close = anyOpen();
  for (const branch of $$("#thread .branch")) branch.open = !close;
  labelFolds();
}

// The link says what it will do next. Where nothing can be folded it keeps its words.
function labelFolds() {
  const link = $(FOLD_ALL);
  if (!link || !$("#thread .branch")) return;
  link.dataset.fold ||= link.textContent;
  link.textContent = anyOpen() ? link.dataset.fold : word("unfold");
}

/* Replies in place */

const DRAFTS = 50;
const DRAFT_DAYS = 30;

// A button of the form is called "action" and hides the property of that name: the form's
// own action has to be read as an attribute, here and below.
const parentOf = (form) => $("[name=parent]", form)?.value;
const draftKey = (form) => form.getAttribute("action") + "|" + parentOf(form);
const isReply = (form) => form?.matches(".composer") && parentOf(form) !== undefined;
const textOf = (form) => $("textarea", form);

const composerFor = (parent, root = document) =>
  [...$$("form.composer", root)].find((form) => parentOf(form) === parent);

// An empty field forgets the draft only if it was emptied here: the same reply may be
// open and half written in another tab.
function saveDraft(form) {
  if (!isReply(form)) return;
  const text = textOf(form).value.trim() ? textOf(form).value : null;
  if (text || "touched" in form.dataset) rememberIn("drafts", draftKey(form), text, DRAFTS);
}

function forgetDraft(form) {
  textOf(form).value = "";
  rememberIn("drafts", draftKey(form), null, DRAFTS);
}

// The server's own text wins: it is what was just sent.
function restoreDraft(form) {
  const field = isReply(form) && textOf(form);
  if (!field || field.value) return;
  const [, text, when] = recallIn("drafts", draftKey(form)) ?? [];
  if (text && Date.now() - when < DRAFT_DAYS * 86400000) field.value = text;
  tally(form);
}

// How full the field is, near the limit only, and that the text is kept.
// Bytes, as the server counts them: a field's line ends are one byte each already.
function tally(form) {
  const field = textOf(form);
  const place = field && $(".tally", form);
  if (!place) return;
  const max = Number(field.dataset.max);
  const size = new TextEncoder().encode(field.value).length;
  const parts = [];
  if (max && size > max * 0.8) {
    const format = (n) => n.toLocaleString(html.lang || "en");
    const text = word("of").replace("{n}", format(size)).replace("{max}", format(max));
    parts.push(make("span", size > max ? "over" : "n", text));
  }
  if (field.value && isReply(form)) parts.push(word("draft"));
  place.replaceChildren(...parts.flatMap((part, i) => (i ? [" · ", part] : [part])));
  if (max && size > max) field.setAttribute("aria-invalid", "true");
  else if (!$(".notice.wrong", form)) field.removeAttribute("aria-invalid");
}

// Marks a form as opened here: its way back closes it instead of leaving the page.
function settle(form) {
  const way = $("a.close", form);
  if (way) way.textContent = word("close");
  form.dataset.inPlace = "";
  restoreDraft(form);
  tally(form);
}

function edit(form) {
  const field = textOf(form);
  field.focus({ preventScroll: true });
  field.setSelectionRange(field.value.length, field.value.length);
  form.scrollIntoView({ block: "nearest" });
}

// The form is the server's: fetched from where the link leads, moved to below the comment.
// Whatever does not fit (signed out, locked, gone) is left to the page itself.
async function openReply(link, quote = "") {
  const parent = new URL(link.href).searchParams.get("reply");
  let form = composerFor(parent);
  if (!form) {
    if (link.getAttribute("aria-busy")) return;
    link.setAttribute("aria-busy", "true");
    const place = link.closest(".comment-article") ?? link.parentElement;
    try {
      const { doc } = await page("GET", link.href);
      form = doc && composerFor(parent, doc);
      if (!form) return location.assign(link.href);
      form = document.importNode(form, true);
      if (place.matches(".comment-article")) place.append(form);
      else link.after(form);
      settle(form);
    } catch {
      return complain(place, word("offline"));
    } finally {
      link.removeAttribute("aria-busy");
    }
  }
  const field = textOf(form);
  if (quote) field.value = field.value.trimEnd() + (field.value ? "\n\n" : "") + quote;
  saveDraft(form);
  tally(form);
  edit(form);
}

function closeReply(form) {
  const comment = form.closest(".comment-article");
  const back = comment ? $("a.answer", comment) : form.previousElementSibling;
  saveDraft(form);
  if (!("inPlace" in form.dataset)) return textOf(form).blur();
  form.remove();
  back?.focus();
}

async function submitReply(form, button) {
  if (form.getAttribute("aria-busy")) return;
  form.setAttribute("aria-busy", "true");
  saveDraft(form);
  const fields = new URLSearchParams(new FormData(form));
  if (button?.name) fields.set(button.name, button.value);
  try {
    const answer = await page("POST", form.getAttribute("action"), fields);
    const moved = answer.url.pathname !== new URL(form.getAttribute("action"), location).pathname;
    if (moved && answer.status < 400) await arrive(form, answer);
    else refresh(form, answer, button);
  } catch {
    complain(form, word("offline"));
  } finally {
    form.removeAttribute("aria-busy");
  }
}

// The answer is the form again: with a preview or with what is wrong. Words typed since
// it was sent are newer than the server's and stay.
function refresh(form, { doc }, button) {
  const fresh = doc && composerFor(parentOf(form), doc);
  if (!fresh) {
    const text = [$("main h1", doc ?? form), $("main p", doc ?? form)].map((part) => part?.textContent.trim());
    return complain(form, text.filter(Boolean).join(". ") || word("failed"));
  }
  const next = document.importNode(fresh, true);
  textOf(next).value = textOf(form).value;
  Object.assign(next.dataset, form.dataset);
  form.replaceWith(next);
  if ("inPlace" in next.dataset) settle(next);
  tally(next);
  const wrong = $(".notice.wrong", next);
  if (wrong) edit(next);
  else $(`button[value="${button?.value}"]`, next)?.focus({ preventScroll: true });
  (wrong ?? $(".preview", next))?.scrollIntoView({ block: "nearest" });
}

// Posted. The redirect's fragment is not told to scripts, so the new comment is found as
// the reader's newest own one below this parent.
async function arrive(form, { doc, url }) {
  const parent = parentOf(form);
  const mine = [...$$(".comment.own", doc ?? form)].filter((item) => item.dataset.parent === parent);
  const number = (item) => Number(item.id.slice(1));
  const fresh = mine.filter((item) => !document.getElementById(item.id));
  const posted = (fresh.length ? fresh : mine).sort((a, b) => number(b) - number(a))[0];
  // Held replies and a turn to the sign-in page go where the server leads.
  const id = posted?.id ?? url.pathname.replace(/^\/comments\/(\d+)$/, "c$1");
  if (/^c\d+$/.test(id)) forgetDraft(form);
  if (posted && !new URLSearchParams(location.search).has("reply")) {
    // The answer is the comment's own page. Where it stands in this thread, a fresh copy of this page tells.
    const here = url.pathname === location.pathname ? doc : (await page("GET", location.href).catch(() => ({}))).doc;
    const twin = here?.getElementById(id);
    if (twin && graft(twin, here)) {
      if ("inPlace" in form.dataset) form.remove();
      else reset(form, here);
      return land(id);
    }
  }
  try {
    sessionStorage.setItem("hustings.posted", id);
  } catch {
    // Then it is not announced; the page shows it.
  }
  if (posted) url.hash = id;
  leave(url);
}

// An address that differs from this one only in its fragment would not be loaded.
function leave(url) {
  const here = new URL(location);
  if (url.pathname + url.search !== here.pathname + here.search) return location.assign(url);
  history.replaceState(null, "", url);
  history.scrollRestoration = "manual";
  location.reload();
}

// A form that stays on the page needs the next form_id, or the next reply would be taken
// for the same one sent twice.
function reset(form, doc) {
  const fresh = composerFor(parentOf(form), doc);
  if (!fresh) return form.remove();
  form.replaceWith(document.importNode(fresh, true));
}

// Puts one comment of a fetched page where it stands there. A parent without replies so
// far is replaced whole, since a leaf is marked up differently.
function graft(item, doc) {
  const parent = item.dataset.parent;
  const here = parent ? document.getElementById("c" + parent) : $("#thread");
  if (!here) return false;
  if (document.getElementById(item.id)) return true;
  const list = parent ? $(":scope > .branch > .replies, :scope > .replies", here) : here;
  if (list) {
    const before = document.getElementById(item.previousElementSibling?.id);
    const node = document.importNode(item, true);
    if (before?.parentElement === list) before.after(node);
    else if (item.previousElementSibling) list.append(node);
    else list.prepend(node);
  } else {
    here.replaceWith(document.importNode(commentOf(item.parentElement), true));
  }
  const [count, next] = [$("#count"), $("#count", doc)];
  if (count && next) count.textContent = next.textContent;
  return true;
}

function land(id) {
  tellTimes();
  location.hash = id;
  greet(document.getElementById(id));
}

function greet(item) {
  reveal(item, true);
  focusOn(item);
  announce(word(item.matches(".held") ? "held" : "posted"));
}

/* Keys */

const shown = (element) => element.checkVisibility?.() ?? element.getClientRects().length > 0;
const hiddenIn = (item) => item.parentElement.closest(".branch:not([open])");
const bodyOf = (item) =>
  $(":scope > .branch:not([open]) > summary, :scope > .comment-article, :scope > .branch > .comment-article", item) ?? item;

let last;
// Where one is: the focused comment, else the last one visited, else the first in view.
function current() {
  const focused = commentOf(document.activeElement);
  if (focused) return focused;
  if (last?.isConnected) return last;
  return atHash()?.closest(".comment");
}

function focusOn(item) {
  if (!item) return;
  last = item;
  const body = bodyOf(item);
  if (!body.matches("summary, a")) body.tabIndex = -1;
  body.focus({ preventScroll: true });
  const box = body.getBoundingClientRect();
  if (box.top < 64 || box.bottom > innerHeight - 64) body.scrollIntoView({ block: box.height > innerHeight / 2 ? "start" : "center" });
}

// One step through all that is not folded away.
function step(by, selector = ".comment") {
  const items = [...$$(selector)].filter((item) => !hiddenIn(item));
  const here = current();
  if (!here) return focusOn(by > 0 ? items.find((item) => bodyOf(item).getBoundingClientRect().bottom > 80) : items[0]);
  const side = by > 0 ? Node.DOCUMENT_POSITION_FOLLOWING : Node.DOCUMENT_POSITION_PRECEDING;
  const ahead = items.filter((item) => item !== here && here.compareDocumentPosition(item) & side);
  focusOn(by > 0 ? ahead[0] : ahead.at(-1));
}

// The queue: a list of links to cases, or the cases themselves below each other.
function stepCase(by) {
  const links = [...$$(".cases a")];
  if (links.length) {
    links[links.findIndex((link) => link.matches("[aria-current]")) + by]?.click();
    return true;
  }
  const cases = [...$$(".case")];
  if (!cases.length) return false;
  const next = cases[cases.indexOf(document.activeElement.closest(".case")) + by];
  if (!next) return true;
  next.tabIndex = -1;
  next.focus();
  return true;
}

const inCurrent = (selector) => {
  const item = current();
  return item && $(selector, $(":scope > .comment-article, :scope > .branch > .comment-article", item) ?? item);
};

function fold() {
  const branch = $(":scope > .branch", current() ?? document.body);
  if (!branch) return;
  branch.open = !branch.open;
  focusOn(commentOf(branch));
}

function quote() {
  const chosen = getSelection();
  const item = commentOf(chosen.anchorNode?.parentElement);
  const answer = item && $(".answer[href*='reply=']", item);
  const text = chosen.toString().trim();
  if (answer && text) openReply(answer, text.replace(/^/gm, "> ") + "\n\n");
}

const acts = {
  j: () => stepCase(1) || step(1),
  k: () => stepCase(-1) || step(-1),
  n: () => step(1, ".comment.new"),
  p: () => step(-1, ".comment.new"),
  u: () => focusOn(document.getElementById("c" + current()?.dataset.parent)),
  "[": () => focusOn(current()?.previousElementSibling),
  "]": () => focusOn(current()?.nextElementSibling),
  t: () => {
    const top = current()?.closest(".thread > .comment");
    if (top) focusOn(top.nextElementSibling);
    else step(1);
  },
  o: fold,
  r: () => inCurrent(".answer[href*='reply=']")?.click(),
  e: () => inCurrent("a.edit")?.click(),
  q: quote,
  ".": () => {
    const more = inCurrent("details.more");
    if (!more) return;
    more.open = !more.open;
    $(more.open ? "div :is(a, button)" : "summary", more)?.focus();
  },
  "/": () => $(".search input")?.focus(),
  "?": help,
  "g f": () => $(".wordmark")?.click(),
};

// The keys are the /keys page, shown where one is.
async function help() {
  let dialog = $("dialog.help");
  if (!dialog) {
    const { doc } = await page("GET", "/keys").catch(() => ({}));
    const main = doc && $("main", doc);
    if (!main) return;
    dialog = make("dialog", "help");
    dialog.append(...document.importNode(main, true).childNodes);
    // Ids would stand twice on the page.
    for (const element of $$("[id]", dialog)) element.removeAttribute("id");
    const back = make("button", "button", word("back"));
    back.onclick = () => dialog.close();
    dialog.append(back);
    dialog.setAttribute("aria-label", $("h1", dialog)?.textContent ?? "");
    document.body.append(dialog);
    dress(dialog);
  }
  dialog.showModal();
}

const keysOn = () => recall("keys", true);
const typing = (element) =>
  element.isContentEditable ||
  element.matches("textarea, select, input:not([type=radio], [type=checkbox], [type=button], [type=submit])");

function bound(keys) {
  const quoted = `[data-key="${CSS.escape(keys)}"]`;
  const scope = document.activeElement.closest(".case") ?? document;
  return [...$$(quoted, scope), ...$$(quoted)].find(shown);
}

const begins = (key) => key === "g" || $(`[data-key^="${CSS.escape(key)} "]`);

// The first of two keys, until the second, Escape or a click elsewhere.
let waiting = "";
function pressed(keys) {
  const target = bound(keys);
  if (!target) return acts[keys]?.();
  if (!target.matches("[type=radio], [type=checkbox]")) return target.click();
  // A reason: choose it, and press the button whose key began the pair.
  target.checked = true;
  $(`[data-key="${CSS.escape(keys.split(" ")[0])}"]`, target.form)?.click();
}

function onKey(event) {
  const { key, target } = event;
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
  if (key === "Escape") return onEscape(target);
  if (!keysOn() || typing(target) || $("dialog[open]")) return;
  const first = waiting;
  waiting = "";
  if (first && (key === first || key === "Enter") && bound(first)) {
    event.preventDefault();
    return bound(first).click();
  }
  if (!first && key === "Enter") {
    if (!target.matches(".comment-article")) return;
    event.preventDefault();
    return fold();
  }
  if (key.length !== 1 || key === " ") return;
  const keys = first ? first + " " + key : key;
  if (!first && begins(key)) {
    waiting = key;
    const choice = $(`[data-key^="${CSS.escape(key)} "][type=radio]`, bound(key)?.form ?? document);
    if (choice) {
      event.preventDefault();
      ($(`[name="${choice.name}"]:checked`, choice.form) ?? choice).focus();
      announce(word("reason"));
    }
    return;
  }
  if (!bound(keys) && !acts[keys]) return;
  event.preventDefault();
  pressed(keys);
}

function onEscape(target) {
  waiting = "";
  const form = target.closest("form.composer");
  if (isReply(form)) return closeReply(form);
  const more = target.closest("details.more");
  if (more) {
    more.open = false;
    $("summary", more).focus();
  }
}

/* Wiring */

function onClick(event) {
  const a = event.target.closest("a[href]");
  const plain = !event.defaultPrevented && event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  if (!a || !plain || a.origin !== location.origin) return;
  const stop = () => event.preventDefault();
  if (a.matches(".close") && isReply(a.closest("form"))) {
    // Only a form opened here can be closed here; on its own page the way back is a way back.
    if ("inPlace" in a.closest("form").dataset) stop(), closeReply(a.closest("form"));
  } else if (a.matches(".answer, .answer-article") && new URL(a.href).searchParams.has("reply")) {
    stop();
    openReply(a);
  } else if (a.matches(".share") && navigator.clipboard) {
    stop();
    copy(a);
  } else if (a.matches(FOLD_ALL)) {
    stop();
    foldAll();
  } else if (a.hash && a.hash === location.hash) {
    // The same address again makes no hashchange, but the branch may have been folded since.
    reveal(atHash());
  }
}

async function copy(a) {
  try {
    await navigator.clipboard.writeText(a.href);
  } catch {
    return location.assign(a.href);
  }
  const text = a.textContent;
  a.textContent = word("copied");
  announce(word("copied"));
  setTimeout(() => (a.textContent = text), 2000);
}

// The newest draft waits a moment so that typing stays free; leaving the page does not wait.
let drafting;
function onInput({ target }) {
  const form = target.closest("form");
  if (!form || !target.matches("textarea")) return;
  form.dataset.touched = "";
  tally(form);
  clearTimeout(drafting);
  drafting = setTimeout(saveDraft, 500, form);
}

function onSubmit(event) {
  const form = event.target;
  // Drafts are the person's own: whoever sits down here next shall not find them.
  if (form.getAttribute("action") === "/signout") remember("drafts", []);
  if (event.defaultPrevented || !isReply(form) || !form.getAttribute("action")?.endsWith("/reply")) return;
  event.preventDefault();
  submitReply(form, event.submitter ?? $(".go", form));
}

// What only a script can offer is hidden in the markup until there is one.
function dress(root) {
  for (const element of $$("[data-js]", root)) element.hidden = false;
  for (const box of $$("input[data-keys]", root)) box.checked = keysOn();
  html.toggleAttribute("data-keys", keysOn());
}

function onChange({ target }) {
  if (!target.matches("input[data-keys]")) return;
  remember("keys", target.checked);
  dress(document);
}

// What a post left for the page it led to.
function arrived() {
  let id;
  try {
    id = sessionStorage.getItem("hustings.posted");
    sessionStorage.removeItem("hustings.posted");
  } catch {
    // No storage, nothing left there.
  }
  const item = id && document.getElementById(id);
  if (item) greet(item);
}

document.addEventListener("toggle", onToggle, true);
document.addEventListener("click", onClick);
document.addEventListener("keydown", onKey);
document.addEventListener("input", onInput);
document.addEventListener("submit", onSubmit);
document.addEventListener("change", onChange);
document.addEventListener("pointerdown", () => (waiting = ""));
document.addEventListener("visibilitychange", tellTimes);
addEventListener("hashchange", () => (reveal(atHash()), fromOldSite()));
addEventListener("pagehide", () => $$("form.composer").forEach(saveDraft));
addEventListener("beforeprint", dateTimes);
addEventListener("afterprint", tellTimes);
setInterval(tellTimes, 60000);

restoreFolds();
labelFolds();
tellTimes();
dress(document);
for (const form of $$("form.composer")) {
  restoreDraft(form);
  tally(form);
}
if (location.hash) reveal(atHash(), performance.getEntriesByType("navigation")[0]?.type === "navigate");
fromOldSite();
// After the load, since going to the address's fragment takes the focus away once more.
addEventListener("load", () => setTimeout(arrived));
