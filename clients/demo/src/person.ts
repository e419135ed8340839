import { IdentityId, uploadIdOf, type Overview, type UploadId, type UploadState } from '@stepcast/contracts';
import { connectionView, type ConnectionView } from './connection-view.ts';
import { nameOfKey } from './format.ts';
import { thumbnailOf } from './pictures.ts';
import {
  credentialsOf,
  openProgressFeed,
  tryToReadAs,
  type CredentialsOfPerson,
  type ProgressFeed,
} from './progress.ts';
import { uploadsOf, type PersonUploads } from './s3-upload.ts';
import type { SandboxConfig } from './sandbox-config.ts';
import { signIn, type Session, type SessionStore } from './session.ts';
import type { Transfer, Upload } from './upload-view.ts';

/**
 * Where a person stands.
 *
 * `signedOut` → `signingIn` on submit → `signedIn`, or back to `signedOut` with the reason. A session that was kept from
 * before a reload goes straight to `signedIn`. `signedIn` → `signedOut` on sign-out, which ends everything of it.
 * While signed in, `connection` says how the live progress is doing.
 */
export type PersonState =
  | { readonly phase: 'signedOut'; readonly problem: string }
  | { readonly phase: 'signingIn' }
  | { readonly phase: 'signedIn'; readonly connection: ConnectionView };

/** One upload with what only the page needs of it. */
export interface TrackedUpload extends Upload {
  readonly uploadId: UploadId;
  readonly key: string;
  /** `data:` URL. */
  readonly thumbnail: string | undefined;
  /** Whether it was begun in this page, rather than found in the overview. */
  readonly mine: boolean;
}

/** What the panel of a person is told. */
export interface PersonListener {
  stateChanged(state: PersonState): void;
  uploadChanged(upload: TrackedUpload): void;
  uploadsCleared(): void;
}

/** Uploads from before that are shown after a reload. */
const SHOWN_FROM_OVERVIEW = 8;

/** What belongs to one sign-in and ends with it. */
interface SignedIn {
  readonly session: Session;
  readonly credentials: CredentialsOfPerson;
  readonly feed: ProgressFeed;
  readonly uploads: PersonUploads;
  readonly ending: AbortController;
}

/** One of the two people: session, connection and uploads, without any idea of how they look. */
export class Person {
  readonly username: string;
  readonly #config: SandboxConfig;
  readonly #sessions: SessionStore;
  readonly #storage: { readonly session: Storage; readonly positions: Storage };
  readonly #listener: PersonListener;
  readonly #uploads = new Map<UploadId, TrackedUpload>();
  /** Files that S3 does not have yet. */
  readonly #files = new Map<
    UploadId,
    { readonly file: File; readonly key: string; cancel: AbortController }
  >();
  #signedIn: SignedIn | undefined;

  constructor(parts: {
    readonly username: string;
    readonly config: SandboxConfig;
    readonly sessions: SessionStore;
    readonly storage: { readonly session: Storage; readonly positions: Storage };
    readonly listener: PersonListener;
  }) {
    this.username = parts.username;
    this.#config = parts.config;
    this.#sessions = parts.sessions;
    this.#storage = parts.storage;
    this.#listener = parts.listener;
  }

  /** Goes on with the session from before a reload, if there is one. */
  restore(): void {
    const session = this.#sessions.load(this.username, Date.now());
    if (session === undefined) this.#listener.stateChanged({ phase: 'signedOut', problem: '' });
    else this.#begin(session);
  }

  async signIn(password: string): Promise<void> {
    this.#listener.stateChanged({ phase: 'signingIn' });
    try {
      const session = await signIn(this.#config, this.username, password);
      this.#sessions.save(session);
      this.#begin(session);
    } catch (error) {
      this.#listener.stateChanged({ phase: 'signedOut', problem: messageOf(error) });
    }
  }

  signOut(): void {
    this.#sessions.clear(this.username);
    this.#signedIn?.ending.abort();
    this.#signedIn?.feed.close();
    this.#signedIn = undefined;
    this.#uploads.clear();
    this.#files.clear();
    this.#listener.uploadsCleared();
    this.#listener.stateChanged({ phase: 'signedOut', problem: '' });
  }

  /** Connects again after the client has stopped, with the same session, and follows the same uploads. */
  reconnect(): void {
    const stopped = this.#signedIn;
    if (stopped === undefined) return;
    stopped.ending.abort();
    stopped.feed.close();
    const begun = this.#begin(stopped.session);
    for (const { uploadId, key } of this.#uploads.values()) this.#follow(begun, uploadId, key);
  }

  /** The identity of this person, or undefined while nobody is signed in. */
  async identityId(): Promise<string | undefined> {
    return (await this.#signedIn?.credentials())?.identityId;
  }

  /** Tries to read the progress of somebody else. */
  async tryToReadAs(identityId: string): Promise<'refused' | 'allowed' | 'unclear'> {
    if (this.#signedIn === undefined) return 'unclear';
    return tryToReadAs(this.#config, this.#signedIn.credentials, identityId);
  }

  async upload(file: File): Promise<void> {
    const signedIn = this.#signedIn;
    if (signedIn === undefined) return;
    let key: string;
    try {
      const prefix = this.#config.keyTemplate.prefixOf(
        IdentityId.parse((await signedIn.credentials()).identityId),
      );
      key = await signedIn.uploads.keyFor(file, prefix);
    } catch (error) {
      this.#sessionProblem(error);
      return;
    }
    const uploadId = uploadIdOf(this.#config.bucket, key);
    this.#files.set(uploadId, { file, key, cancel: new AbortController() });
    this.#change({
      uploadId,
      key,
      name: file.name,
      size: file.size,
      transfer: { phase: 'sending', sentBytes: 0 },
      state: undefined,
      thumbnail: undefined,
      mine: true,
    });
    void this.#makeThumbnail(uploadId, file);
    this.#follow(signedIn, uploadId, key);
    await this.#send(signedIn, uploadId);
  }

  cancel(uploadId: UploadId): void {
    this.#files.get(uploadId)?.cancel.abort();
  }

  async sendAgain(uploadId: UploadId): Promise<void> {
    const kept = this.#files.get(uploadId);
    if (kept === undefined || this.#signedIn === undefined) return;
    kept.cancel = new AbortController();
    await this.#send(this.#signedIn, uploadId);
  }

  #begin(session: Session): SignedIn {
    const credentials = credentialsOf(this.#config, session);
    const ending = new AbortController();
    let wasLive = false;
    const feed = openProgressFeed({
      config: this.#config,
      session,
      credentials,
      storage: this.#storage.positions,
      onConnection: (state) => {
        if (ending.signal.aborted) return;
        wasLive ||= state.status === 'live';
        this.#listener.stateChanged({ phase: 'signedIn', connection: connectionView(state, wasLive) });
      },
      onOverview: (overview) => {
        if (!ending.signal.aborted) this.#takeOverview(overview);
      },
    });
    const uploads = uploadsOf({ config: this.#config, credentials, storage: this.#storage.positions });
    this.#signedIn = { session, credentials, feed, uploads, ending };
    return this.#signedIn;
  }

  #takeOverview({ uploads }: Overview): void {
    const signedIn = this.#signedIn;
    if (signedIn === undefined) return;
    // Oldest first: each new card goes on top.
    for (const entry of uploads.slice(0, SHOWN_FROM_OVERVIEW).reverse()) {
      if (this.#uploads.has(entry.uploadId)) continue;
      this.#change({
        uploadId: entry.uploadId,
        key: entry.key,
        name: nameOfKey(entry.key),
        size: undefined,
        transfer: { phase: 'known' },
        state: undefined,
        thumbnail: this.#storage.session.getItem(thumbnailName(entry.uploadId)) ?? undefined,
        mine: false,
      });
      this.#follow(signedIn, entry.uploadId, entry.key);
    }
  }

  #follow(signedIn: SignedIn, uploadId: UploadId, key: string): void {
    const stop = signedIn.feed.follow({ bucket: this.#config.bucket, key }, (state: UploadState) =>
      this.#update(uploadId, { state }),
    );
    signedIn.ending.signal.addEventListener('abort', stop);
  }

  async #send(signedIn: SignedIn, uploadId: UploadId): Promise<void> {
    const kept = this.#files.get(uploadId);
    if (kept === undefined) return;
    const { file, key, cancel } = kept;
    const signal = AbortSignal.any([cancel.signal, signedIn.ending.signal]);
    this.#transfer(uploadId, { phase: 'sending', sentBytes: 0 });
    try {
      await signedIn.uploads.upload(file, {
        key,
        signal,
        onSent: (sentBytes) => this.#transfer(uploadId, { phase: 'sending', sentBytes }),
      });
      this.#files.delete(uploadId);
      this.#transfer(uploadId, { phase: 'sent' });
    } catch (error) {
      this.#transfer(
        uploadId,
        signal.aborted ? { phase: 'cancelled' } : { phase: 'failed', message: messageOf(error) },
      );
    }
  }

  async #makeThumbnail(uploadId: UploadId, file: File): Promise<void> {
    const thumbnail = await thumbnailOf(file);
    if (thumbnail === undefined) return;
    this.#update(uploadId, { thumbnail });
    try {
      this.#storage.session.setItem(thumbnailName(uploadId), thumbnail);
    } catch {
      // The storage is full: after a reload there is a plain mark in its place.
    }
  }

  #transfer(uploadId: UploadId, transfer: Transfer): void {
    this.#update(uploadId, { transfer });
  }

  #update(uploadId: UploadId, change: Partial<TrackedUpload>): void {
    const known = this.#uploads.get(uploadId);
    if (known !== undefined) this.#change({ ...known, ...change });
  }

  #change(upload: TrackedUpload): void {
    this.#uploads.set(upload.uploadId, upload);
    this.#listener.uploadChanged(upload);
  }

  #sessionProblem(error: unknown): void {
    this.#listener.stateChanged({
      phase: 'signedIn',
      connection: { tone: 'failed', words: 'No credentials', detail: messageOf(error), stopped: true },
    });
  }
}

const thumbnailName = (uploadId: UploadId) => `stepcast.thumbnail.${uploadId}`;

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
