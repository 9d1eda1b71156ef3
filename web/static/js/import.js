// The import's pages in the browser: folders, files dropped on the page and how far an
// upload has come; figures that move as work goes on. Both pages are whole
// without it: the form is an ordinary one, and the other page reads itself again.
//
// No string becomes markup here either; every word comes from the page.

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => root.querySelectorAll(selector);

const html = document.documentElement;
const measure = (unit) => new Intl.NumberFormat(html.lang || "en", { style: "unit", unit, maximumFractionDigits: 1 });
const size = (bytes) => (bytes < 1e6 ? measure("kilobyte").format(Math.ceil(bytes / 1e3)) : measure("megabyte").format(bytes / 1e6));

// The bar that is read out, and the one that is seen.
function fill(place, value, max) {
  const bar = $("progress", place);
  if (max) (bar.max = max), (bar.value = value);
  else bar.removeAttribute("value");
  $("rect + rect", place).setAttribute("width", max ? (100 * value) / max + "%" : "0");
}

/* Choosing */

// Files let go on the page, each as [file, path]; those of the fields stay in the fields.
let dropped = [];
const form = $("form#import");

const read = (ask) => new Promise((done, failed) => ask(done, failed));

// A folder is walked as far as it goes. Its names are kept, whatever they are: the server
// makes nothing of them but a name in the report.
async function walk(entry, path, list) {
  const name = path + entry.name;
  if (entry.isFile) {
    list.push([await read((...to) => entry.file(...to)), name]);
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await read((...to) => reader.readEntries(...to));
    if (!some.length) return;
    for (const one of some) await walk(one, name + "/", list);
  }
}

// What was dropped has to be taken hold of at once; afterwards it is gone. What is no
// entry of a file system, such as an image dragged out of another page, is a file alone.
async function take(transfer) {
  const held = [...transfer.items].filter((item) => item.kind === "file").map((item) => [item.webkitGetAsEntry?.(), item.getAsFile()]);
  const list = [];
  try {
    for (const [entry, file] of held) {
      if (entry) await walk(entry, "", list);
      else if (file) list.push([file, file.name]);
    }
  } catch {
    complain(word("unreadable"));
  }
  dropped.push(...list);
  tell();
}

// Hidden files, and what macOS and Windows leave in folders; one chosen by itself is meant.
const leftBehind = (path) => path.includes("/") && path.split("/").some((part) => part.startsWith(".") || ["__MACOSX", "Thumbs.db", "desktop.ini"].includes(part));

// Folder by folder and name by name, as the shell goes through them: the same files make
// the same import, in whatever order a disk gives them.
function byPath([, one], [, other]) {
  const [a, b] = [one.split("/"), other.split("/")];
  const i = a.findIndex((part, i) => part !== b[i]);
  if (i < 0) return a.length - b.length;
  return i < b.length && a[i] > b[i] ? 1 : i < b.length ? -1 : 1;
}

// The files to be sent, and how many are passed over.
function chosen() {
  const all = [...dropped];
  for (const field of $$("input[type=file]", form)) {
    for (const file of field.files) all.push([file, file.webkitRelativePath || file.name]);
  }
  const list = all.filter(([, path]) => !leftBehind(path)).sort(byPath);
  return { list, over: all.length - list.length };
}

const MOST_NAMES = 12;

// What will be sent, in words.
function tell() {
  const { list, over } = chosen();
  const total = list.reduce((sum, [file]) => sum + file.size, 0);
  $("#chosen").hidden = !list.length && !over;
  $("#passed").hidden = !over;
  $("#passed-count").textContent = over.toLocaleString(html.lang || "en");
  $("#chosen-count").textContent = list.length.toLocaleString(html.lang || "en");
  $("#chosen-size").textContent = size(total);
  $("#chosen-names").textContent = list.slice(0, MOST_NAMES).map(([, name]) => name).join(", ") + (list.length > MOST_NAMES ? " …" : "");
}

function forget() {
  dropped = [];
  for (const field of $$("input[type=file]", form)) field.value = "";
  tell();
  $("#file").focus();
}

const word = (name) => $(`[data-word="${name}"]`, $("#words-import").content).textContent;

// One sentence above the form, instead of the last one there.
function complain(text) {
  for (const old of $$(":scope > .notice.wrong", form)) old.remove();
  const notice = document.createElement("div");
  const line = document.createElement("p");
  notice.className = "notice wrong";
  notice.setAttribute("role", "alert");
  line.textContent = text;
  notice.append(line);
  form.prepend(notice);
  notice.scrollIntoView({ block: "center" });
}

let sending;

function send() {
  const data = new FormData();
  // What says how to read them goes before the files.
  for (const [name, value] of new FormData(form)) if (typeof value === "string") data.append(name, value);
  const files = chosen().list;
  const total = files.reduce((sum, [file]) => sum + file.size, 0);
  if (total > Number(form.dataset.max)) return complain(word("large"));
  for (const [file, name] of files) data.append("file", file, name);

  sending = new XMLHttpRequest();
  sending.open("POST", form.getAttribute("action"));
  sending.responseType = "document";
  sending.upload.onprogress = ({ loaded, total }) => {
    fill($("#sending"), loaded, total);
    $("#sent").textContent = size(loaded);
    $("#sent-of").textContent = size(total);
  };
  sending.onload = () => sent(sending);
  sending.onerror = () => stop(word("offline"));
  sending.onabort = () => stop(word("stopped"));
  busy(true);
  sending.send(data);
}

function busy(is) {
  $("#sending").hidden = !is;
  for (const button of $$("button", form)) button.disabled = is && button.type !== "button";
  form.setAttribute("aria-busy", is);
}

function stop(text) {
  busy(false);
  sending = null;
  complain(text);
}

// Where the server led on, the browser follows. Else it says what is wrong: with the form
// as the server gives it back, where the files stay there, and with its sentence alone,
// where they are still here.
function sent({ responseURL, response, status }) {
  if (status < 400 && new URL(responseURL).pathname !== form.getAttribute("action")) return location.assign(responseURL);
  const again = response && $("form#import", response);
  if (!again || !$("[name=job]", again)) {
    return stop((response && $("#err p, main h1 + p", response))?.textContent.trim() || word("failed"));
  }
  busy(false);
  sending = null;
  dropped = [];
  form.replaceChildren(...document.importNode(again, true).childNodes);
  for (const element of $$("[data-js]", form)) element.hidden = false;
  if (!$("#discard")) form.after(document.importNode($("#discard", response), true));
  $("#err", form)?.scrollIntoView({ block: "center" });
}

function choosing() {
  const files = (event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragover", (event) => {
    if (!files(event)) return;
    event.preventDefault();
    $("#drop").classList.add("wait");
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) $("#drop").classList.remove("wait");
  });
  addEventListener("drop", (event) => {
    if (!files(event)) return;
    event.preventDefault();
    $("#drop").classList.remove("wait");
    if (!sending) take(event.dataTransfer);
  });
  form.addEventListener("change", tell);
  form.addEventListener("submit", (event) => {
    if (!chosen().list.length) return; // an ordinary form
    event.preventDefault();
    send();
  });
  form.addEventListener("click", ({ target }) => {
    if (target.id === "forget") forget();
    if (target.id === "stop") sending?.abort();
  });
  addEventListener("pageshow", tell); // a browser that goes back fills the fields again
}

/* Progress */

const AGAIN = 5000; // milliseconds

// The server says each figure as it is to be read here; when the work has moved on, it
// says where to.
function show(live, { next, value, max, words }) {
  if (next) return location.replace(next);
  fill(live, value, max);
  for (const [name, text] of Object.entries(words)) {
    for (const element of $$(`[data-live="${name}"]`, live)) if (element.textContent !== text) element.textContent = text;
  }
}

// A stream that breaks off is taken up again by the browser. One that is refused is not:
// then the page is read again, but only once there is somebody to read it from.
function follow(live) {
  const stream = new EventSource(live.dataset.events);
  stream.onmessage = ({ data }) => {
    const event = JSON.parse(data);
    if (event.next) stream.close();
    show(live, event);
  };
  stream.onerror = () => {
    if (stream.readyState === EventSource.CLOSED) setTimeout(reread, AGAIN);
  };
  addEventListener("pagehide", () => stream.close());
}

function reread() {
  fetch(location.href, { method: "HEAD", redirect: "manual" }).then(
    () => location.reload(),
    () => setTimeout(reread, AGAIN),
  );
}

if (form) choosing();
const live = $("[data-events]");
if (live) follow(live);
