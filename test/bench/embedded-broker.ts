import * as z from 'zod';
import { startChild } from './child.ts';
import type { SideProcess } from './broker.ts';
import { join } from 'node:path';

const Port = z.object({ port: z.number() });

/** aedes in a process of its own, where there is no Mosquitto. */
export async function startEmbeddedBroker(core: number): Promise<SideProcess> {
  const child = await startChild(join(import.meta.dirname, 'aedes.ts'), { core });
  const { port } = await child.ask(Port, {});
  return {
    name: 'aedes (embedded)',
    url: `mqtt://127.0.0.1:${port}`,
    pid: child.pid,
    stop: () => child.stop(),
  };
}
