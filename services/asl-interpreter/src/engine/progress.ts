import type { Json, JsonObject } from '../json.ts';
import type { EndedExecution } from '../ports.ts';
import type { Branch } from './branch.ts';

/** What a branch of a Parallel or an iteration of a Map has come to. */
export type Lane = { readonly output: Json } | { readonly branch: Branch };

/** The Map Run that a distributed Map has started. */
export interface MapRunBefore {
  readonly mapRunArn: string;
  readonly label: string;
  readonly redriveCount: number;
  /** Children that have ended, by the index of their batch. */
  readonly ended: Map<number, EndedExecution>;
}

/** Where a branch stands, stored for a redrive. */
export type Progress =
  | { readonly kind: 'ended'; readonly output: Json }
  /** Between two states. */
  | { readonly kind: 'between'; readonly name: string; readonly input: Json; readonly variables: JsonObject }
  | {
      readonly kind: 'within';
      readonly name: string;
      readonly input: Json;
      readonly variables: JsonObject;
      /** The event that entered the state, and the one before it. */
      readonly entered: { readonly id: number; readonly from: number };
      /** Of a Map or Parallel that has started, by index. */
      lanes: Map<number, Lane> | undefined;
      mapRun: MapRunBefore | undefined;
    };
