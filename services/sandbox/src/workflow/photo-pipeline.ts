import { partitionOf } from '@stepcast/contracts';
/** Names of the functions that {@link photoPipeline} calls; the keys of what `createPhotoHandlers` returns. */
export const PHOTO_FUNCTIONS = {
  check: 'photo-check',
  metadata: 'photo-metadata',
  resize: 'photo-resize',
  colours: 'photo-colours',
  tiles: 'photo-tiles',
  measure: 'photo-measure',
  summary: 'photo-summary',
} as const;

/** Names of the states that tests and the page's end-to-end test search for. */
export const PHOTO_STATES = {
  check: 'Check the file',
  colours: 'Analyse colours',
  measure: 'Look at each tile',
  notAnImage: 'Not an image',
} as const;

/** What AWS advises to retry on every Lambda task: failures of the service, not of the function. */
const serviceRetry = {
  ErrorEquals: ['Lambda.ServiceException', 'Lambda.SdkClientException', 'Lambda.TooManyRequestsException'],
  IntervalSeconds: 1,
  BackoffRate: 2,
  MaxAttempts: 3,
};

const rejections = [
  ['EmptyFile', 'Empty file', 'The file has no content. Choose another file.'],
  [
    'FileTooLarge',
    'Too large',
    'The picture is larger than this workflow takes (60 MB, 64 megapixels). Choose a smaller one.',
  ],
  [
    'NotAnImage',
    PHOTO_STATES.notAnImage,
    'The file is not a picture. Choose a JPEG, PNG, WebP, GIF, TIFF or AVIF.',
  ],
  [
    'UnsupportedFormat',
    'Unsupported format',
    'This kind of picture cannot be read here. Save it as JPEG or PNG and upload it again.',
  ],
  [
    'DamagedImage',
    'Damaged image',
    'The picture is damaged and cannot be read. Upload it again from the original.',
  ],
] as const;

/** `Catch`: each reason for which a file is refused leads to a Fail state of its own, in words for its owner. */
const refuse = rejections.map(([error, state]) => ({
  ErrorEquals: [error],
  ResultPath: '$.refusal',
  Next: state,
}));

const failStates = Object.fromEntries(
  rejections.map(([error, state, cause]) => [state, { Type: 'Fail', Error: error, Cause: cause }]),
);

/** A Task through the optimised integration: its history has `TaskScheduled`, `TaskStarted`, `TaskSucceeded`. */
const invoke = (partition: string, functionName: string, payload: Record<string, unknown>) => ({
  Type: 'Task',
  Resource: `arn:${partition}:states:::lambda:invoke`,
  Parameters: { FunctionName: functionName, Payload: payload },
  TimeoutSeconds: 60,
  Retry: [serviceRetry],
});

/** A Task that names the function as its resource: its history has `LambdaFunctionScheduled` and so on. */
const call = (functionArn: string, parameters: Record<string, unknown>) => ({
  Type: 'Task',
  Resource: functionArn,
  Parameters: parameters,
  TimeoutSeconds: 60,
  Retry: [serviceRetry],
});

/**
 * The demo workflow: what happens to a photo that somebody uploaded. Its input is the whole EventBridge event
 * `Object Created`.
 *
 * It checks the file by its content, reads its size and format, plans by how large it is, makes smaller copies and
 * finds the main colours side by side, then measures each tile of a grid, three at a time, and sums up.
 *
 * Nothing is written to S3: under the uploader's prefix it would be an upload and start the workflow again, and anywhere
 * else in the bucket it would raise an upload event without an owner. The result is the execution's output.
 */
export function photoPipeline(place: { readonly region: string; readonly accountId: string }) {
  const partition = partitionOf(place.region);
  const arn = (name: string) => `arn:${partition}:lambda:${place.region}:${place.accountId}:function:${name}`;
  const object = { 'bucket.$': '$.object.bucket', 'key.$': '$.object.key', 'etag.$': '$.object.etag' };

  return {
    Comment:
      'Looks at an uploaded photo. Accepts: image/*. The Wait states "Pause before the tiles" (1 s) and "Pause at the tile" (1 s), and two ' +
      'pauses of 1.2 s in "Analyse colours", are only there so that people can watch; all other time is real work.',
    StartAt: 'Take the event',
    TimeoutSeconds: 300,
    States: {
      'Take the event': {
        Type: 'Pass',
        Parameters: {
          object: {
            'bucket.$': '$.detail.bucket.name',
            'key.$': '$.detail.object.key',
            'size.$': '$.detail.object.size',
            'etag.$': '$.detail.object.etag',
          },
        },
        Next: PHOTO_STATES.check,
      },
      [PHOTO_STATES.check]: {
        ...invoke(partition, PHOTO_FUNCTIONS.check, { ...object, 'size.$': '$.object.size' }),
        ResultSelector: { 'format.$': '$.Payload.format' },
        ResultPath: '$.check',
        Catch: refuse,
        Next: 'Read metadata',
      },
      'Read metadata': {
        ...call(arn(PHOTO_FUNCTIONS.metadata), object),
        ResultPath: '$.photo',
        Catch: refuse,
        Next: 'Large or small?',
      },
      'Large or small?': {
        Type: 'Choice',
        Choices: [
          { Variable: '$.photo.pixels', NumericGreaterThanEquals: 1_000_000, Next: 'Plan for a large photo' },
        ],
        Default: 'Plan for a small photo',
      },
      'Plan for a large photo': {
        Type: 'Pass',
        Result: { widths: [1600, 800, 400], columns: 4, rows: 3 },
        ResultPath: '$.plan',
        Next: 'Resize and analyse',
      },
      'Plan for a small photo': {
        Type: 'Pass',
        Result: { widths: [320, 160], columns: 3, rows: 3 },
        ResultPath: '$.plan',
        Next: 'Resize and analyse',
      },
      'Resize and analyse': {
        Type: 'Parallel',
        Branches: [
          {
            StartAt: 'Make smaller copies',
            States: {
              'Make smaller copies': {
                Type: 'Map',
                ItemsPath: '$.plan.widths',
                ItemSelector: { 'object.$': '$.object', 'width.$': '$$.Map.Item.Value' },
                MaxConcurrency: 1,
                ItemProcessor: {
                  ProcessorConfig: { Mode: 'INLINE' },
                  StartAt: 'Resize',
                  States: {
                    Resize: {
                      ...invoke(partition, PHOTO_FUNCTIONS.resize, { ...object, 'width.$': '$.width' }),
                      OutputPath: '$.Payload',
                      End: true,
                    },
                  },
                },
                End: true,
              },
            },
          },
          {
            StartAt: PHOTO_STATES.colours,
            States: {
              [PHOTO_STATES.colours]: {
                ...call(arn(PHOTO_FUNCTIONS.colours), object),
                Retry: [
                  { ErrorEquals: ['Throttled'], IntervalSeconds: 1, BackoffRate: 2, MaxAttempts: 3 },
                  serviceRetry,
                ],
                End: true,
              },
            },
          },
        ],
        ResultSelector: { 'copies.$': '$[0]', 'colours.$': '$[1]' },
        ResultPath: '$.analysis',
        Catch: refuse,
        Next: 'Pause before the tiles',
      },
      'Pause before the tiles': { Type: 'Wait', Seconds: 1, Next: 'Cut into tiles' },
      'Cut into tiles': {
        ...call(arn(PHOTO_FUNCTIONS.tiles), {
          'width.$': '$.photo.width',
          'height.$': '$.photo.height',
          'columns.$': '$.plan.columns',
          'rows.$': '$.plan.rows',
        }),
        ResultPath: '$.tiles',
        Next: PHOTO_STATES.measure,
      },
      [PHOTO_STATES.measure]: {
        Type: 'Map',
        ItemsPath: '$.tiles',
        ItemSelector: { 'object.$': '$.object', 'tile.$': '$$.Map.Item.Value' },
        MaxConcurrency: 3,
        ItemProcessor: {
          ProcessorConfig: { Mode: 'INLINE' },
          StartAt: 'Pause at the tile',
          States: {
            'Pause at the tile': { Type: 'Wait', Seconds: 1, Next: 'Measure the tile' },
            'Measure the tile': {
              ...invoke(partition, PHOTO_FUNCTIONS.measure, { ...object, 'tile.$': '$.tile' }),
              OutputPath: '$.Payload',
              End: true,
            },
          },
        },
        ResultPath: '$.measured',
        Catch: refuse,
        Next: 'Sum up',
      },
      'Sum up': {
        ...call(arn(PHOTO_FUNCTIONS.summary), {
          'photo.$': '$.photo',
          'copies.$': '$.analysis.copies',
          'colours.$': '$.analysis.colours',
          'tiles.$': '$.measured',
        }),
        Next: 'Done',
      },
      Done: { Type: 'Succeed' },
      ...failStates,
    },
  };
}
