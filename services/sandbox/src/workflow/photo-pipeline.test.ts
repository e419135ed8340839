import { describe, expect, it } from 'vitest';
import { createPhotoHandlers } from './photo-handlers.ts';
import { photoPipeline } from './photo-pipeline.ts';
import { createSharpPictureTool } from './sharp-picture-tool.adapter.ts';
import { functionsNamedIn, functionsWithoutHandler } from './user-workflow.ts';

const definition = photoPipeline({ region: 'us-east-1', accountId: '111122223333' });

/** Every state anywhere in the definition. */
function statesIn(value: unknown): { readonly Type: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = 'Type' in value && typeof value.Type === 'string' ? [{ Type: value.Type }] : [];
  return [...own, ...Object.values(value).flatMap(statesIn)];
}

describe('photoPipeline', () => {
  it('uses all eight types of states', () => {
    const types = new Set(statesIn(definition).map(({ Type }) => Type));
    expect([...types].sort()).toEqual(
      ['Choice', 'Fail', 'Map', 'Parallel', 'Pass', 'Succeed', 'Task', 'Wait'].sort(),
    );
  });

  it('calls exactly the functions that there are', () => {
    const handlers = createPhotoHandlers(createSharpPictureTool());
    const called = new Set(functionsNamedIn(definition).map(({ name }) => name));
    expect([...called].sort()).toEqual(Object.keys(handlers).sort());
  });

  it('is a definition that a user could give as well', () => {
    const handlers = createPhotoHandlers(createSharpPictureTool());
    const text = JSON.stringify(definition);
    expect(functionsWithoutHandler({ text, file: 'photo.asl.json' }, Object.keys(handlers))).toEqual([]);
  });
});
