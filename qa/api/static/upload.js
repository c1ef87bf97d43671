// Sends recordings one after another, and follows each until its scorecard appears.
const words = JSON.parse(document.getElementById("upload-words").textContent);
const csrf = document.querySelector("meta[name='csrf-token']").content;
const form = document.getElementById("upload");
const drop = document.getElementById("drop");
const picker = document.getElementById("files");
const list = document.getElementById("uploads");
const sent = document.getElementById("sent");
const single = document.getElementById("single");
const send = document.getElementById("send");
const TICKET = ["name", "phone", "address", "problem", "station"];
let waiting = [];
let busy = false;

function element(tag, css, text = "") {
  const made = document.createElement(tag);
  if (css) made.className = css;
  made.textContent = text;
  return made;
}

function refresh() {
  document.getElementById("list").hidden = !list.children.length;
  send.disabled = busy || !waiting.length;
  single.disabled = waiting.length > 1;
}

function row(file) {
  const item = { file, node: element("li"), bar: element("progress"), state: element("span", "what") };
  item.bar.max = 1;
  item.bar.value = 0;
  item.bar.hidden = true;
  item.bar.setAttribute("aria-label", file.name);
  item.drop = element("button", "plain small", words.remove);
  item.drop.type = "button";
  item.drop.addEventListener("click", () => {
    waiting = waiting.filter((other) => other !== item);
    item.node.remove();
    refresh();
  });
  const head = element("div", "uploadhead");
  head.append(element("b", "", file.name), element("span", "quiet small", `${(file.size / 1048576).toFixed(1)} MB`), item.state, item.drop);
  item.node.append(head, item.bar);
  list.append(item.node);
  return item;
}

function tell(item, text, css = "") {
  item.state.textContent = text;
  item.state.className = `what ${css}`;
}

function add(files) {
  for (const file of files) {
    const item = row(file);
    if (file.size > words.max_bytes) tell(item, words.problems.too_large, "violated");
    else waiting.push(item);
  }
  picker.value = "";
  refresh();
}

function metadata() {
  const value = (name) => (form.elements[name]?.matches(":disabled") ? "" : form.elements[name]?.value.trim() || "");
  const known = {};
  for (const name of ["agent_id", "direction", "ruleset"]) if (value(name)) known[name] = value(name);
  if (value("ring_count")) known.ring_count = Number(value("ring_count"));
  if (value("started_at")) known.started_at = value("started_at"); // the clocks of the centre, not of this browser
  if (value("ticket_id")) {
    known.ticket = { ticket_id: value("ticket_id") };
    for (const name of TICKET) if (value(`ticket.${name}`)) known.ticket[name] = value(`ticket.${name}`);
  }
  return known;
}

function answered(request) {
  try {
    return JSON.parse(request.responseText);
  } catch {
    return {};
  }
}

function problem(body) {
  const said = words.faults[body.reason] || words.problems[body.code] || words.problems.other;
  const fields = (body.errors || []).map((one) => one.field.replace(/^body\.(metadata\.)?/, "")).join(", ");
  return fields ? `${said} ${fields}` : said;
}

function post(item, known) {
  return new Promise((done) => {
    const body = new FormData();
    body.append("metadata", new Blob([JSON.stringify(known)], { type: "application/json" }));
    body.append("file", item.file);
    const request = new XMLHttpRequest();
    request.open("POST", "/api/v1/recordings");
    request.setRequestHeader("X-CSRF-Token", csrf);
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) item.bar.value = event.loaded / event.total;
    });
    request.addEventListener("load", () => done({ ok: request.status < 300, request }));
    for (const name of ["error", "abort", "timeout"]) request.addEventListener(name, () => done({ ok: false, request: null }));
    request.send(body);
  });
}

// What the service has is no longer "to be uploaded": it goes where the page lists it after a reload.
function taken(item) {
  const none = document.getElementById("none-sent");
  if (none) none.hidden = true;
  sent.hidden = false;
  sent.prepend(item.node);
  refresh();
}

// Fields of a ticket mean nothing without its number, and are never left out in silence.
function ticketNeedsNumber() {
  const number = form.elements.ticket_id;
  const filled = TICKET.some((name) => form.elements[`ticket.${name}`].value.trim());
  const wrong = !single.disabled && filled && !number.value.trim();
  number.setCustomValidity(wrong ? words.ticket_needed : "");
  if (wrong) document.getElementById("ticket").open = true;
}

function finished(item, upload) {
  item.bar.hidden = true;
  if (upload.state === "scored" || (upload.is_duplicate && upload.call_id)) {
    tell(item, upload.is_duplicate ? words.known : words.states.scored, "met");
    const link = element("a", "button small primary", words.open);
    link.href = `/calls/${encodeURIComponent(upload.call_id)}`;
    item.drop.replaceWith(link);
  } else {
    const why = words.faults[upload.fault] || "";
    tell(item, `${words.states.failed}${why ? ` · ${why}` : ""}`, "violated");
  }
}

function follow(item, upload) {
  item.bar.removeAttribute("value"); // how long it takes is not known
  const stream = new EventSource(`/api/v1/uploads/${upload.upload_id}/events`);
  const show = (now) => {
    const ahead = now.ahead ? ` · ${words.ahead.replace("{n}", now.ahead)}` : "";
    tell(item, (words.states[now.state] || now.state) + ahead);
  };
  stream.addEventListener("state", (event) => show(JSON.parse(event.data)));
  stream.addEventListener("end", (event) => {
    stream.close();
    finished(item, JSON.parse(event.data));
  });
}

async function sendOne(item, known) {
  item.drop.hidden = true;
  item.bar.hidden = false;
  tell(item, words.sending);
  const { ok, request } = await post(item, known);
  item.drop.hidden = false;
  if (!ok) {
    item.bar.hidden = true;
    const body = request ? answered(request) : {};
    tell(item, request ? problem(body) : words.problems.broken_off, "violated");
    if (!["not_audio", "too_large"].includes(body.code)) waiting.push(item); // may do once more, or with another form
    return;
  }
  const upload = JSON.parse(request.responseText);
  taken(item);
  item.drop.hidden = true;
  if (upload.upload_id && upload.state !== "scored") follow(item, upload);
  else {
    item.drop.hidden = false;
    finished(item, upload);
  }
}

for (const name of ["ticket_id", ...TICKET.map((one) => `ticket.${one}`)]) {
  form.elements[name].addEventListener("input", () => form.elements.ticket_id.setCustomValidity(""));
}
send.addEventListener("click", ticketNeedsNumber); // before the browser checks the form
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const known = metadata();
  const items = waiting;
  waiting = [];
  busy = true;
  refresh();
  for (const item of items) await sendOne(item, known);
  busy = false;
  refresh();
});
picker.addEventListener("change", () => add(picker.files));
for (const name of ["dragenter", "dragover"]) {
  drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
}
for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  add(event.dataTransfer.files);
});
refresh();
