const button = document.querySelector(".menu-button");
const menu = document.getElementById("menu");
button.hidden = false;
document.documentElement.classList.add("has-script");
button.addEventListener("click", () => {
  const open = button.getAttribute("aria-expanded") !== "true";
  button.setAttribute("aria-expanded", String(open));
  menu.classList.toggle("open", open);
});

// The words of all pages are fetched when somebody first searches: a script can be read from a folder, too.
const form = document.querySelector(".search");
const field = form.querySelector("input");
const results = form.querySelector(".results");
form.hidden = false;
let pages;
function load() {
  pages ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = "search.js";
    script.onload = () => resolve(PAGES);
    script.onerror = reject;
    document.head.append(script);
  });
  return pages;
}

function find(all, words) {
  const found = [];
  for (const page of all) {
    for (const [heading, anchor, text] of page.sections) {
      const head = `${page.title} ${heading}`.toLowerCase();
      const body = text.toLowerCase();
      if (!words.every((word) => head.includes(word) || body.includes(word))) continue;
      const score = words.filter((word) => heading.toLowerCase().includes(word)).length * 2 + words.filter((word) => head.includes(word)).length;
      found.push({ page, heading, anchor, text, score });
    }
  }
  return found.sort((one, other) => other.score - one.score).slice(0, 12);
}

// The words around the first one that was found, which is marked.
function excerpt(text, words) {
  const at = Math.max(0, Math.min(...words.map((word) => text.toLowerCase().indexOf(word)).filter((at) => at >= 0).concat(text.length)));
  const from = at < text.length ? Math.max(0, at - 40) : 0;
  const part = text.slice(from, from + 140);
  const line = document.createElement("small");
  const pattern = new RegExp(`(${words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})`, "ig");
  for (const [index, piece] of part.split(pattern).entries()) {
    const node = document.createElement(index % 2 ? "mark" : "span");
    node.textContent = piece;
    line.append(node);
  }
  return line;
}

async function search() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) {
    results.hidden = true;
    return;
  }
  const all = await load();
  const found = find(all, words);
  results.replaceChildren();
  for (const { page, heading, anchor, text } of found) {
    const link = document.createElement("a");
    link.href = anchor ? `${page.href}#${anchor}` : page.href;
    const title = document.createElement("strong");
    title.textContent = heading && heading !== page.title ? `${page.title}: ${heading}` : page.title;
    link.append(title, excerpt(text, words));
    results.append(link);
  }
  if (!found.length) results.textContent = "Nothing was found.";
  results.hidden = false;
}
field.addEventListener("focus", load, { once: true });
field.addEventListener("input", search);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const first = results.querySelector("a");
  if (first) location.href = first.href;
});
document.addEventListener("keydown", (event) => {
  const typing = /^(input|textarea|select)$/i.test(event.target.tagName) || event.target.isContentEditable;
  if (event.key === "/" && !typing) {
    event.preventDefault();
    field.focus();
  } else if (event.key === "Escape") {
    results.hidden = true;
    field.blur();
  }
});
document.addEventListener("click", (event) => {
  if (!form.contains(event.target)) results.hidden = true;
});
