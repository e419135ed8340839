import asyncApiDiff from '@asyncapi/diff';
import { isObject } from '@stepcast/contracts';
import type { Change } from './change.ts';
import { dereferenced, type ContractDocument } from './document.ts';

const breaking = { add: 'breaking', remove: 'breaking', edit: 'breaking' } as const;
/** More of it serves more readers. */
const mayGrow = { add: 'non-breaking', remove: 'breaking', edit: 'breaking' } as const;

/** Where we differ from the classification of the tool, or it has none. */
const OVERRIDES = {
  '/servers/*/bindings': breaking,
  '/servers/*/bindings/*': breaking,
  '/servers/*/bindings/*/*': breaking,
  '/servers/*/security': mayGrow,
  '/servers/*/security/*': mayGrow,
  '/servers/*/security/*/*': mayGrow,
  '/channels/*/parameters': breaking,
  '/channels/*/parameters/*': breaking,
  '/channels/*/parameters/*/*': breaking,
  '/channels/*/messages/*/bindings': breaking,
  '/channels/*/messages/*/bindings/*': breaking,
  '/channels/*/messages/*/bindings/*/*': breaking,
  '/channels/*/messages/*/headers': mayGrow,
  '/channels/*/messages/*/headers/properties/*': mayGrow,
  '/channels/*/messages/*/headers/properties/*/*': breaking,
  '/channels/*/messages/*/headers/required': breaking,
  '/operations/*/bindings': breaking,
  '/operations/*/bindings/*': breaking,
  '/operations/*/bindings/*/*': breaking,
} as const;

/** What only people read, and the version, which has rules of its own. */
const WORDING = /\/(description|title|summary|examples)(\/|$)|^\/info\/version$/;

/**
 * Compares servers, channels, operations, bindings and security of two documents with `@asyncapi/diff`. What the tool
 * cannot classify counts as breaking, so that it is decided on and not passed over.
 */
export function compareDocuments(before: ContractDocument, after: ContractDocument): readonly Change[] {
  const output = asyncApiDiff
    .diff(dereferenced(before), dereferenced(after), { override: OVERRIDES })
    .getOutput();
  if (typeof output === 'string') throw new TypeError('the comparison has another form');
  const changes = new Map<string, Change>();
  for (const { type, action, path, after: added } of output.changes) {
    if (WORDING.test(path)) continue;
    // Headers that are added as a whole, and which somebody must send.
    const asksForMore = path.endsWith('/headers') && isObject(added) && added['required'] !== undefined;
    const kind = type === 'non-breaking' && !asksForMore ? 'harmless' : 'breaking';
    changes.set(`${path} ${action}`, { kind, where: path, what: action });
  }
  return [...changes.values()];
}
