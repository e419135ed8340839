import { Session, type Profiler } from 'node:inspector/promises';
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { startMosquitto } from './broker.ts';
import { startChild } from './child.ts';
import { BESIDE, MEASURED, pin } from './cores.ts';
import { startEmbeddedBroker } from './embedded-broker.ts';
import { createRunner } from './paths/runner.ts';
import { startPath } from './paths/start-path.ts';
import { selfTimes } from './profile/self-times.ts';
import { figure } from './report.ts';
import { createWorkload } from './workload.ts';

/** Where the engine's time goes: a CPU profile of one path, after it is warm, by function and by package. */
const { values } = parseArgs({
  options: {
    path: { type: 'string', default: 'engine' },
    store: { type: 'string', default: 'memory' },
    events: { type: 'string', default: '40000' },
    'warm-up': { type: 'string', default: '40000' },
    top: { type: 'string', default: '40' },
    out: { type: 'string' },
  },
});
const Addresses = z.object({ atOnce: z.string(), after4Ms: z.string() });
const broker = (await startMosquitto(BESIDE)) ?? (await startEmbeddedBroker(BESIDE));
const cloud = await startChild(`${import.meta.dirname}/cloud/main.ts`, { core: BESIDE });
const { atOnce, after4Ms } = await cloud.ask(Addresses, { kind: 'addresses' });
const url = { memory: '', http: atOnce, 'http-4': after4Ms }[values.store] ?? '';
await pin(process.pid, MEASURED);
const path = await startPath(
  {
    path: z.enum(['ceiling', 'twin', 'engine']).parse(values.path),
    brokerUrl: broker.url,
    url,
    cloudUrl: atOnce,
    name: 'profile',
    executions: 500,
    seed: 1,
  },
  () => ({ messagesPerEvent: 0.3, bytesPerMessage: 1_000 }),
);
const runner = createRunner({
  path,
  workload: createWorkload({ executions: 500 }),
  executions: 500,
  seed: 1,
  lanes: 40,
  minExecutions: 240,
});
for (let left = Number(values['warm-up']); left > 0; left -= 12_000) {
  runner.prepare(12_000);
  await runner.run();
}

const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.setSamplingInterval', { interval: 200 });
runner.prepare(Number(values.events));
await session.post('Profiler.start');
const ran = await runner.run();
const { profile }: Profiler.StopReturnType = await session.post('Profiler.stop');
if (values.out !== undefined) await writeFile(values.out, JSON.stringify(profile));

const { functions, packages, busySeconds } = selfTimes(profile);
const micros = (seconds: number) => `${figure((seconds / ran.events) * 1e6).padStart(6)} µs/event`;
const share = (seconds: number) => `${((seconds / busySeconds) * 100).toFixed(1).padStart(5)} %`;
const print = (text: string) => process.stdout.write(`${text}\n`);
print(
  `${ran.events} events, ${micros(ran.cpuSeconds)} of CPU (with the profiler's own), ${ran.messages} messages`,
);
print('\nby package');
for (const [name, seconds] of packages) print(`${share(seconds)} ${micros(seconds)}  ${name}`);
print('\nby function');
for (const [name, seconds] of functions.slice(0, Number(values.top)))
  print(`${share(seconds)} ${micros(seconds)}  ${name}`);
await path.stop();
await Promise.all([cloud.stop(), broker.stop()]);
process.exit(0);
