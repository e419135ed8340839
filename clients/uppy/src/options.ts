import type { PluginOpts } from '@uppy/core';
import type { Body, Meta, UppyFile } from '@uppy/core/utils';
import type { ProgressClient, UploadPhase } from '@stepcast/web';

/** What the plugin knows of a file: `file.stepcast`, and what the event `stepcast:phase` tells. Immutable. */
export interface FollowedFile {
  readonly bucket: string;
  /** The decoded key. */
  readonly key: string;
  /** Where the upload is, with the state of its workflow; undefined before it begins. */
  readonly phase: UploadPhase | undefined;
}

declare module '@uppy/core' {
  interface UppyEventMap<M extends Meta, B extends Body> {
    /** A file has come further, in its upload or in its workflow. */
    'stepcast:phase': (file: UppyFile<M, B>, followed: FollowedFile) => void;
  }
}
declare module '@uppy/core/utils' {
  // Uppy names its parameters; a merged declaration has to have the same.
  // eslint-disable-next-line @typescript-eslint/no-unused-vars
  interface LocalUppyFile<M extends Meta, B extends Body> {
    stepcast?: FollowedFile;
  }
  // eslint-disable-next-line @typescript-eslint/no-unused-vars
  interface RemoteUppyFile<M extends Meta, B extends Body> {
    stepcast?: FollowedFile;
  }
}

export interface StepcastOptions<M extends Meta, B extends Body> extends PluginOpts {
  /** The person's client. The plugin never closes it. */
  readonly client: ProgressClient;
  readonly bucket: string;
  /**
   * True (default): the plugin uploads, straight to S3 with the person's credentials. False: another plugin does, to the key that
   * `stepcast.keyOf(file)` gives.
   */
  readonly uploads?: boolean;
  /** The decoded key of a file. Default: one below the person's prefix that no other upload has (`client.keyFor`). */
  readonly keyFor?: (file: UppyFile<M, B>) => string | Promise<string>;
  /** How many files the plugin uploads at once. Default 6. */
  readonly limit?: number;
}

/** The words that the plugin shows; Uppy's option `locale: { strings }` replaces them. */
export const WORDS = {
  strings: {
    preparing: 'Preparing',
    waiting: 'Waiting for the workflow',
    waitingLong: 'This takes longer than usual. You can leave this page',
    running: 'Processing',
    runningStep: '%{step}',
    workflowFailed: 'The workflow did not succeed',
    notFollowed: 'The file is uploaded, but its progress cannot be followed',
  },
};
