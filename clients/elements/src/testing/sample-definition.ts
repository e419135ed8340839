import { outlineOf, type WorkflowOutline } from '@stepcast/contracts';

/** The workflow of the samples: a check, a choice, two branches side by side, a Map, and an end. */
export const sampleDefinition = {
  StartAt: 'Check the file',
  States: {
    'Check the file': {
      Type: 'Task',
      Next: 'Large or small?',
      Catch: [{ ErrorEquals: ['NotAnImage'], Next: 'Not an image' }],
    },
    'Large or small?': {
      Type: 'Choice',
      Choices: [{ Next: 'Plan for a large photo' }],
      Default: 'Plan for a small photo',
    },
    'Plan for a large photo': { Type: 'Pass', Next: 'Resize and analyse' },
    'Plan for a small photo': { Type: 'Pass', Next: 'Resize and analyse' },
    'Resize and analyse': {
      Type: 'Parallel',
      Next: 'Look at each tile',
      Branches: [
        {
          StartAt: 'Resize',
          States: { Resize: { Type: 'Task', Next: 'Sharpen' }, Sharpen: { Type: 'Task', End: true } },
        },
        { StartAt: 'Analyse colours', States: { 'Analyse colours': { Type: 'Task', End: true } } },
      ],
    },
    'Look at each tile': {
      Type: 'Map',
      Next: 'Sum up',
      ItemProcessor: {
        StartAt: 'Measure the tile',
        States: {
          'Measure the tile': { Type: 'Task', Next: 'Pause at the tile' },
          'Pause at the tile': { Type: 'Wait', End: true },
        },
      },
    },
    'Sum up': { Type: 'Task', Next: 'Done' },
    Done: { Type: 'Succeed' },
    'Not an image': { Type: 'Fail' },
  },
};

export function sampleOutline(): WorkflowOutline {
  const result = outlineOf(sampleDefinition);
  if (!result.ok) throw new Error(result.reason);
  return result.outline;
}
