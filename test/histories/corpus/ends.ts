import { data, one, pass, sample, leadingTo, type Sample } from './build.ts';

/** Wait, Succeed and Fail. */
export const endSamples: readonly Sample[] = [
  sample('Wait: Seconds 0', one({ Type: 'Wait', Seconds: 0, End: true }), { k: 1 }),
  sample('Wait: Seconds 1', leadingTo({ Type: 'Wait', Seconds: 1 }), { k: 1 }),
  sample('Wait: SecondsPath', leadingTo({ Type: 'Wait', SecondsPath: '$.s' }), { s: 0 }),
  sample('Wait: SecondsPath that is not there', leadingTo({ Type: 'Wait', SecondsPath: '$.s' })),
  sample(
    'Wait: a Timestamp in the past',
    leadingTo({ Type: 'Wait', Timestamp: '2020-01-01T00:00:00Z' }),
    data,
  ),
  sample('Wait: TimestampPath', leadingTo({ Type: 'Wait', TimestampPath: '$.at' }), {
    at: '2020-01-01T00:00:00Z',
  }),
  sample('Wait: paths', leadingTo({ Type: 'Wait', Seconds: 0, InputPath: '$.a', OutputPath: '$.c' }), data),
  sample('Succeed', one({ Type: 'Succeed' }), data),
  sample('Succeed: paths', one({ Type: 'Succeed', InputPath: '$.a', OutputPath: '$.c' }), data),
  sample('Succeed: a path that is not there', one({ Type: 'Succeed', InputPath: '$.x' }), data),
  sample('Fail', one({ Type: 'Fail', Error: 'E', Cause: 'c' })),
  sample('Fail: bare', one({ Type: 'Fail' })),
  sample('Fail: only Error', one({ Type: 'Fail', Error: 'E' })),
  sample('Fail: only Cause', one({ Type: 'Fail', Cause: 'c' })),
  sample('Fail: by paths', one({ Type: 'Fail', ErrorPath: '$.t', CausePath: '$.a.c.d' }), data),
  sample(
    'Fail: by functions',
    one({ Type: 'Fail', Error: 'E', CausePath: "States.Format('n={}', $.n)" }),
    data,
  ),
  sample('Fail: after a Pass', leadingTo({ Type: 'Pass' }, { Type: 'Fail', Error: 'E' })),
  sample('a chain of ten', {
    StartAt: 'P0',
    States: Object.fromEntries(
      Array.from({ length: 10 }, (_, index) => [
        `P${index}`,
        index === 9
          ? pass()
          : { Type: 'Pass', Result: index, ResultPath: `$.p${index}`, Next: `P${index + 1}` },
      ]),
    ),
  }),
];
