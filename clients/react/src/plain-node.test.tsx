/** @vitest-environment node */
import { describe, expect, it } from 'vitest';
import { renderToPipeableStream, renderToString } from 'react-dom/server';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { finished, sampleOutline } from '@stepcast/elements/testing';
import { createProgressClient } from '@stepcast/web';
import { UploadGraph, UploadTimeline } from './elements.ts';
import {
  ProgressProvider,
  useConnection,
  useProgressOverview,
  useUpload,
  useUploadProgress,
  useWorkflows,
} from './index.ts';

/*
 * A server of Next.js, Remix or Astro: Node, in which there is no window, no document and no HTMLElement.
 */

const created: unknown[] = [];
const createClient = () => {
  const client = createProgressClient({
    region: 'us-east-1',
    endpoint: 'a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com',
    credentials: () => Promise.reject(new Error('no server asks for credentials')),
  });
  created.push(client);
  return client;
};

function Page() {
  const target = { bucket: 'uploads', key: 'users/us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f/photo.png' };
  const { status, percent } = useUploadProgress(target, { events: true });
  const upload = useUpload({ bucket: 'uploads' });
  const { uploads } = useProgressOverview();
  const workflows = useWorkflows();
  const connection = useConnection();
  const run = finished();
  return (
    <main>
      <p>{JSON.stringify([status, percent, upload.phase, uploads, workflows, connection.status])}</p>
      <UploadTimeline upload={{ state: run.state, events: run.events }} definition={sampleOutline()} />
      <UploadGraph upload={{ state: run.state, events: run.events }} definition={sampleOutline()} />
    </main>
  );
}

const app = (
  <ProgressProvider createClient={createClient}>
    <Page />
  </ProgressProvider>
);

describe('the hooks and pictures in plain Node', () => {
  it('are in a place without a browser', () => {
    for (const name of ['window', 'document', 'HTMLElement'])
      expect(Reflect.has(globalThis, name) ? name : 'absent').toBe('absent');
  });

  it('render the page as it is before anything is known, with places for the pictures, and make no client', () => {
    const html = renderToString(app);
    expect(html).toContain('[null,null,&quot;idle&quot;,[],[],&quot;idle&quot;]');
    expect(html).toMatch(
      /<stepcast-timeline[^>]*><\/stepcast-timeline><stepcast-graph[^>]*><\/stepcast-graph>/,
    );
    expect(html).not.toContain('[object Object]');
    expect(created).toEqual([]);
  });

  it('stream the same', async () => {
    const stream = new PassThrough();
    const failures: unknown[] = [];
    renderToPipeableStream(app, { onError: (error) => void failures.push(error) }).pipe(stream);
    expect(await text(stream)).toContain('<stepcast-graph');
    expect(failures).toEqual([]);
  });
});
