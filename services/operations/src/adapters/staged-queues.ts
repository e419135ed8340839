import { NAME_PREFIX, type DeploymentNames } from '@stepcast/wire';
import type { OperatorQueues, QueueAges } from '../ports.ts';

/** Operators name queues as they are without a stage; these are those of the stage. */
export const stagedName =
  ({ prefix }: DeploymentNames) =>
  (name: string): string =>
    name.startsWith(`${NAME_PREFIX}-`) ? `${prefix}${name.slice(NAME_PREFIX.length)}` : name;

/** The queues of a stage under the names that they have without one. */
export function stagedQueues(queues: OperatorQueues, names: DeploymentNames): OperatorQueues {
  const staged = stagedName(names);
  return {
    depth: (name) => queues.depth(staged(name)),
    send: (name, body, fifo) => queues.send(staged(name), body, fifo),
    receive: (name, holdSeconds) => queues.receive(staged(name), holdSeconds),
    delete: (name, receipt) => queues.delete(staged(name), receipt),
    release: (name, receipt) => queues.release(staged(name), receipt),
  };
}

/** The ages of the queues of a stage under the names that they have without one. */
export function stagedAges(ages: QueueAges, names: DeploymentNames): QueueAges {
  const staged = stagedName(names);
  return {
    async oldest(queueNames) {
      const found = await ages.oldest(queueNames.map(staged));
      if (found === undefined) return undefined;
      return new Map(
        queueNames.flatMap((name) => {
          const age = found.get(staged(name));
          return age === undefined ? [] : [[name, age] as const];
        }),
      );
    },
  };
}
