import { describe, expect, it } from 'vitest';
import type { StepReport } from '@stepcast/contracts';
import { reporting } from '../testing/index.ts';
import type { TreeNode } from './tree.ts';
import { UploadModel } from './upload-model.ts';
import { reportText } from './words.ts';

const page = { percent: 40, done: 4, total: 10, text: 'page 4 of 10' };

function nodeOf(nodes: readonly TreeNode[], step: string): TreeNode | undefined {
  for (const node of nodes) {
    const found = node.step === step ? node : nodeOf(node.children, step);
    if (found !== undefined) return found;
  }
  return undefined;
}

function modelOf(run: ReturnType<typeof reporting>, withEvents: boolean): UploadModel {
  const model = new UploadModel();
  model.take({ state: run.state, events: withEvents ? run.events : [] }, null);
  return model;
}

describe('what a step says of its progress', () => {
  it.each<[StepReport, string]>([
    [page, '40%, page 4 of 10'],
    [{ done: 4, total: 10 }, '4 of 10'],
    [{ done: 1_234 }, '1,234'],
    [{ percent: 66.6 }, '66%'],
    [{ percent: 5, text: '' }, '5%'],
  ])('%j is “%s”', (report, text) => {
    expect(reportText(report)).toBe(text);
  });

  it.each([true, false])(
    'is in the tree while it runs (of all events: %s), and gone when it has ended',
    (all) => {
      const running = nodeOf(modelOf(reporting(), all).tree(), 'Read the pages');
      expect(running?.report).toMatchObject(page);
      const over = nodeOf(modelOf(reporting().end('Read the pages'), all).tree(), 'Read the pages');
      expect(over?.status).toBe('succeeded');
      expect(over?.report).toBeUndefined();
    },
  );

  it('begins no step that nobody has seen begin', () => {
    const run = reporting().tell('stepReported', { step: { name: 'Nobody', type: 'Task' }, report: page });
    const model = modelOf(run, true);
    expect(nodeOf(model.tree(), 'Nobody')).toBeUndefined();
    expect(model.trace.complete).toBe(true);
  });

  it('is gone when the step is tried again', () => {
    const again = nodeOf(
      modelOf(reporting().retry('Read the pages', 2, 'Busy'), true).tree(),
      'Read the pages',
    );
    expect(again?.status).toBe('retrying');
    expect(again?.report).toBeUndefined();
  });
});
