import { describe, expect, it } from 'vitest';
import { packageOf, selfTimes } from './self-times.ts';

const frame = (functionName: string, url = '') => ({
  functionName,
  url,
  scriptId: '1',
  lineNumber: 9,
  columnNumber: 0,
});
const stream = 'file:///somewhere/services/correlator/src/domain/stream.ts';

describe('a CPU profile', () => {
  it('counts what Node and V8 do for the function that asks for it', () => {
    const profile = {
      nodes: [
        { id: 1, callFrame: frame('(root)'), children: [2, 5, 6, 7] },
        { id: 2, callFrame: frame('advance', stream), children: [3] },
        { id: 3, callFrame: frame('gunzipSync', 'node:zlib'), children: [4] },
        { id: 4, callFrame: frame('writeSync') },
        { id: 5, callFrame: frame('(garbage collector)') },
        { id: 6, callFrame: frame('(idle)') },
        { id: 7, callFrame: frame('runMicrotasks') },
      ],
      samples: [2, 3, 4, 5, 6, 7],
      timeDeltas: [1e6, 2e6, 3e6, 4e6, 100e6, 5e6],
    };
    const { functions, packages, busySeconds } = selfTimes(profile);
    expect(busySeconds).toBe(15);
    expect(packages).toEqual([
      ['services/correlator/domain', 6],
      ['Node and V8 alone', 5],
      ['(garbage collector)', 4],
    ]);
    expect(functions[0]).toEqual(['advance services/correlator/domain domain/stream.ts:10', 6]);
  });

  it.each([
    [stream, 'services/correlator/domain'],
    ['file:///a/contracts/src/fold.ts', 'contracts'],
    ['file:///a/node_modules/mqtt/build/lib/client.js', 'mqtt'],
    ['file:///a/services/kit/node_modules/@scope/name/index.js', '@scope/name'],
    ['node:net', undefined],
    ['', undefined],
  ])('knows whose %s is', (url, owner) => {
    expect(packageOf(url)).toBe(owner);
  });
});
