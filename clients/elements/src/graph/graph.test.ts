import { describe, expect, it } from 'vitest';
import type { OutlineState, WorkflowOutline } from '@stepcast/contracts';
import fc from 'fast-check';
import { definitionFor } from '../model/definition.ts';
import { UploadModel } from '../model/upload-model.ts';
import type { UploadSnapshot } from '../model/upload.ts';
import { begun, failed, runningMap, SampleRun, sampleOutline, thousands } from '../testing/index.ts';
import { END, graphOf, outlineToDraw, progressOf, START, type GraphScope } from './graph-model.ts';
import { layoutGraph, type Box } from './layout.ts';

function modelOf(snapshot: UploadSnapshot, outline: WorkflowOutline | null): UploadModel {
  const model = new UploadModel();
  model.take(snapshot, outline);
  return model;
}
const seenOf = (run: SampleRun) => modelOf({ state: run.state, events: run.events }, null);
const drawnOf = (model: UploadModel) => graphOf(outlineToDraw(model) ?? { states: [] });
const waysOf = ({ edges }: GraphScope) => edges.map(({ from, to }) => `${from.trim()} > ${to.trim()}`);

const names = ['A', 'B', 'C', 'D', 'E', 'F'];
/** Also what no definition has: names twice, ways to nowhere, things inside of one another. */
const anyOutline: fc.Arbitrary<WorkflowOutline> = fc.record({
  states: fc.array(
    fc.record(
      {
        name: fc.constantFrom(...names),
        type: fc.constantFrom<OutlineState['type'][]>('Task', 'Map', 'Parallel', 'Choice'),
        start: fc.constant<true>(true),
        next: fc.array(fc.constantFrom(...names, 'nowhere'), { maxLength: 3 }),
        caught: fc.array(fc.constantFrom(...names), { maxLength: 1 }),
        inside: fc.constantFrom(...names),
        branch: fc.nat(2),
      },
      { requiredKeys: ['name', 'type'] },
    ),
    { maxLength: 8 },
  ),
});

const overlap = (one: Box, other: Box) =>
  one.x < other.x + other.width &&
  other.x < one.x + one.width &&
  one.y < other.y + other.height &&
  other.y < one.y + one.height;
const within = (inner: Box, outer: Box) =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height;

describe('the graph', () => {
  it('has a place for every state of any outline: none on another, and what is inside of something in it', () => {
    fc.assert(
      fc.property(anyOutline, (outline) => {
        const scope = graphOf(outline);
        const { nodes, width, height } = layoutGraph(scope, () => 160);
        const boxes = new Map(nodes.map((placed) => [placed.node, placed]));
        const check = ({ nodes: siblings }: GraphScope, around: Box): void => {
          const placed = siblings.flatMap((node) => boxes.get(node) ?? []);
          expect(placed).toHaveLength(siblings.length);
          for (const [index, one] of placed.entries()) {
            expect(within(one, around)).toBe(true);
            for (const other of placed.slice(index + 1)) expect(overlap(one, other)).toBe(false);
            for (const inner of one.node.inside) check(inner, one);
          }
        };
        check(scope, { x: 0, y: 0, width, height });
      }),
      { numRuns: 100 },
    );
  });

  it('lays a workflow of 300 states out without the ways after an error, which would take minutes', () => {
    const states = Array.from({ length: 300 }, (_, index) => ({
      name: `S${index}`,
      type: 'Task' as const,
      ...(index < 299 ? { next: [`S${index + 1}`], caught: ['S299'] } : {}),
    }));
    const { nodes, edges } = layoutGraph(graphOf({ states }), () => 160);
    expect(nodes).toHaveLength(302);
    expect(edges.some(({ edge }) => edge.caught)).toBe(false);
  });

  it('has the ways of the definition, and those after an error', () => {
    const graph = graphOf(sampleOutline());
    expect(waysOf(graph)).toContain('Large or small? > Plan for a small photo');
    expect(graph.edges).toContainEqual({ from: 'Check the file', to: 'Not an image', caught: true });
    expect(waysOf(graph)).toContain('start > Check the file');
    expect(waysOf(graph)).toContain('Done > end');
  });

  it('tells the ways that were taken from those that were not', () => {
    const run = begun();
    for (const model of [
      modelOf({ state: run.state, events: run.events }, sampleOutline()),
      modelOf({ state: run.state }, sampleOutline()),
    ]) {
      const { taken } = progressOf(model);
      const way = (from: string, to: string) => taken({ from, to, caught: false });
      expect(way(START, 'Check the file')).toBe(true);
      expect(way('Large or small?', 'Plan for a large photo')).toBe(true);
      expect(way('Large or small?', 'Plan for a small photo')).toBe(false);
      expect(way('Done', END)).toBe(false);
    }
  });

  it('is drawn from events alone, with branches side by side', () => {
    const graph = drawnOf(seenOf(runningMap()));
    expect(waysOf(graph)).toContain('Plan for a large photo > Resize and analyse');
    const parallel = graph.nodes.find(({ name }) => name === 'Resize and analyse');
    expect(parallel?.inside.map(waysOf)).toEqual([['Resize > Sharpen']]);
    expect(parallel?.inside[0]?.nodes.map(({ name }) => name)).toEqual([
      'Resize',
      'Analyse colours',
      'Sharpen',
    ]);
  });

  it('is drawn from the state alone', () => {
    const graph = drawnOf(modelOf({ state: runningMap().state }, null));
    expect(waysOf(graph)).toContain('Resize and analyse > Look at each tile');
    const map = graph.nodes.find(({ name }) => name === 'Look at each tile');
    expect(map?.inside.map(waysOf)).toEqual([['Measure the tile > Pause at the tile']]);
  });

  it('counts the items of a Map as they end, which the Map tells late', () => {
    const run = thousands();
    const model = modelOf({ state: run.state, events: run.events }, sampleOutline());
    expect(run.state.steps.find(({ name }) => name === 'Look at each tile')?.iterations?.succeeded).toBe(
      1_898,
    );
    expect(progressOf(model).steps.get('Look at each tile')?.iterations).toMatchObject({
      succeeded: 1_958,
      failed: 2,
    });
  });

  it('shows a failure with its error', () => {
    expect(progressOf(seenOf(failed())).steps.get('Measure the tile')).toMatchObject({
      status: 'failed',
      attempt: 3,
      error: { name: 'States.Timeout' },
    });
  });
});

describe('the definition of an upload', () => {
  const photos = { ...sampleOutline(), name: 'PhotoPipeline' };
  const other = { states: [], name: 'Other' };

  it('is that of its workflow, by name', () => {
    expect(definitionFor([other, photos], begun().state)).toBe(photos);
    expect(definitionFor([other], begun().state)).toBeNull();
    expect(definitionFor(photos, null)).toBe(photos);
  });

  it('is the only one that there is before the workflow starts', () => {
    expect(definitionFor([photos], new SampleRun().state)).toBe(photos);
    expect(definitionFor([photos, other], new SampleRun().state)).toBeNull();
  });
});
