import { createServer } from 'node:net';
import { Aedes } from 'aedes';
import { answer } from './child.ts';

/** An MQTT broker without access control, in a process of its own. */
const broker = await Aedes.createBroker();
const server = createServer((socket) => {
  broker.handle(socket);
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const address = server.address();
const port = typeof address === 'object' && address !== null ? address.port : 0;
answer(() => Promise.resolve({ port }));
