import { describe, expect, it } from 'vitest';
import { failed, finished, runningMap, thousands, type SampleRun } from '../testing/index.ts';
import { filterTree, hasFoldedAway } from './filter.ts';
import { lineAt, linesOf } from './lines.ts';
import { rowsOf } from './rows.ts';
import type { TreeNode } from './tree.ts';
import { UploadModel } from './upload-model.ts';

function treeOf(run: SampleRun, withEvents = true): readonly TreeNode[] {
  const model = new UploadModel();
  model.take(withEvents ? { state: run.state, events: run.events } : { state: run.state }, null);
  return model.tree();
}

const addresses = (tree: readonly TreeNode[]) => [...linesOf(tree)].map(({ address }) => address);
const labels = (tree: readonly TreeNode[]) => rowsOf(tree, new Map()).map(({ node }) => node.label);

describe('the address of a line', () => {
  it('is made of names, and leads back to the line', () => {
    const tree = treeOf(runningMap());
    expect(addresses(tree)).toContain('PhotoPipeline/Look at each tile/Item 2/Measure the tile/Attempt 2');
    expect(new Set(addresses(tree)).size).toBe(addresses(tree).length);
    for (const line of linesOf(tree)) expect(lineAt(tree, line.address)?.node).toBe(line.node);
  });

  it('stays when an item moves from what runs to what is done', () => {
    const address = 'PhotoPipeline/Look at each tile/Item 1,378/Measure the tile';
    const found = lineAt(treeOf(thousands()), address);
    expect(found?.node.status).toBe('failed');
    // Groups count; they are no place.
    expect(found?.around.map(({ kind }) => kind)).toContain('group');
  });

  it('leads to the same state where the run is known in less detail, and to nothing where there is no such state', () => {
    const coarse = treeOf(runningMap(), false);
    expect(lineAt(coarse, 'PhotoPipeline/Look at each tile/Item 2/Measure the tile')?.node.label).toBe(
      'Measure the tile',
    );
    expect(lineAt(coarse, 'Sharpen')?.node.label).toBe('Sharpen');
    expect(lineAt(coarse, 'PhotoPipeline/No such state')).toBeUndefined();
    expect(lineAt([], 'Sharpen')).toBeUndefined();
  });

  it('tells apart the second visit of a state, and states with a slash, a tilde or a percent sign in their names', () => {
    const leaf = (id: string, name: string): TreeNode => ({
      id,
      kind: 'step',
      label: name,
      step: name,
      type: 'Task',
      status: 'succeeded',
      startedAt: 0,
      endedAt: 1,
      attempts: [],
      children: [],
      open: false,
    });
    const tree = [
      leaf('a', 'In/out'),
      leaf('b', 'In/out'),
      leaf('c', 'In'),
      leaf('d', 'In~2'),
      leaf('e', '%2F'),
    ];
    expect(addresses(tree)).toEqual(['In%2Fout', 'In%2Fout~2', 'In', 'In%7E2', '%252F']);
    for (const line of linesOf(tree)) expect(lineAt(tree, line.address)?.node.id).toBe(line.node.id);
    expect(lineAt(tree, 'In%2Fout~9')?.node.id).toBe('a');
  });
});

describe('a filter', () => {
  it('by name shows what matches, with what it is in, open', () => {
    const { tree, matches } = filterTree(treeOf(finished()), { name: ' sHARP', kind: 'all' });
    expect(labels(tree)).toEqual(['PhotoPipeline', 'Resize and analyse', 'Sharpen']);
    expect(matches).toBe(1);
  });

  it('finds what failed or was tried again among thousands, and says that there is what it cannot find', () => {
    const whole = treeOf(thousands());
    const { tree, matches } = filterTree(whole, { name: '', kind: 'trouble' });
    expect(labels(tree)).toEqual(expect.arrayContaining(['Analyse colours', 'Item 413', 'Item 1,378']));
    expect(labels(tree)).not.toContain('Check the file');
    // Two that failed, three that were tried again, and one before the Map.
    expect(matches).toBe(6);
    expect(hasFoldedAway(whole)).toBe(true);
    expect(hasFoldedAway(treeOf(finished()))).toBe(false);
  });

  it('finds what runs, and nothing where nothing does', () => {
    const { tree, matches } = filterTree(treeOf(runningMap()), { name: '', kind: 'running' });
    expect(labels(tree)).toEqual(expect.arrayContaining(['Look at each tile', 'Item 4', 'Item 5', 'Item 6']));
    expect(matches).toBe(3);
    expect(filterTree(treeOf(failed()), { name: '', kind: 'running' })).toEqual({ tree: [], matches: 0 });
  });

  it('takes name and kind together', () => {
    const { tree } = filterTree(treeOf(failed()), { name: 'measure', kind: 'trouble' });
    expect(labels(tree).filter((label) => label.startsWith('Item'))).toEqual(['Item 2']);
  });
});
