/** @vitest-environment jsdom */
import { afterEach, describe, expect, it } from 'vitest';
import { cleanup, render } from '@testing-library/react';
import { failed, runningMap, sampleOutline } from '@stepcast/elements/testing';
import { UploadTimeline } from './elements.ts';

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
});
