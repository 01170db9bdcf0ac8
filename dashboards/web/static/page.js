// Keeps a page live: hears of each commit, fetches the page's changing parts again, tells of new alerts.

const body = document.body;
const texts = body.dataset;
const language = document.documentElement.lang.startsWith("zh") ? "zh" : "en";
document.documentElement.classList.replace("no-js", "js");

const REFRESH_MS = 1000; // between two refreshes of one page
const NEWS_MAX = 3;
const NEWS_MS = 12000;

// ---------------------------------------------------------------- the parts that change

let stale = false;
let refreshing = false;
let refreshedAt = 0;
let timer = 0;

function askForRefresh() {
  stale = true;
  if (document.hidden || refreshing || timer) return;
  const wait = Math.max(0, refreshedAt + REFRESH_MS - Date.now());
  timer = window.setTimeout(() => {
    timer = 0;
    refresh();
  }, wait);
}

function isTypedInto() {
  const fields = document.querySelectorAll("main form textarea, main form input:not([type=hidden])");
  return [...fields].some((field) => field.value !== field.defaultValue);
}

async function refresh() {
  refreshing = true;
  stale = false;
  try {
    // What a form was answered with cannot be fetched again: its state of the monitor comes from a page that can.
    const address = new URL(texts.refresh || location.href, location.href);
    for (const name of ["done", "problem", "lang"]) address.searchParams.delete(name);
    address.hash = "";
    const answer = await fetch(address, { headers: { "x-fragment": "1" }, cache: "no-store" });
    if (answer.redirected && new URL(answer.url).pathname === "/log-in") {
      if (!isTypedInto()) location.assign(answer.url); // else sending it asks to log in, and keeps what was typed
      return;
    }
    if (!answer.ok) return;
    const found = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of document.querySelectorAll("[data-live]")) {
      const fresh = found.getElementById(part.id);
      if (fresh) replace(part, fresh);
    }
    document.dispatchEvent(new CustomEvent("refreshed"));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // a TypeError: the network; the stream says so
  } finally {
    refreshing = false;
    refreshedAt = Date.now();
    if (stale) askForRefresh();
  }
}

const plain = (part) => {
  const copy = part.cloneNode(true);
  for (const chart of copy.querySelectorAll(".chart")) chart.replaceChildren();
  for (const details of copy.querySelectorAll("details")) details.removeAttribute("open");
  for (const row of copy.querySelectorAll(".fresh")) row.classList.remove("fresh");
  for (const element of copy.querySelectorAll("[class='']")) element.removeAttribute("class");
  return copy.innerHTML;
};

function replace(part, fresh) {
  if (plain(part) === plain(fresh)) return;
  const open = [...part.querySelectorAll("details")].map((details) => details.open);
  const scrolled = [...part.querySelectorAll(".table-scroll")].map((each) => each.scrollLeft);
  const known = new Set([...part.querySelectorAll("tbody a[href^='/alerts/']")].map((link) => link.getAttribute("href")));
  const focused = part.contains(document.activeElement) ? pathTo(part, document.activeElement) : null;
  for (const chart of fresh.querySelectorAll(".chart")) {
    const drawn = part.querySelector(`#${CSS.escape(chart.id)}`);
    if (drawn) chart.replaceWith(drawn);
  }
  part.replaceChildren(...fresh.childNodes);
  [...part.querySelectorAll("details")].forEach((details, n) => {
    if (open[n]) details.open = true;
  });
  [...part.querySelectorAll(".table-scroll")].forEach((each, n) => {
    each.scrollLeft = scrolled[n] ?? 0;
  });
  if (known.size > 0) {
    for (const link of part.querySelectorAll("tbody a[href^='/alerts/']")) {
      if (!known.has(link.getAttribute("href"))) link.closest("tr")?.classList.add("fresh");
    }
  }
  if (focused) focusAgain(part, focused);
}

function pathTo(part, element) {
  const same = (each) => each.tagName === element.tagName;
  const href = element.getAttribute("href");
  return { tag: element.tagName, href, at: [...part.querySelectorAll(element.tagName)].filter(same).indexOf(element) };
}

function focusAgain(part, { tag, href, at }) {
  const all = [...part.querySelectorAll(tag)];
  const found = (href && all.find((each) => each.getAttribute("href") === href)) || all[at];
  found?.focus({ preventScroll: true });
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden && stale) askForRefresh();
});

// ---------------------------------------------------------------- the stream

const state = document.getElementById("live-state");

function say(word, name) {
  const text = state.querySelector(".live-text");
  if (text.textContent !== word) text.textContent = word;
  state.classList.toggle("is-live", name === "live");
  state.classList.toggle("is-off", name === "off");
}

const SETTLED_MS = 3_200;

function listen() {
  const stream = new EventSource("/events");
  let lost = false;
  let settled;
  stream.addEventListener("open", () => {
    say(texts.textLive, "live");
    if (lost) askForRefresh();
    lost = false;
  });
  stream.addEventListener("error", () => {
    lost = true;
    say(texts.textOff, "off");
  });
  stream.addEventListener("commit", (message) => {
    const news = JSON.parse(message.data);
    askForRefresh();
    // Sums that take long to add up are shown as they were for up to three seconds (`STAY_SECONDS_MAX`).
    clearTimeout(settled);
    settled = setTimeout(askForRefresh, SETTLED_MS);
    for (const alert of news.alerts) {
      if (alert.change === "opened" && (alert.severity === "critical" || alert.severity === "high")) announce(alert);
    }
  });
  window.addEventListener("pagehide", () => stream.close());
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
}

// ---------------------------------------------------------------- news

const news = document.getElementById("news");

function announce(alert) {
  const item = document.createElement("div");
  item.className = `news-item severity-${alert.severity}`;
  const text = document.createElement("p");
  const link = document.createElement("a");
  link.href = `/alerts/${encodeURIComponent(alert.id)}`;
  link.textContent = language === "zh" ? alert.title_zh : alert.title_en;
  const about = document.createElement("span");
  about.className = "dim";
  about.textContent = ` ${language === "zh" ? alert.about_zh : alert.about_en}`;
  text.append(`${texts.textOpened}${language === "zh" ? "：" : ": "}`, link, about);
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "×";
  button.setAttribute("aria-label", texts.textDismiss);
  button.addEventListener("click", () => item.remove());
  item.append(text, button);
  news.append(item);
  while (news.children.length > NEWS_MAX) news.firstElementChild.remove();
  const leave = () => {
    if (item.matches(":hover, :focus-within")) window.setTimeout(leave, NEWS_MS);
    else item.remove();
  };
  window.setTimeout(leave, NEWS_MS);
}

if (location.pathname !== "/log-in") listen();
else state.hidden = true;

// ---------------------------------------------------------------- small things

const here = document.querySelector(".main-nav [aria-current]");
if (here) {
  const bar = here.closest(".main-nav"); // it may be wider than its place
  bar.scrollLeft = here.offsetLeft - bar.offsetLeft - (bar.clientWidth - here.offsetWidth) / 2;
}

for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => window.print());

// What is too large is told before it is sent: the server ends such a form before it has read what was typed.
for (const input of document.querySelectorAll("input[data-most]")) {
  input.addEventListener("change", () => {
    const isLarge = [...input.files].some((file) => file.size > Number(input.dataset.most));
    input.setCustomValidity(isLarge ? input.dataset.tooLarge : "");
    input.reportValidity();
  });
}

const kind = document.getElementById("c-type");
if (kind) {
  const show = () => {
    for (const field of document.querySelectorAll("[data-for]")) {
      const used = field.dataset.for.split(" ").includes(kind.value);
      field.hidden = !used;
      for (const input of field.querySelectorAll("input, select")) input.disabled = !used;
    }
  };
  kind.addEventListener("change", show);
  show();
}

// The lines that the form suggests are those of the agency and year chosen in it.
const lineForm = document.getElementById("check-form");
if (lineForm) {
  const list = document.getElementById("c-lines");
  const suggest = async () => {
    const asked = new URLSearchParams({ agency: lineForm.elements.agency.value, year: lineForm.elements.fiscal_year.value });
    const answer = await fetch(`/check/lines?${asked}`);
    if (!answer.ok) return;
    list.replaceChildren(
      ...(await answer.json()).map(([code, name]) => {
        const option = document.createElement("option");
        option.value = code;
        option.textContent = name;
        return option;
      }),
    );
  };
  lineForm.elements.agency.addEventListener("change", suggest);
  lineForm.elements.fiscal_year.addEventListener("change", suggest);
}
