/** @vitest-environment jsdom */
import { type Overview, uploadIdOf } from '@stepcast/contracts';
import { describe, expect, it } from 'vitest';
import { render } from '@testing-library/react';
import { type OverviewProgress, ProgressProvider, useProgressOverview } from './index.ts';
import { bench, bucket, expectSilentReact, film, identityId, photo, photoState } from './test-support.tsx';

expectSilentReact();

describe('useProgressOverview', () => {
  const entry = (key: string, percent: number) => ({
    ...photoState(1, { key, percent }),
    uploadId: uploadIdOf(bucket, key),
  });
  const overview = (second: number, uploads: Overview['uploads']): Overview => ({
    identityId,
    uploads,
    asOf: new Date(Date.UTC(2026, 10, 3, 10, 0, second)).toISOString(),
    truncated: false,
  });

  it('connects, shows the newest uploads, and keeps entries that have not changed', async () => {
    const { createClient, runtime, run, pass, service, transport } = bench();
    const renders: OverviewProgress[] = [];
    function Page() {
      renders.push(useProgressOverview());
      return null;
    }
    const view = render(
      <ProgressProvider createClient={createClient} runtime={runtime}>
        <Page />
        <Page />
      </ProgressProvider>,
    );
    expect(renders[0]).toMatchObject({ overview: null, uploads: [], isLive: false });
    await pass(500);
    expect(renders.at(-1)).toMatchObject({ overview: null, isLive: true });
    await pass(1_000);
    expect(renders.at(-1)).toMatchObject({ overview: { uploads: [] }, isLive: true });
    await run(() => service.publishOverview(overview(1, [entry(photo.key, 5), entry(film.key, 50)])));
    const before = renders.at(-1);
    expect(before?.uploads.map(({ percent }) => percent)).toEqual([5, 50]);
    await pass(100);
    await run(() => service.publishOverview(overview(2, [entry(photo.key, 6), entry(film.key, 50)])));
    const after = renders.at(-1);
    expect(after?.uploads.map(({ percent }) => percent)).toEqual([6, 50]);
    expect(after?.uploads[1]).toBe(before?.uploads[1]);
    expect(after?.overview?.truncated).toBe(false);
    await pass(100);
    const count = renders.length;
    await run(() => service.publishOverview(overview(2, [])));
    expect(renders).toHaveLength(count);
    await run(() => transport.drop());
    expect(renders.at(-1)).toMatchObject({ isLive: false, uploads: [{ percent: 6 }, { percent: 50 }] });
    view.unmount();
    await run();
    expect(transport.connections).toEqual([]);
  });

  it('shows a client that is closed as such, instead of throwing', async () => {
    const { createClient, runtime, pass } = bench();
    const client = createClient();
    await client.close();
    let shown: OverviewProgress | undefined;
    function Page() {
      shown = useProgressOverview({ throttleMs: 0 });
      return null;
    }
    render(
      <ProgressProvider client={client} runtime={runtime}>
        <Page />
      </ProgressProvider>,
    );
    await pass(1_000);
    expect(shown).toMatchObject({ overview: null, connection: { status: 'closed' }, isLive: false });
  });
});
