import type { ConnectionState, ProgressClient } from '@stepcast/web';
import type { Account } from './accounts.ts';
import { clientOf, credentialsOf, tryToReadAs, type CredentialsOfPerson } from './client.ts';
import { connectionView, type Away, type ConnectionView } from './connection-view.ts';
import type { UploadNotes } from './notes.ts';
import { PersonUploads, type UploadsView } from './person-uploads.ts';
import { sandboxAnswers, type SandboxConfig } from './sandbox-config.ts';
import { guestSession, signIn, type Session, type SessionStore } from './session.ts';

/**
 * Where a person stands.
 *
 * `signedOut` → `signingIn` on submit → `signedIn`, or back to `signedOut` with the reason. A session that was stored
 * before a reload goes straight to `signedIn`. `signedIn` → `signedOut` on sign-out, which ends everything of it.
 * While signed in, `connection` says how the live progress is doing.
 */
export type PersonState =
  | { readonly phase: 'signedOut'; readonly problem: string }
  | { readonly phase: 'signingIn' }
  | { readonly phase: 'signedIn'; readonly connection: ConnectionView };

/** What the panel of a person listens to. */
export interface PersonListener {
  stateChanged(state: PersonState): void;
  /** Called once in a frame, however much has changed. */
  uploadsChanged(view: UploadsView): void;
}

export interface PersonParts {
  readonly account: Account;
  readonly config: SandboxConfig;
  readonly sessions: SessionStore;
  readonly notes: UploadNotes;
  /** For positions, unfinished uploads, and the identity of a guest. */
  readonly storage: Storage;
  /** The upload that the address of the page names. */
  readonly wanted: () => string | undefined;
  readonly listener: PersonListener;
}

/** What belongs to one sign-in and ends with it. */
interface SignedIn {
  readonly credentials: CredentialsOfPerson;
  readonly client: ProgressClient;
  readonly uploads: PersonUploads;
}

/** What is over in a moment needs no sentence, which would push the page about. */
const WORTH_A_SENTENCE_MS = 3_000;
const TICK_MS = 15_000;

/** One person: session, connection and uploads, without any idea of how they are shown. */
export class Person {
  readonly account: Account;
  readonly #parts: PersonParts;
  #signedIn: SignedIn | undefined;
  #frame: number | undefined;
  #wasLive = false;
  #howLong: Away = 'briefly';
  #away: number | undefined;
  #clock: number | undefined;

  constructor(parts: PersonParts) {
    this.account = parts.account;
    this.#parts = parts;
  }

  /** Goes on with the session from before a reload, if there is one. */
  restore(): void {
    const session = this.#parts.sessions.load(this.account.username, Date.now());
    if (session === undefined) this.#tell({ phase: 'signedOut', problem: '' });
    else this.#begin(session);
  }

  /** @param password of a person who is no guest */
  async signIn(password: string): Promise<void> {
    const { config, sessions } = this.#parts;
    const { kind, username } = this.account;
    this.#tell({ phase: 'signingIn' });
    try {
      const session = kind === 'guest' ? guestSession(username) : await signIn(config, username, password);
      sessions.save(session);
      this.#begin(session);
    } catch (error) {
      this.#tell({ phase: 'signedOut', problem: messageOf(error) });
    }
  }

  signOut(): void {
    this.#parts.sessions.clear(this.account.username);
    const ended = this.#signedIn;
    this.#signedIn = undefined;
    window.clearTimeout(this.#away);
    window.clearInterval(this.#clock);
    ended?.uploads.close();
    void ended?.client.close();
    this.#tell({ phase: 'signedOut', problem: '' });
  }

  /** Connects again after the client has stopped, with the same session, and follows the same uploads. */
  reconnect(): void {
    this.#signedIn?.client.connect();
    this.#signedIn?.uploads.followAgain();
  }

  /** Another step was selected: its upload is shown too, if it is one of this person. */
  showChosen(): void {
    this.#signedIn?.uploads.followShown();
    this.#tellUploads();
  }

  get uploads(): PersonUploads | undefined {
    return this.#signedIn?.uploads;
  }

  async upload(files: readonly File[]): Promise<void> {
    const signedIn = this.#signedIn;
    try {
      await signedIn?.uploads.add(files);
    } catch (error) {
      if (signedIn !== undefined && signedIn === this.#signedIn) this.#sessionProblem(error);
    }
  }

  /** The identity of this person, or undefined while nobody is signed in. */
  async identityId(): Promise<string | undefined> {
    return (await this.#signedIn?.credentials())?.identityId;
  }

  /** Tries to read the progress of somebody else. */
  async tryToReadAs(identityId: string): Promise<'refused' | 'allowed' | 'unclear'> {
    if (this.#signedIn === undefined) return 'unclear';
    return tryToReadAs(this.#parts.config, this.#signedIn.credentials, identityId);
  }

  #begin(session: Session): void {
    const { config, notes, storage, wanted } = this.#parts;
    const credentials = credentialsOf(config, session, storage);
    const client = clientOf(config, session, credentials, storage);
    const uploads = new PersonUploads({
      client,
      bucket: config.bucket,
      notes,
      wanted,
      onChange: () => this.#tellUploads(),
    });
    this.#wasLive = false;
    this.#howLong = 'briefly';
    this.#signedIn = { credentials, client, uploads };
    client.on('connection', (state) => {
      if (this.#signedIn?.client === client) this.#connectionIs(state);
    });
    client.connect();
    // Some words depend on the time alone.
    this.#clock = window.setInterval(() => this.#tellUploads(), TICK_MS);
    this.#tellUploads();
  }

  #connectionIs(state: ConnectionState): void {
    this.#wasLive ||= state.status === 'live';
    if (state.status === 'live' || state.status === 'failed') {
      window.clearTimeout(this.#away);
      this.#away = undefined;
      this.#howLong = 'briefly';
    } else if (state.status === 'disconnected') {
      this.#away ??= window.setTimeout(() => void this.#stillAway(), WORTH_A_SENTENCE_MS);
    }
    this.#tell({ phase: 'signedIn', connection: connectionView(state, this.#wasLive, this.#howLong) });
    this.#tellUploads();
  }

  /** It has not come back by itself: finds out whether the sandbox is gone, and says so. */
  async #stillAway(): Promise<void> {
    const howLong = (await sandboxAnswers()) ? 'long' : 'gone';
    const state = this.#signedIn?.client.connection;
    if (state === undefined || state.status === 'live' || state.status === 'failed') return;
    this.#howLong = howLong;
    this.#away = undefined;
    this.#tell({ phase: 'signedIn', connection: connectionView(state, this.#wasLive, howLong) });
  }

  #tell(state: PersonState): void {
    this.#parts.listener.stateChanged(state);
  }

  #tellUploads(): void {
    if (this.#frame !== undefined) return;
    this.#frame = window.requestAnimationFrame(() => {
      this.#frame = undefined;
      if (this.#signedIn !== undefined) this.#parts.listener.uploadsChanged(this.#signedIn.uploads.view);
    });
  }

  #sessionProblem(error: unknown): void {
    this.#tell({
      phase: 'signedIn',
      connection: {
        tone: 'failed',
        words: 'No credentials',
        detail: messageOf(error),
        stopped: true,
        asOf: undefined,
      },
    });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
