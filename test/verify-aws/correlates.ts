import { s3Of, uploadAndFollow } from '../deployed/person.ts';
import { until } from '../deployed/run.ts';
import { EXPRESS_FACTS, uploadToExpress } from './express.ts';
import { type Findings } from './findings.ts';
import { hopsWithout, lagsByHop, newestLineMs } from './hops.ts';
import { linesIn } from './logged.ts';
import { judged, said, untried, type World } from './probe.ts';
import { type Up } from './target.ts';
import { type Workflow } from './workflow.ts';

export interface CorrelateOptions {
  /** Uploads by which latency is measured. */
  readonly uploads: number;
  readonly interrupted: AbortSignal;
  readonly workflow: Workflow;
  readonly up: Pick<Up, 'engineLogGroup' | 'passOnLog'>;
}

const MINUTE_MS = 60_000;

/** Uploads with and without execution data in the logs, and one of an Express execution, each followed to its end. */
export async function correlates(
  world: World,
  findings: Findings,
  { uploads, interrupted, workflow, up }: CorrelateOptions,
): Promise<void> {
  const { page, ada, say, emulator } = world;
  const s3 = s3Of(page, ada.keys);
  const upload = async (what: string, name: string, isMeasured: boolean): Promise<boolean> => {
    interrupted.throwIfAborted();
    try {
      const watched = await uploadAndFollow({
        client: ada.client,
        s3,
        bucket: page.bucket,
        key: `users/${ada.identityId}/${name}`,
        timeoutMs: emulator === undefined ? 600_000 : 120_000,
        namesVersions: emulator === undefined,
      });
      findings.add(watched, isMeasured);
      const whole = watched.offsets.every((offset, index) => offset === index + 1);
      if (watched.status !== 'succeeded' || !whole || watched.discontinuities > 0)
        findings.failures.push(`${what}: ended as ${watched.status}, offsets ${watched.offsets.join(' ')}`);
      say(`${what}: ${watched.offsets.length} events, complete after ${watched.tookMs} ms`);
      return true;
    } catch (thrown) {
      findings.failures.push(`${what}: ${said(thrown)}`);
      say(`${what}: ${said(thrown)}`);
      return false;
    }
  };
  try {
    for (let number = 1; number <= uploads; number += 1)
      if (!(await upload(`upload ${number} of ${uploads}`, `measured-${number}.txt`, true))) break;
    await measureHops(world, findings, { interrupted, up });
    const odd = await upload('a key with a space, "+" and an umlaut', 'summer + päinting.txt', false);
    findings.seen.push(
      judged(
        's3.raw-key-in-events',
        odd,
        odd ? 'its upload was followed to complete' : 'it was not followed',
      ),
    );
    await workflow.withoutExecutionData();
    await upload('without execution data in the logs', 'without-data.txt', false);
    interrupted.throwIfAborted();
    await express();
  } finally {
    s3.destroy();
  }

  async function express(): Promise<void> {
    const what = 'an Express execution';
    try {
      const { seen, events, kinds, tookMs } = await uploadToExpress(world, s3, workflow);
      findings.used(events);
      findings.seen.push(...seen);
      say(`${what}: ${kinds.length} events, at its end after ${tookMs} ms`);
      for (const { fact, verdict, seen: words } of seen) say(`  ${fact}: ${verdict}: ${words}`);
    } catch (thrown) {
      findings.failures.push(`${what}: ${said(thrown)}`);
      findings.seen.push(...EXPRESS_FACTS.map((fact) => untried(fact, said(thrown))));
      say(`${what}: ${said(thrown)}`);
    }
  }
}

/** What the services have counted of the measured uploads. They write it within a minute, unless there is nothing more. */
async function measureHops(
  { clients, say, emulator }: World,
  findings: Findings,
  { interrupted, up }: Pick<CorrelateOptions, 'interrupted' | 'up'>,
): Promise<void> {
  const { firstEventMs } = findings;
  if (firstEventMs === undefined) return;
  const endedMs = Date.now();
  // CloudWatch has a line some seconds after it is written.
  const patienceMs = MINUTE_MS + (emulator === undefined ? 30_000 : 2_000);
  say('waits for what the services count, which they write once a minute');
  const lines = await until('lines of metrics', patienceMs + MINUTE_MS, async () => {
    interrupted.throwIfAborted();
    await up.passOnLog();
    const found = await linesIn(clients.logs, up.engineLogGroup, firstEventMs);
    return newestLineMs(found) >= endedMs || Date.now() >= endedMs + patienceMs ? found : undefined;
  });
  findings.serviceHops = lagsByHop(lines, firstEventMs);
  for (const hop of hopsWithout(findings.serviceHops))
    findings.failures.push(`${hop}: the services have written nothing of it`);
}
