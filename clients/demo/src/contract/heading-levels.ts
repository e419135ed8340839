/**
 * Says to those who move by headings that none skips a level: the renderer puts headings of the fifth level below those of the third. What they
 * look like stays as it is.
 */
export function levelHeadings(document: Document): void {
  let before = 0;
  for (const heading of document.querySelectorAll('h1, h2, h3, h4, h5, h6')) {
    const own = Number(heading.tagName.slice(1));
    const level = Math.min(own, before + 1);
    const said = String(level);
    if (level === own) heading.removeAttribute('aria-level');
    else if (heading.getAttribute('aria-level') !== said) heading.setAttribute('aria-level', said);
    before = level;
  }
}
