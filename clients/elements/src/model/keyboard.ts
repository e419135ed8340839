import type { Row } from './rows.ts';

/** What a key does: moves to a row, opens or closes one, or several. */
export interface KeyAction {
  readonly activate?: string;
  readonly toggle?: ReadonlyMap<string, boolean>;
}

/**
 * The keys of a tree, as the ARIA Authoring Practices have them: arrows, Home, End, Enter and Space, `*`.
 * @returns undefined for a key that means nothing here
 */
export function keyAction(rows: readonly Row[], active: string | null, key: string): KeyAction | undefined {
  const index = Math.max(
    0,
    rows.findIndex(({ node }) => node.id === active),
  );
  const row = rows[index];
  if (row === undefined) return undefined;
  const { node, expanded, parent, level } = row;
  const to = (other: Row | undefined): KeyAction => (other === undefined ? {} : { activate: other.node.id });
  const set = (open: boolean): KeyAction => ({ toggle: new Map([[node.id, open]]) });
  switch (key) {
    case 'ArrowDown':
      return to(rows[index + 1]);
    case 'ArrowUp':
      return to(rows[index - 1]);
    case 'Home':
      return to(rows[0]);
    case 'End':
      return to(rows.at(-1));
    case 'ArrowRight':
      if (expanded === undefined) return {};
      return expanded ? to(rows[index + 1]) : set(true);
    case 'ArrowLeft':
      if (expanded === true) return set(false);
      return parent === null ? {} : { activate: parent };
    case 'Enter':
    case ' ':
      return expanded === undefined ? {} : set(!expanded);
    case '*':
      return {
        toggle: new Map(
          rows
            .filter((one) => one.level === level && one.parent === parent && one.expanded !== undefined)
            .map((one) => [one.node.id, true]),
        ),
      };
    default:
      return undefined;
  }
}

/** The next row, from the active one on and around, whose name begins with what was typed. */
export function searchRow(rows: readonly Row[], active: string | null, typed: string): string | undefined {
  const start = rows.findIndex(({ node }) => node.id === active);
  const sought = typed.toLowerCase();
  // One letter again and again goes from match to match; more letters may stay where they are.
  const first = typed.length === 1 ? start + 1 : Math.max(0, start);
  const around = [...rows.slice(first), ...rows.slice(0, first)];
  return around.find(({ node }) => node.label.toLowerCase().startsWith(sought))?.node.id;
}
