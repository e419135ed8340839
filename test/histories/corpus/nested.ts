import {
  caught,
  concurrent,
  data,
  fail,
  machine,
  one,
  pass,
  sample,
  leadingTo,
  type Sample,
} from './build.ts';

const failing = machine('I', fail());
const map = (fields: object = {}) => ({
  Type: 'Map',
  MaxConcurrency: 1,
  ItemProcessor: machine('I'),
  ...fields,
});
const parallel = (Branches: readonly object[], fields: object = {}) => ({
  Type: 'Parallel',
  Branches,
  ...fields,
});
const ends = (state: object) => one({ ...state, End: true });
const retry = { Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 1, MaxAttempts: 1 }] };
/** Fails for the items that are 2. */
const failsForTwo = {
  StartAt: 'C',
  States: {
    C: { Type: 'Choice', Choices: [{ Variable: '$', NumericEquals: 2, Next: 'F' }], Default: 'P' },
    F: fail(),
    P: pass(),
  },
};
const twoStates = {
  StartAt: 'A',
  States: { A: { Type: 'Pass', Next: 'B' }, B: pass() },
};

const maps: readonly Sample[] = [
  sample('Map: the input', ends(map()), [1, 2, 3]),
  sample('Map: nothing', ends(map()), []),
  sample('Map: ItemsPath', ends(map({ ItemsPath: '$.a.b' })), data),
  sample('Map: of two states', ends(map({ ItemProcessor: twoStates })), [1, 2]),
  sample('Map: Iterator', one({ Type: 'Map', MaxConcurrency: 1, Iterator: machine('I'), End: true }), [1]),
  sample(
    'Map: ItemSelector',
    ends(
      map({
        ItemsPath: '$.a.b',
        ItemSelector: { 'v.$': '$$.Map.Item.Value', 'i.$': '$$.Map.Item.Index', 'n.$': '$.n' },
      }),
    ),
    data,
  ),
  sample('Map: Parameters', ends(map({ ItemsPath: '$.a.b', Parameters: { 'n.$': '$.n' } })), data),
  sample('Map: ResultSelector', ends(map({ ResultSelector: { 'all.$': '$[*]' } })), [1, 2]),
  sample('Map: ResultPath', ends(map({ ItemsPath: '$.a.b', ResultPath: '$.out' })), data),
  sample('Map: paths', ends(map({ InputPath: '$.a', ItemsPath: '$.b', OutputPath: '$[1]' })), data),
  sample('Map: then', leadingTo(map()), [1]),
  sample('Map: items that are no list', ends(map({ ItemsPath: '$.t' })), data),
  sample('Map: items that are not there', ends(map({ ItemsPath: '$.nowhere' })), data),
  sample('Map: fails', ends(map({ ItemProcessor: failing })), [1, 2]),
  sample('Map: fails for the second', ends(map({ ItemProcessor: failsForTwo })), [1, 2, 3]),
  sample('Map: fails, caught', caught(map({ ItemProcessor: failing })), [1]),
  sample(
    'Map: fails, caught with ResultPath',
    caught(map({ ItemsPath: '$.a.b', ItemProcessor: failing }), { ResultPath: '$.e' }),
    data,
  ),
  sample('Map: fails, retried', caught(map({ ItemProcessor: failing, ...retry })), [1]),
  sample(
    'Map: an inner path that is not there',
    ends(map({ ItemProcessor: machine('I', pass({ InputPath: '$.x' })) })),
    [{}],
  ),
  sample('Map: in a Map', ends(map({ ItemProcessor: machine('N', { ...map(), End: true }) })), [[1, 2], [3]]),
  sample(
    'Map: in a Map, fails inside',
    ends(map({ ItemProcessor: machine('N', { ...map({ ItemProcessor: failing }), End: true }) })),
    [[1]],
  ),
  sample(
    'Map: in a Map, caught inside',
    ends(
      map({
        ItemProcessor: caught(map({ ItemProcessor: failing })),
      }),
    ),
    [[1], [2]],
  ),
  sample(
    'Map: a Wait inside',
    ends(map({ ItemProcessor: machine('W', { Type: 'Wait', Seconds: 0, End: true }) })),
    [1],
  ),
  sample('Map: a Succeed inside', ends(map({ ItemProcessor: machine('D', { Type: 'Succeed' }) })), [1, 2]),
  sample('Map: variables of outside', {
    StartAt: 'A',
    States: {
      A: { Type: 'Pass', Assign: { x: 5 }, Result: [1, 2], Next: 'M' },
      M: { ...map({ ItemProcessor: machine('I', pass({ Parameters: { 'x.$': '$x' } })) }), End: true },
    },
  }),
  concurrent('Map: side by side', ends(map({ MaxConcurrency: 0, ItemProcessor: twoStates })), [1, 2, 3]),
  concurrent('Map: two at a time', ends(map({ MaxConcurrency: 2 })), [1, 2]),
];

const x = machine('X');
const y = machine('Y', pass({ Result: 2 }));
const parallels: readonly Sample[] = [
  sample('Parallel: one branch', ends(parallel([x])), { k: 1 }),
  concurrent('Parallel: two branches', ends(parallel([x, y])), { k: 1 }),
  concurrent('Parallel: three branches of two', ends(parallel([twoStates, machine('Q'), machine('R')])), 1),
  sample('Parallel: Parameters', ends(parallel([x], { Parameters: { 'n.$': '$.n' } })), data),
  sample('Parallel: ResultSelector', ends(parallel([y], { ResultSelector: { 'first.$': '$[0]' } })), data),
  sample('Parallel: ResultPath', ends(parallel([y], { ResultPath: '$.out' })), { k: 1 }),
  sample('Parallel: paths', ends(parallel([x], { InputPath: '$.a', OutputPath: '$[0].c' })), data),
  sample('Parallel: then', leadingTo(parallel([x])), 1),
  sample('Parallel: fails', ends(parallel([failing])), 1),
  sample('Parallel: fails, caught', caught(parallel([failing])), 1),
  sample('Parallel: fails, caught with ResultPath', caught(parallel([failing]), { ResultPath: '$.e' }), {
    k: 1,
  }),
  sample('Parallel: fails, caught by name', caught(parallel([failing]), { ErrorEquals: ['E'] }), 1),
  sample('Parallel: fails, retried', caught(parallel([failing], retry)), 1),
  sample('Parallel: in a Parallel', ends(parallel([machine('N', { ...parallel([x]), End: true })])), 1),
  sample(
    'Parallel: in a Parallel, fails inside',
    ends(parallel([machine('N', { ...parallel([failing]), End: true })])),
    1,
  ),
  sample('Parallel: caught inside', ends(parallel([caught(parallel([failing]))])), 1),
  sample(
    'Parallel: in a Map',
    ends(map({ ItemProcessor: machine('N', { ...parallel([x]), End: true }) })),
    [1, 2],
  ),
  sample(
    'Parallel: in a Map, fails',
    ends(map({ ItemProcessor: machine('N', { ...parallel([failing]), End: true }) })),
    [1],
  ),
  sample('Map in a Parallel', ends(parallel([machine('N', { ...map(), End: true })])), [1, 2]),
  sample(
    'Map in a Parallel, fails',
    ends(parallel([machine('N', { ...map({ ItemProcessor: failing }), End: true })])),
    [1],
  ),
  sample(
    'Parallel: an inner path that is not there',
    ends(parallel([machine('I', pass({ OutputPath: '$.x' }))])),
    {},
  ),
  concurrent(
    'Parallel: six levels of one branch and another',
    ends(parallel([machine('N', { ...parallel([x, y]), End: true }), machine('Z')])),
    1,
  ),
  sample('Parallel: variables of outside', {
    StartAt: 'A',
    States: {
      A: { Type: 'Pass', Assign: { v: 5 }, Next: 'P' },
      P: { ...parallel([machine('I', pass({ Parameters: { 'v.$': '$v' } }))]), End: true },
    },
  }),
];

export const nestedSamples: readonly Sample[] = [...maps, ...parallels];
