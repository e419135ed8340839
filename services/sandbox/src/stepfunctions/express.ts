import { parseTaskResource, type Definition } from '@stepcast/asl-interpreter';

type Machine = Pick<Definition, 'States'>;

/**
 * What an Express machine cannot do, as CreateStateMachine words it; undefined if nothing is. Source: AWS, "Choosing
 * workflow type": no `.sync`, no `.waitForTaskToken`, no activities, no distributed Map.
 */
export function expressProblem(machine: Machine, at = '/States'): string | undefined {
  for (const [name, state] of Object.entries(machine.States)) {
    const here = `${at}/${name}`;
    const found = problemOf(state, here);
    if (found !== undefined) return found;
  }
  return undefined;
}

function problemOf(state: Definition['States'][string], here: string): string | undefined {
  const refused = (what: string, field: string): string =>
    `SCHEMA_VALIDATION_FAILED: Express state machine does not support ${what} at ${here}/${field}`;
  switch (state.Type) {
    case 'Task': {
      const resource = parseTaskResource(state.Resource);
      if (resource?.kind === 'activity') return refused('activities', 'Resource');
      if (resource?.kind !== 'service' || resource.pattern === 'response') return undefined;
      const pattern = resource.pattern === 'taskToken' ? '.waitForTaskToken' : '.sync';
      return refused(`'${pattern}' service integration`, 'Resource');
    }
    case 'Map': {
      const processor = state.ItemProcessor ?? state.Iterator;
      if (processor?.ProcessorConfig?.Mode === 'DISTRIBUTED')
        return refused('a distributed Map', 'ItemProcessor');
      return processor === undefined ? undefined : expressProblem(processor, `${here}/ItemProcessor/States`);
    }
    case 'Parallel':
      for (const [index, branch] of state.Branches.entries()) {
        const found = expressProblem(branch, `${here}/Branches[${index}]/States`);
        if (found !== undefined) return found;
      }
      return undefined;
    default:
      return undefined;
  }
}
