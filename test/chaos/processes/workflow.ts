import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Canaries } from './canaries.ts';

/** What becomes of an upload; its key says so, since handlers see nothing else of it. */
export type Fate = 'succeeds' | 'fails' | 'caught';
export const FATES: readonly Fate[] = ['succeeds', 'fails', 'caught'];

const ITEMS = 8;
const ACCOUNT = 'arn:aws:lambda:us-east-1:111122223333:function';
const retry = (name: string) => ({
  ErrorEquals: [name],
  IntervalSeconds: 1,
  MaxAttempts: 2,
  BackoffRate: 1,
});
const invoke = (FunctionName: string, Payload: object) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Parameters: { FunctionName, Payload },
});

/** Map, Parallel, retries, a catch and both ends; some 60 progress events. */
function definition(canaries: Canaries): object {
  return {
    StartAt: 'Plan',
    States: {
      Plan: {
        Type: 'Pass',
        Parameters: {
          'key.$': '$.detail.object.key',
          note: canaries.make('input'),
          items: Array.from({ length: ITEMS }, (_, index) => ({ index, note: canaries.make('input') })),
        },
        Next: 'Both',
      },
      Both: {
        Type: 'Parallel',
        Branches: [
          {
            StartAt: 'Left',
            States: {
              Left: {
                Type: 'Task',
                Resource: `${ACCOUNT}:work`,
                Parameters: { 'key.$': '$.key' },
                Next: 'Left note',
              },
              'Left note': { Type: 'Pass', Result: { note: canaries.make('output') }, End: true },
            },
          },
          {
            StartAt: 'Right',
            States: {
              Right: { ...invoke('once', { 'key.$': '$.key' }), Retry: [retry('Busy')], End: true },
            },
          },
        ],
        ResultPath: '$.both',
        Next: 'Items',
      },
      Items: {
        Type: 'Map',
        ItemsPath: '$.items',
        MaxConcurrency: 4,
        ItemProcessor: {
          ProcessorConfig: { Mode: 'INLINE' },
          StartAt: 'Work',
          States: {
            Work: { ...invoke('work', { 'item.$': '$' }), Next: 'Note' },
            Note: { Type: 'Pass', Result: { note: canaries.make('output') }, End: true },
          },
        },
        ResultPath: null,
        Next: 'Judge',
      },
      Judge: {
        ...invoke('judge', { 'key.$': '$.key' }),
        ResultPath: null,
        Catch: [{ ErrorEquals: ['Odd'], ResultPath: '$.odd', Next: 'Mend' }],
        Next: 'Done',
      },
      Mend: { Type: 'Task', Resource: `${ACCOUNT}:work`, Parameters: { 'key.$': '$.key' }, Next: 'Done' },
      Done: { Type: 'Succeed' },
    },
  };
}

function handlers(canaries: Canaries): string {
  const text = (kind: Parameters<Canaries['make']>[0]) => JSON.stringify(canaries.make(kind));
  return `
const fail = (name, line) => {
  const error = new Error(line + '\\n' + ${text('errorrest')});
  error.name = name;
  throw error;
};
export const handlers = {
  work: async () => ({ ok: true, note: ${text('output')} }),
  once: async (_event, { attempt }) =>
    attempt === 1 ? fail('Busy', 'busy ' + ${text('errorline')}) : { note: ${text('output')} },
  judge: async ({ key }) => {
    if (key.includes('.fails')) fail('Rejected', 'rejected ' + ${text('errorline')});
    if (key.includes('.caught')) fail('Odd', 'odd ' + ${text('errorline')});
    return { note: ${text('output')} };
  },
};
`;
}

/** How often a kind of event is emitted for a state, by `kind state`. `iterationsProgressed` is at the correlator's discretion. */
export function expectedEvents(fate: Fate): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const add = (kind: string, state: string, times = 1) => counts.set(`${kind} ${state}`.trim(), times);
  const passes = (state: string, times = 1) => {
    add('stepStarted', state, times);
    add('stepSucceeded', state, times);
  };
  add('uploaded', '');
  add('executionStarted', '');
  for (const state of ['Plan', 'Both', 'Left', 'Left note', 'Right', 'Items']) passes(state);
  add('stepRetried', 'Right');
  passes('Work', ITEMS);
  passes('Note', ITEMS);
  add('stepStarted', 'Judge');
  add({ succeeds: 'stepSucceeded', fails: 'stepFailed', caught: 'stepCaught' }[fate], 'Judge');
  if (fate === 'caught') passes('Mend');
  if (fate !== 'fails') passes('Done');
  add(fate === 'fails' ? 'executionFailed' : 'executionSucceeded', '');
  return counts;
}

/** Options of the sandbox for this workflow; its files are in a folder of their own until `remove`. */
export async function writeWorkflow(
  canaries: Canaries,
): Promise<{ readonly argv: readonly string[]; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'stepcast-chaos-'));
  const [definitionPath, handlersPath] = [join(folder, 'chaos.asl.json'), join(folder, 'chaos.mjs')];
  await writeFile(definitionPath, JSON.stringify(definition(canaries)));
  await writeFile(handlersPath, handlers(canaries));
  return {
    argv: ['--definition', definitionPath, '--handlers', handlersPath],
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
