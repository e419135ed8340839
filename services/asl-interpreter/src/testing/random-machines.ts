import fc from 'fast-check';
import { functionArn } from './harness.ts';

/** What a task's function does each time that it is called; the last one for all calls after. */
export type Behaviour = 'ok' | 'fail' | 'slow' | 'never';

type Node =
  | { readonly kind: 'pass' | 'fail' | 'choice' }
  | { readonly kind: 'wait'; readonly seconds: number }
  | {
      readonly kind: 'task';
      readonly behaviours: readonly Behaviour[];
      readonly invoke: boolean;
      readonly retry: boolean;
      readonly caught: boolean;
    }
  | {
      readonly kind: 'map';
      readonly count: number;
      readonly concurrency: number;
      readonly body: readonly Node[];
      readonly retry: boolean;
      readonly caught: boolean;
    }
  | {
      readonly kind: 'parallel';
      readonly branches: readonly (readonly Node[])[];
      readonly retry: boolean;
      readonly caught: boolean;
    };

type Follow = { readonly End: true } | { readonly Next: string };

const { sequence } = fc.letrec<{ node: Node; sequence: readonly Node[] }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 2, arbitrary: fc.constant<Node>({ kind: 'pass' }) },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('task' as const),
        behaviours: fc.array(fc.constantFrom<Behaviour>('ok', 'ok', 'fail', 'slow', 'never'), {
          minLength: 1,
          maxLength: 3,
        }),
        invoke: fc.boolean(),
        retry: fc.boolean(),
        caught: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.constant<Node>({ kind: 'choice' }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), seconds: fc.nat(20) }) },
    { weight: 1, arbitrary: fc.constant<Node>({ kind: 'fail' }) },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('map' as const),
        count: fc.nat(3),
        concurrency: fc.nat(2),
        body: tie('sequence'),
        retry: fc.boolean(),
        caught: fc.boolean(),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('parallel' as const),
        branches: fc.array(tie('sequence'), { minLength: 1, maxLength: 3 }),
        retry: fc.boolean(),
        caught: fc.boolean(),
      }),
    },
  ),
  sequence: fc.array(tie('node'), { minLength: 1, maxLength: 3 }),
}));

export interface RandomMachine {
  readonly definition: object;
  readonly behaviours: ReadonlyMap<string, readonly Behaviour[]>;
}

/** @param causeOf the cause of a Fail state, by its name */
function machineFrom(nodes: readonly Node[], causeOf: (name: string) => string): RandomMachine {
  const behaviours = new Map<string, readonly Behaviour[]>();
  let names = 0;
  const recovery = (node: { readonly retry: boolean; readonly caught: boolean }, handler: string) => ({
    ...(node.retry ? { Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 1, MaxAttempts: 1 }] } : {}),
    ...(node.caught
      ? { Catch: [{ ErrorEquals: ['States.ALL'], Next: handler, ResultPath: '$.error' }] }
      : {}),
  });

  function machineOf(sequenceOfNodes: readonly Node[]): object {
    const States: Record<string, object> = {};
    const named = sequenceOfNodes.map((node) => {
      names += 1;
      return { node, name: `${node.kind}-${names}` };
    });
    for (const [position, { node, name }] of named.entries()) {
      const next = named[position + 1]?.name;
      const follow: Follow = next === undefined ? { End: true } : { Next: next };
      const handler = `${name}-caught`;
      if ('caught' in node && node.caught) States[handler] = { Type: 'Pass', ...follow };
      States[name] = stateOf(node, name, handler, follow);
      // A Fail ends the sequence; what is behind it could not be reached.
      if (node.kind === 'fail') break;
    }
    const names0 = named[0]?.name ?? '';
    return { StartAt: names0, States };
  }

  function stateOf(node: Node, name: string, handler: string, follow: Follow): object {
    switch (node.kind) {
      case 'pass':
        return { Type: 'Pass', ...follow };
      case 'wait':
        return { Type: 'Wait', Seconds: node.seconds, ...follow };
      case 'fail':
        return { Type: 'Fail', Error: 'Failed', Cause: causeOf(name) };
      case 'choice':
        // A Choice has no End: it is one rule to the next state, or a Pass where there is none.
        return 'Next' in follow
          ? { Type: 'Choice', Choices: [{ Variable: '$.path', IsPresent: true, Next: follow.Next }] }
          : { Type: 'Pass', ...follow };
      case 'task':
        behaviours.set(name, node.behaviours);
        return {
          Type: 'Task',
          ...(node.invoke
            ? {
                Resource: 'arn:aws:states:::lambda:invoke',
                Parameters: { FunctionName: name, 'Payload.$': '$' },
              }
            : { Resource: functionArn(name) }),
          TimeoutSeconds: 30,
          ResultPath: null,
          ...recovery(node, handler),
          ...follow,
        };
      case 'map':
        return {
          Type: 'Map',
          ItemsPath: `$$.Execution.Input.lists[${node.count}]`,
          ItemSelector: { 'path.$': 'States.Array($.path, $$.Map.Item.Index)' },
          MaxConcurrency: node.concurrency,
          ItemProcessor: machineOf(node.body),
          ResultPath: null,
          ...recovery(node, handler),
          ...follow,
        };
      case 'parallel':
        return {
          Type: 'Parallel',
          Branches: node.branches.map(machineOf),
          ResultPath: null,
          ...recovery(node, handler),
          ...follow,
        };
    }
  }
  return { definition: machineOf(nodes), behaviours };
}

/**
 * Machines of nested Maps and Parallels, with tasks that fail, hang or come late, retries and catches. The input of every
 * state is `{ path: [index, index…] }`, the indexes of the iterations around it, and every task calls a function that has
 * the state's own name: so what a walk over the history finds can be checked against what really ran.
 */
export const randomMachine: fc.Arbitrary<RandomMachine> = sequence.map((nodes) =>
  machineFrom(nodes, (name) => name),
);

/** The same, but all Fail states have one cause: which of two comes first shows nowhere in an output. */
export const randomMachineOfOneCause: fc.Arbitrary<RandomMachine> = sequence.map((nodes) =>
  machineFrom(nodes, () => 'it failed'),
);

/** Items are chosen by index, so that a Map of each size is at hand everywhere. */
export const machineInput = { path: [], lists: [[], [0], [0, 1], [0, 1, 2]] };
