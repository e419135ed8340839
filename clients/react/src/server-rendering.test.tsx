/** @vitest-environment jsdom */
import { describe, expect, it } from 'vitest';
import { render } from '@testing-library/react';
import { renderToString } from 'react-dom/server';
import { UploadTimeline } from './elements.ts';
import { ProgressProvider, useConnection, useProgressOverview, useUploadProgress } from './index.ts';
import { bench, expectSilentReact, photo } from './test-support.tsx';

expectSilentReact();

function Page() {
  const { status, percent, steps, isLive } = useUploadProgress(photo, { events: true });
  const { uploads } = useProgressOverview();
  const connection = useConnection();
  return <p>{JSON.stringify([status, percent, steps, isLive, uploads, connection.status])}</p>;
}

describe('rendering on a server', () => {
  it('leaves pictures to the browser', () => {
    expect(renderToString(<UploadTimeline upload={null} />)).toMatch(
      /^<stepcast-timeline[^>]*><\/stepcast-timeline>$/,
    );
  });

  it('gives the empty snapshot, and makes no client', () => {
    const { createClient, clients, runtime } = bench();
    const html = renderToString(
      <ProgressProvider createClient={createClient} runtime={runtime}>
        <Page />
      </ProgressProvider>,
    );
    expect(html).toBe('<p>[null,null,[],false,[],&quot;idle&quot;]</p>');
    expect(clients).toEqual([]);
  });

  it('gives what a browser takes over without a difference, even when its client knows more by then', async () => {
    const { createClient, runtime, run, pass, service } = bench();
    const page = (client: ReturnType<typeof createClient>) => (
      <ProgressProvider client={client} runtime={runtime}>
        <Page />
      </ProgressProvider>
    );
    const client = createClient();
    client.connect();
    await pass(1_000);
    await run(() => service.append(photo.bucket, photo.key, ['uploaded', 'executionStarted']));
    const container = document.createElement('div');
    document.body.append(container);
    container.innerHTML = renderToString(page(client));
    expect(container.textContent).toBe('[null,null,[],false,[],"idle"]');
    render(page(client), { container, hydrate: true });
    await pass(1_000);
    expect(container.textContent).toBe('["running",null,[],true,[],"live"]');
    await run(() => client.close());
  });
});
