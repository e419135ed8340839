import type { UploadState } from '@stepcast/contracts';
import { el } from './dom.ts';

/** More of a value stands in the way of the steps. */
const MOST_CHARACTERS = 300;

/** What the projections of the installation let through, by name; hidden while there is nothing. */
export function resultList(of: string) {
  const list = el('dl');
  const root = el(
    'div',
    { class: 'result', role: 'group', 'aria-label': `Results of ${of}`, hidden: true },
    list,
  );
  let shown = '';
  return {
    root,
    update(result: UploadState['result']) {
      const entries = Object.entries(result ?? {});
      const text = JSON.stringify(entries);
      if (text === shown) return;
      shown = text;
      root.hidden = entries.length === 0;
      list.replaceChildren(
        ...entries.map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, valueText(value)))),
      );
    },
  };
}

/** Text as it is, anything else as JSON; what is long ends with dots. */
export function valueText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const characters = Array.from(text);
  return characters.length <= MOST_CHARACTERS ? text : `${characters.slice(0, MOST_CHARACTERS).join('')}…`;
}
