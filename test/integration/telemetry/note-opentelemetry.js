import { writeSync } from 'node:fs';
import { registerHooks } from 'node:module';

// For `node --import`: says on standard output which modules of OpenTelemetry's SDK are loaded. Its API, which does nothing by itself,
// is loaded by prom-client.
registerHooks({
  load(url, context, nextLoad) {
    if (url.includes('@opentelemetry/') && !url.includes('@opentelemetry/api/'))
      writeSync(1, `loaded ${url}\n`);
    return nextLoad(url, context);
  },
});
