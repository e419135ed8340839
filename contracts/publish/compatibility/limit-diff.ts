import type { Change } from './change.ts';
import type { ContractDocument } from './document.ts';

/** Compares the limits of two documents: what the service sends may only shrink, what it accepts may only grow. */
export function compareLimits(before: ContractDocument, after: ContractDocument): readonly Change[] {
  const [old, fresh] = [before['x-stepcast-limits'], after['x-stepcast-limits']];
  const changes: Change[] = [];
  for (const [name, limit] of Object.entries(old)) {
    const next = fresh[name];
    const where = `limit ${name}`;
    if (next === undefined) changes.push({ kind: 'breaking', where, what: 'the limit was removed' });
    else if (next.binds !== limit.binds || next.unit !== limit.unit)
      changes.push({ kind: 'breaking', where, what: 'the limit means something else' });
    else if (next.value !== limit.value) {
      const grows = next.value > limit.value;
      const isHarmless = limit.binds === (grows ? 'received' : 'sent');
      const what = `${limit.value} became ${next.value}`;
      changes.push({ kind: isHarmless ? 'harmless' : 'breaking', where, what });
    }
  }
  for (const [name, { binds }] of Object.entries(fresh))
    if (old[name] === undefined)
      changes.push({
        kind: binds === 'sent' ? 'harmless' : 'breaking',
        where: `limit ${name}`,
        what: 'a limit was added',
      });
  return changes;
}
