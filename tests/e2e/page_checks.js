// What can be asked of any page without knowing it; answers with the problems, in words.
() => {
  const problems = [];
  const where = (element) => element.outerHTML.slice(0, 120);

  const isShown = (element) => {
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    return box.width > 0 && box.height > 0 && style.visibility !== "hidden" && style.display !== "none";
  };

  function landmarksAndHeadings() {
    for (const name of ["header", "main", "footer"]) {
      if (document.querySelectorAll(`body > ${name}`).length !== 1) problems.push(`not one ${name}`);
    }
    for (const nav of document.querySelectorAll("nav")) {
      if (!nav.getAttribute("aria-label")) problems.push(`a nav without a name: ${where(nav)}`);
    }
    let level = 1;
    for (const heading of document.querySelectorAll("main h1, main h2, main h3, main h4")) {
      const own = Number(heading.tagName[1]);
      if (own > level + 1) problems.push(`a heading skips a level: ${where(heading)}`);
      level = own;
    }
  }

  function namesAndIds() {
    const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
    for (const id of new Set(ids.filter((each, n) => ids.indexOf(each) !== n))) problems.push(`id twice: ${id}`);
    for (const attribute of ["aria-labelledby", "aria-describedby"]) {
      for (const element of document.querySelectorAll(`[${attribute}]`)) {
        for (const id of element.getAttribute(attribute).split(" ").filter(Boolean)) {
          if (!document.getElementById(id)) problems.push(`${attribute} names nothing: ${id}`);
        }
      }
    }
    for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
      if (!field.labels?.length && !field.getAttribute("aria-label")) problems.push(`no label: ${where(field)}`);
    }
    for (const element of document.querySelectorAll("a, button, summary")) {
      if (!(element.textContent.trim() || element.getAttribute("aria-label"))) problems.push(`no name: ${where(element)}`);
    }
    for (const mark of document.querySelectorAll(".chip")) {
      if (!mark.textContent.trim()) problems.push(`a colour without a word: ${where(mark)}`);
    }
  }

  function tables() {
    for (const table of document.querySelectorAll("table:not(.small)")) {
      if (!table.caption?.textContent.trim()) problems.push(`no caption: ${where(table)}`);
      if (!table.closest('[tabindex="0"]')) problems.push(`does not scroll by keyboard: ${where(table)}`);
    }
    for (const head of document.querySelectorAll("th")) if (!head.scope) problems.push(`no scope: ${where(head)}`);
    for (const body of document.querySelectorAll("tbody")) {
      if (body.rows.length && !body.querySelector("th, td.none")) problems.push(`rows without a header: ${where(body)}`);
    }
  }

  function nothingInline() {
    for (const element of document.querySelectorAll('main [style], script:not([src]):not([type="application/json"])')) {
      if (!element.closest(".chart")) problems.push(`inline: ${where(element)}`);
    }
  }

  const parts = (colour) => {
    const found = colour.match(/[\d.]+/g).map(Number);
    return found.length < 4 ? [...found, 1] : found;
  };
  const luminance = ([red, green, blue]) => {
    const linear = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  };
  function background(element) {
    for (let each = element; each; each = each.parentElement) {
      const style = getComputedStyle(each);
      if (style.backgroundImage !== "none") return null; // stripes: looked at by eye
      if (parts(style.backgroundColor)[3] > 0.99) return parts(style.backgroundColor);
    }
    return [255, 255, 255, 1];
  }

  function contrast() {
    const told = new Set();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      if (!walker.currentNode.data.trim() || !isShown(element) || element.closest("svg, script, option")) continue;
      const behind = background(element);
      if (!behind) continue;
      const colour = getComputedStyle(element).color;
      const [light, dark] = [luminance(parts(colour)), luminance(behind)].sort((one, other) => other - one);
      const ratio = (light + 0.05) / (dark + 0.05);
      const pair = `${colour} on ${behind}`;
      if (ratio < 4.5 && !told.has(pair)) problems.push(`contrast ${ratio.toFixed(2)}: ${pair}: ${where(element)}`);
      told.add(pair);
    }
  }

  landmarksAndHeadings();
  namesAndIds();
  tables();
  nothingInline();
  contrast();
  return problems;
}
