import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOtlpReceiver, type OtlpReceiver } from '@stepcast/kit/testing/otlp-receiver';
import { ENV } from '@stepcast/wire';
import { outputOfService } from '../../support/lonely-service.ts';

const NOTE = pathToFileURL(join(import.meta.dirname, 'note-opentelemetry.js')).href;

/** Modules of OpenTelemetry's SDK that the process of a service loads until it is stopped. */
async function loadedBy(service: string, more: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const lines = await outputOfService(service, more, ['--import', NOTE]);
  return lines.filter((line) => line.startsWith('loaded '));
}

describe.each(['engine', 'correlator', 'publisher', 'provisioner'])('the process of the %s', (service) => {
  let collector: OtlpReceiver;

  beforeAll(async () => {
    collector = await startOtlpReceiver();
  });

  afterAll(() => collector.close());

  it('does not load the SDK of OpenTelemetry without a collector', async () => {
    expect(await loadedBy(service, {})).toEqual([]);
  });

  it('sends its metrics to a collector that its environment names, with the headers that go there', async () => {
    const more = { [ENV.otlpEndpoint]: collector.url, OTEL_EXPORTER_OTLP_HEADERS: 'x-api-key=abc' };
    expect(await loadedBy(service, more)).not.toEqual([]);
    // Each of the provisioner's counters is by outcome: it has nothing to send before a request.
    if (service === 'provisioner') {
      expect(collector.metrics).toEqual([]);
      return;
    }
    expect(new Set(collector.metrics.map((one) => one.service))).toEqual(new Set([`stepcast-${service}`]));
    expect(collector.headers[0]).toMatchObject({ 'x-api-key': 'abc' });
  });
});
