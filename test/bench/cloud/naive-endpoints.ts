import { createServer } from 'node:http';

/** Answers each request after as many milliseconds as its header `x-delay-ms` says. */
export async function listenForNaive(): Promise<{ readonly url: string }> {
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    request.resume();
    request.once('end', () => {
      setTimeout(() => response.end('{}'), Number(request.headers['x-delay-ms']));
    });
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', listening.resolve);
  await listening.promise;
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}` };
}
