import type { Setup } from '../questions.ts';
import { startCeiling, startTwin, type Volume } from './ceiling.ts';
import { startEngine, startEngineInMemory } from './engine.ts';
import { startFeeder } from './feeder.ts';
import { startNaive } from './naive.ts';
import type { Path } from './path.ts';

export function startPath(setup: Setup, volume: () => Volume): Promise<Path> | Path {
  switch (setup.path) {
    case 'ceiling':
      return startCeiling(setup.brokerUrl);
    case 'twin':
      return startTwin(setup.brokerUrl, volume);
    case 'naive':
      return startNaive(setup.url);
    case 'feeder':
      return startFeeder(setup.url);
    case 'engine':
      return setup.url === ''
        ? startEngineInMemory(setup.brokerUrl)
        : startEngine({ ...setup, storeUrl: setup.url });
  }
}
