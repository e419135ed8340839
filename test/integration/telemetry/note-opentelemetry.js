import { writeSync } from 'node:fs';
import { registerHooks } from 'node:module';

// For `node --import`: says on standard output which modules of OpenTelemetry are loaded.
registerHooks({
  load(url, context, nextLoad) {
    if (url.includes('@opentelemetry')) writeSync(1, `loaded ${url}\n`);
    return nextLoad(url, context);
  },
});
