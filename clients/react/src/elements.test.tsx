/** @vitest-environment jsdom */
import { afterEach, describe, expect, it } from 'vitest';
import { cleanup, render, waitFor } from '@testing-library/react';
import { failed, reporting, runningMap, sampleOutline } from '@stepcast/elements/testing';
import { UploadGraph, UploadTimeline } from './elements.ts';

afterEach(cleanup);

const timeline = () => document.querySelector('stepcast-timeline');
const items = () =>
  [...(timeline()?.shadowRoot?.querySelectorAll('[role=treeitem]') ?? [])].map((item) => item.textContent);

describe('the pictures in React', () => {
  it('show what they are given, and what changes', async () => {
    const run = runningMap();
    const { rerender } = render(
      <UploadTimeline upload={{ state: run.state, events: run.events }} definition={sampleOutline()} />,
    );
    await timeline()?.updateComplete;
    expect(items().some((text) => text.includes('Look at each tile') && text.includes('3 of 9 done'))).toBe(
      true,
    );
    const end = failed();
    rerender(
      <UploadTimeline upload={{ state: end.state, events: end.events }} definition={sampleOutline()} />,
    );
    await timeline()?.updateComplete;
    expect(items().some((text) => text.includes('States.Timeout'))).toBe(true);
  });

  it('tell which step somebody chose', async () => {
    const run = runningMap();
    const chosen: (string | null)[] = [];
    render(
      <UploadTimeline
        upload={{ state: run.state, events: run.events }}
        onStepSelect={({ detail }) => {
          chosen.push(detail.step);
        }}
      />,
    );
    await timeline()?.updateComplete;
    timeline()?.shadowRoot?.querySelectorAll<HTMLElement>('[role=treeitem]')[1]?.click();
    expect(chosen).toEqual(['Check the file']);
  });

  it('show what a step says of its progress, and no longer when it has ended', async () => {
    const run = reporting();
    const show = () => (
      <>
        <UploadTimeline upload={{ state: run.state, events: run.events }} />
        <UploadGraph upload={{ state: run.state, events: run.events }} />
      </>
    );
    const graph = () => document.querySelector('stepcast-graph');
    const settled = () => Promise.all([timeline()?.updateComplete, graph()?.updateComplete]);
    const bars = () =>
      [...(timeline()?.shadowRoot?.querySelectorAll('[part=report] rect') ?? [])].map((bar) =>
        bar.getAttribute('width'),
      );
    const { rerender } = render(show());
    await settled();
    expect(items().some((text) => text.includes('40%, page 4 of 10'))).toBe(true);
    expect(bars()).toEqual(['40%']);
    // Its layout is loaded with the first graph.
    await waitFor(() => {
      expect(graph()?.shadowRoot?.textContent).toContain('40%, page 4 of 10');
    });
    run.end('Read the pages');
    rerender(show());
    await settled();
    expect(items().some((text) => text.includes('page 4'))).toBe(false);
    expect(bars()).toEqual([]);
    expect(graph()?.shadowRoot?.textContent).not.toContain('page 4');
  });
});
