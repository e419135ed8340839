import { arnOf, batchOf, createBench, objectCreated, simpleRun, upload } from '@stepcast/correlator/testing';
import { createEngineMetrics } from '@stepcast/engine';
import { createMetricsLog, silentLogger } from '@stepcast/kit';
import { ManualTime } from '@stepcast/kit/testing';
import { createPublisherMetrics } from '@stepcast/publisher';
import { createFakeBroker, createTestCore } from '@stepcast/publisher/testing';
import { METRICS_NAMESPACE, PUBLISHED_METRICS } from '@stepcast/wire';
import { START_MS } from './metered.ts';

const UPLOADS = 20;

/** What an engine writes of a minute in which it followed some uploads: correlator and publisher with what they count. */
export async function linesOfBusyMinute(): Promise<readonly string[]> {
  const time = new ManualTime(START_MS);
  const metrics = createEngineMetrics();
  const lines: string[] = [];
  const log = createMetricsLog({
    namespace: METRICS_NAMESPACE,
    dimensions: { Deployment: 'stepcast' },
    service: 'engine',
    publish: 'essential',
    published: PUBLISHED_METRICS,
    metrics: Object.values(metrics),
    clock: time,
    timers: time,
    logger: silentLogger,
    write: (line) => lines.push(line),
  });
  const bench = createBench({ time, metrics: metrics.correlator });
  const publisher = createTestCore({
    broker: createFakeBroker({}, (acknowledge) => {
      time.after(20, acknowledge);
    }),
    clock: time,
    timers: time,
    overrides: { metrics: createPublisherMetrics(metrics.publisher) },
  });
  publisher.start();
  for (let number = 0; number < UPLOADS; number += 1) {
    const input = objectCreated({ file: `scan ${number}.png` });
    await upload(bench, input);
    await bench.correlation.correlate(batchOf(arnOf(`up-${number}`), simpleRun({ input })));
    for (const handover of bench.ports.outbox.sent.splice(0)) publisher.hand(handover);
    await time.advance(1_000);
  }
  await log.flush();
  await publisher.stop({ force: true });
  return lines;
}
