function copyButton(place, text) {
  const button = document.createElement("button");
  button.className = "copy";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text());
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
  place.append(button);
}
if (navigator.clipboard) {
  for (const source of document.querySelectorAll(".source")) copyButton(source, () => source.querySelector("code").innerText);
  // Cells of a table divided by tabs: what spreadsheets take.
  for (const display of document.querySelectorAll(".display.html:has(table)")) {
    const rows = () => [...display.querySelector("table").rows].map((row) => [...row.cells].map((cell) => cell.innerText.trim()).join("\t"));
    copyButton(display, () => rows().join("\n"));
  }
}
// What is scrolled in its own box can be scrolled with the keyboard.
for (const box of document.querySelectorAll("pre, .wide, .display.html, .display.html div")) {
  if (box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight + 1) box.tabIndex = 0;
}
