import type { Attribute } from '../../cost/item-size.ts';

export type Item = Readonly<Record<string, Attribute>>;

/** Text of a key attribute; '' where there is none. */
export function textOf(item: Item | undefined, name: string): string {
  const value = item?.[name];
  return value !== undefined && 'S' in value ? value.S : '';
}
