// Written by `npm run contracts:publish`. Do not edit.
import type {
  CatchUpReplyMessage,
  CatchUpRequestMessage,
  CorrelationMessage,
  ErrorReply,
  GuestAccess,
  OverviewMessage,
  ProgressMessage,
  ProvisionReply,
  ProvisionRequest,
  StateMessage,
} from './types.d.ts';

/** Where a value failed, and why. */
export interface ValidationError {
  /** JSON pointer into the value. */
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string;
}

/** Whether a value is such a message. Never throws. After `false`, `errors` says why, until the next call. */
export interface Validator<Message> {
  (value: unknown): value is Message;
  readonly errors?: readonly ValidationError[] | null;
}

export declare const isProgressMessage: Validator<ProgressMessage>;
export declare const isStateMessage: Validator<StateMessage>;
export declare const isOverviewMessage: Validator<OverviewMessage>;
export declare const isCorrelationMessage: Validator<CorrelationMessage>;
export declare const isCatchUpRequestMessage: Validator<CatchUpRequestMessage>;
export declare const isCatchUpReplyMessage: Validator<CatchUpReplyMessage>;
export declare const isProvisionRequest: Validator<ProvisionRequest>;
export declare const isProvisionReply: Validator<ProvisionReply>;
export declare const isGuestAccess: Validator<GuestAccess>;
export declare const isErrorReply: Validator<ErrorReply>;
