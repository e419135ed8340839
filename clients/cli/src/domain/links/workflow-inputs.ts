import type { InputPath } from '@stepcast/wire';
import type { JudgedInput } from '../inputs/judge-inputs.ts';
import { couldNotCheck, fail, missing, pass, warn, type Link } from '../link.ts';
import type { Setup } from '../setup.ts';

export const workflowInputs: Link = {
  id: 'workflow.inputs',
  title: 'Inputs of recent executions name their upload where Stepcast looks',
  why: 'In observed mode the input says which upload an execution is about. One that says it elsewhere has no owner, and nobody sees its progress.',
  skip: ({ stateMachineArn, isObserved }) =>
    stateMachineArn === undefined
      ? 'no state machine is given (--state-machine)'
      : isObserved
        ? undefined
        : 'Stepcast starts the workflow itself (with startMode observed: --observed)',
  check(setup, { stateMachine, recentInputs }) {
    if (setup.inputPaths === undefined)
      return couldNotCheck(
        'the paths of the stack do not read from its outputs; give them with --input-paths',
      );
    if (
      stateMachine.state === 'known' &&
      stateMachine.value.found &&
      stateMachine.value.value.type === 'EXPRESS'
    )
      return couldNotCheck(
        'Express executions can be neither listed nor described: their inputs are in the log alone',
      );
    if (recentInputs.state === 'unavailable') return missing(recentInputs);
    const { judged, withoutInput } = recentInputs.value;
    if (judged.length === 0)
      return couldNotCheck(
        withoutInput === 0
          ? 'the state machine has no executions yet'
          : `AWS gave no input of the newest ${withoutInput} executions`,
      );
    const lost = judged.filter((one) => one.kind === 'nothing');
    const named = judged.length - lost.length;
    const evidence = [
      `${named} of the newest ${counted(judged.length, 'execution')} ${named === 1 ? 'names its' : 'name their'} upload`,
      ...waysOf(judged, setup.inputPaths),
      ...(withoutInput === 0 ? [] : [`AWS gave no input of ${withoutInput} more`]),
    ];
    if (lost.length === 0) return pass(...evidence);
    const trouble = { evidence, repair: repairOf(setup, setup.inputPaths, lost) };
    return named === 0 ? fail(trouble) : warn(trouble);
  },
};

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;

/** How often each path, and each form that needs none, was found. */
function waysOf(judged: readonly JudgedInput[], paths: readonly InputPath[]): readonly string[] {
  const shapes = new Set(judged.flatMap((one) => (one.kind === 'shape' ? [one.shape] : [])));
  const parents = judged.filter(({ kind }) => kind === 'parent').length;
  return [
    ...paths.map((path, index) => {
      const found = judged.filter((one) => one.kind === 'path' && one.index === index).length;
      return `path ${index + 1}, ${JSON.stringify(path)}: ${found === 0 ? 'found in none' : `found in ${found}`}`;
    }),
    ...[...shapes].map(
      (shape) =>
        `without a path, as ${shape}: ${judged.filter((one) => one.kind === 'shape' && one.shape === shape).length}`,
    ),
    ...(parents === 0 ? [] : [`through the execution that started them: ${parents}`]),
  ];
}

function repairOf(
  { bucket }: Setup,
  paths: readonly InputPath[],
  lost: readonly Extract<JudgedInput, { kind: 'nothing' }>[],
): readonly string[] {
  const suggestions = new Map<string, { readonly path: InputPath; readonly count: number }>();
  for (const { suggestion } of lost) {
    if (suggestion === undefined) continue;
    const text = JSON.stringify(suggestion);
    suggestions.set(text, { path: suggestion, count: (suggestions.get(text)?.count ?? 0) + 1 });
  }
  const best = [...suggestions.values()].toSorted((one, other) => other.count - one.count);
  const without = lost.filter(({ suggestion }) => suggestion === undefined).length;
  const setting = [...paths, ...best.map(({ path }) => path)].slice(0, 20);
  return [
    ...best.map(({ path, count }) => `# ${JSON.stringify(path)} finds the upload in ${count} of them`),
    ...(best.length === 0
      ? []
      : [
          '# in the settings of the deployment (STEPCAST_OWNERSHIP_INPUT_PATHS elsewhere):',
          `#   "ownership": ${JSON.stringify({ inputPaths: setting })}`,
        ]),
    ...(without === 0
      ? []
      : [
          `# ${counted(without, 'input')} ${without === 1 ? 'holds' : 'hold'} no key of an upload${bucket === undefined ? '' : ` to ${bucket}`}: if an upload started ${without === 1 ? 'it' : 'them'}, let its key into the input`,
        ]),
  ];
}
