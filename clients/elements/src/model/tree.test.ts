import { describe, expect, it } from 'vitest';
import { Epoch } from '@stepcast/contracts';
import {
  begun,
  failed,
  finished,
  runningMap,
  SampleRun,
  sampleOutline,
  thousands,
} from '../testing/index.ts';
import { keyAction, searchRow } from './keyboard.ts';
import { rowsOf, type Row } from './rows.ts';
import type { UploadSnapshot } from './upload.ts';
import { UploadModel } from './upload-model.ts';
import type { TreeNode } from './tree.ts';
import { detailOf, durationText, formatDuration } from './words.ts';

function modelOf(snapshot: UploadSnapshot, outline = sampleOutline()): UploadModel {
  const model = new UploadModel();
  model.take(snapshot, outline);
  return model;
}

function rows(run: SampleRun, toggled = new Map<string, boolean>()): readonly Row[] {
  return rowsOf(modelOf({ state: run.state, events: run.events }).tree(), toggled);
}

const lines = (all: readonly Row[]) =>
  all.map(
    ({ node, level }) =>
      `${'  '.repeat(level - 1)}${node.label}${detailOf(node) === '' ? '' : `: ${detailOf(node)}`}`,
  );

describe('the tree', () => {
  it('has steps in their branches and iterations, and retries in view', () => {
    expect(lines(rows(runningMap()))).toEqual([
      'PhotoPipeline',
      '  Check the file',
      '  Large or small?',
      '  Plan for a large photo',
      '  Resize and analyse',
      '    Branch 1',
      '      Resize',
      '      Sharpen',
      '    Branch 2: tried again once',
      '      Analyse colours: 2 attempts',
      '  Look at each tile: 3 of 9 done',
      '    Item 1',
      '    Item 2: tried again once',
      '    Item 3',
      '    Item 4',
      '    Item 5: tried again once',
      '    Item 6',
    ]);
  });

  it('folds thousands of iterations to those that need attention', () => {
    const shown = lines(rows(thousands()));
    expect(shown.slice(shown.findIndex((line) => line.includes('Look at each tile')))).toEqual([
      '  Look at each tile: 1,958 of 2,000 done, 2 failed',
      '    2 failed',
      '      Item 413',
      '        Measure the tile',
      '      Item 1,378',
      '        Measure the tile',
      '    40 running',
      '    3 done after an error',
      '    1,955 done',
    ]);
  });

  it('shows a failure where it was, with each attempt', () => {
    const shown = rows(failed());
    expect(lines(shown).slice(-4)).toEqual([
      '      Measure the tile: 3 attempts',
      '        Attempt 1',
      '        Attempt 2',
      '        Attempt 3',
    ]);
    expect(shown.at(-1)?.node.error?.name).toBe('States.Timeout');
  });

  it('shows a workflow that this one started inside of it', () => {
    const run = begun().nested('Child:one').tell('executionStarted').step('Work', 10);
    expect(lines(rows(run)).slice(-2)).toEqual(['  Child', '    Work']);
  });

  it('comes from the state where events are missing', () => {
    const run = runningMap();
    const late = rowsOf(modelOf({ state: run.state, events: run.events.slice(-3) }).tree(), new Map());
    expect(lines(late)).toContain('    Measure the tile: 3 of 6 done');
    expect(lines(late)).toContain('  Look at each tile: 3 of 9 done');
    expect(lines(late)).toContain('    Analyse colours: 2 attempts');
    const withoutAll = rowsOf(modelOf({ state: run.state }).tree(), new Map());
    expect(lines(withoutAll)).toContain('    Resize');
  });

  it('goes from the state to the events, and forgets another upload', () => {
    const run = finished();
    const model = modelOf({ state: run.state });
    const before = model.tree();
    model.take({ state: run.state, events: run.events }, model.outline);
    expect(model.tree()).not.toEqual(before);
    const other = {
      ...run.state,
      uploadId: begun().state.uploadId,
      position: { ...run.state.position, epoch: Epoch.parse('other') },
    };
    model.take({ state: other, events: [] }, model.outline);
    expect(model.trace.lastOffset).toBe(0);
  });
});

describe('the keys of the tree', () => {
  const all = rows(runningMap());
  const id = (label: string) => all.find(({ node }) => node.label === label)?.node.id ?? '';
  const go = (from: string, key: string) => keyAction(all, id(from), key);

  it.each([
    ['Resize', 'ArrowDown', 'Sharpen'],
    ['Sharpen', 'ArrowUp', 'Resize'],
    ['Sharpen', 'ArrowLeft', 'Branch 1'],
    ['Branch 1', 'ArrowRight', 'Resize'],
    ['Sharpen', 'Home', 'PhotoPipeline'],
    ['Sharpen', 'End', 'Item 6'],
  ])('%s, %s: to %s', (from, key, to) => {
    expect(go(from, key)).toEqual({ activate: id(to) });
  });

  it('open and close', () => {
    expect(go('Item 1', 'ArrowRight')?.toggle).toEqual(new Map([[id('Item 1'), true]]));
    expect(go('Branch 1', 'ArrowLeft')?.toggle).toEqual(new Map([[id('Branch 1'), false]]));
    expect(go('Branch 1', ' ')?.toggle).toEqual(new Map([[id('Branch 1'), false]]));
    expect([...(go('Item 1', '*')?.toggle?.keys() ?? [])]).toHaveLength(6);
  });

  it('stay at the ends, and leave other keys alone', () => {
    expect(go('PhotoPipeline', 'ArrowUp')).toEqual({});
    expect(go('Item 6', 'ArrowDown')).toEqual({});
    expect(go('Resize', 'ArrowRight')).toEqual({});
    expect(go('Resize', 'Tab')).toBeUndefined();
    expect(keyAction([], null, 'End')).toBeUndefined();
  });

  it('find by the first letters, and go around', () => {
    expect(searchRow(all, id('Resize'), 's')).toBe(id('Sharpen'));
    expect(searchRow(all, id('Sharpen'), 'resize a')).toBe(id('Resize and analyse'));
    expect(searchRow(all, id('Item 6'), 'i')).toBe(id('Item 1'));
    expect(searchRow(all, id('Item 1'), 'x')).toBeUndefined();
  });
});

it('folds a Map that went well, and leaves one open where something was tried again or failed', () => {
  const maps = (run: SampleRun) =>
    modelOf({ state: run.state, events: run.events })
      .tree()
      .flatMap(({ children }) => children)
      .filter(({ type }) => type === 'Map')
      .map(({ open }) => open);
  expect(maps(finished())).toEqual([false]);
  expect(maps(runningMap())).toEqual([true]);
  const retried = new SampleRun().tell('executionStarted').start('Each', 'Map').start('Try', 'Task', [0]);
  retried.retry('Try', 2, 'States.Timeout', [0]).end('Try', 'Task', 2, [0]).end('Each', 'Map');
  expect(maps(retried)).toEqual([true]);
});

it('says no duration of a state that only steers, unless it took long', () => {
  const node = (type: TreeNode['type'], ms: number) =>
    durationText({ type, startedAt: 1_000, endedAt: 1_000 + ms, status: 'succeeded' }, 9_000);
  expect([node('Pass', 0), node('Choice', 3), node('Fail', 0), node('Succeed', 49)]).toEqual([
    '',
    '',
    '',
    '',
  ]);
  expect([node('Pass', 50), node('Task', 0), node('Wait', 3)]).toEqual(['50 ms', '< 1 ms', '3 ms']);
});

it.each([
  [0, '< 1 ms'],
  [999, '999 ms'],
  [1_000, '1.0 s'],
  [9_990, '9.9 s'],
  [42_000, '42 s'],
  [200_000, '3 min 20 s'],
  [7_500_000, '2 h 5 min'],
  [200_000_000, '2 d 7 h'],
])('%d ms are %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});
