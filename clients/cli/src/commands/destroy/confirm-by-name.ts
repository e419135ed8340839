import type { Confirmation } from '../../ports/repairs.port.ts';

/** By the name of the stack: with two terminals open, one deletes the stack that is meant. */
export async function isConfirmed(confirmation: Confirmation, name: string): Promise<boolean> {
  if (confirmation.type === undefined) return confirmation.confirm(`delete the stack ${name}?`);
  return (await confirmation.type(`Type the name of the stack to delete it (${name}):`)) === name;
}
