import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** Serves the built demo page, and with it the contract: the rendered page at `/contracts/`, its files below. */
export async function registerPage(server: FastifyInstance, directory: string): Promise<void> {
  await server.register(fastifyStatic, {
    root: directory,
    // The build lays zipped files beside the others.
    preCompressed: true,
    // Its assets carry their hash in their names; the page itself is asked for anew.
    setHeaders: (reply, path) => {
      void reply.header(
        'cache-control',
        path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      );
      // By its ending alone it would be a video.
      if (path.endsWith('.d.ts')) void reply.header('content-type', 'text/plain; charset=utf-8');
    },
  });
  server.get('/contracts', (_request, reply) => reply.redirect('/contracts/'));
}
