import type { UploadId } from '@stepcast/contracts';
import { dropZone } from './drop-zone.ts';
import { button, el, icon, setText } from './dom.ts';
import { Person, type PersonState } from './person.ts';
import type { SandboxConfig } from './sandbox-config.ts';
import type { SessionStore } from './session.ts';
import { signInForm } from './sign-in-form.ts';
import { uploadCard, type UploadCard } from './upload-card.ts';

/** `alice` as a name at the head of a panel. */
export const displayName = (username: string) => username.charAt(0).toUpperCase() + username.slice(1);

const spyAnswers = (name: string, who: string) => ({
  refused: `Refused. The broker does not let ${name} connect as ${who}.`,
  allowed: `This should not be: the broker let ${name} in as ${who}.`,
  unclear: 'The broker did not answer in time.',
});

export interface PersonPanel {
  readonly root: HTMLElement;
  readonly person: Person;
  /** Called when all panels are there. */
  start(): void;
}

/** The panel of one person: who, connection, sign-in or uploads. */
export function personPanel(parts: {
  readonly user: { readonly username: string; readonly password: string };
  readonly config: SandboxConfig;
  readonly sessions: SessionStore;
  readonly storage: { readonly session: Storage; readonly positions: Storage };
  /** Somebody else to try to read, and what to call them. */
  readonly other: () => Person | undefined;
}): PersonPanel {
  const { username, password } = parts.user;
  const name = displayName(username);
  const cards = new Map<UploadId, UploadCard>();

  const chipMark = el('span', { class: 'mark-box' });
  const chipWords = el('span');
  const chip = el('p', { class: 'chip', role: 'status' }, chipMark, chipWords);
  const leave = button('Sign out', 'plain', () => person.signOut());
  const notice = el('p', { class: 'notice' });
  const again = button('Try again', 'plain', () => person.reconnect());
  const noticeBox = el('div', { class: 'notice-box' }, notice, again);
  const spoken = el('p', { class: 'unseen', 'aria-live': 'polite' });

  const form = signInForm({ username, password, onSubmit: (typed) => void person.signIn(typed) });
  const zone = dropZone({
    owner: name,
    onFiles: (files) => files.forEach((file) => void person.upload(file)),
  });
  const uploads = el('div', { class: 'uploads' });
  const empty = el('p', { class: 'empty' }, 'No uploads yet. What you upload shows here, step by step.');
  const spy = spyButton(() => parts.other());
  const workspace = el('div', { class: 'workspace' }, zone.root, uploads, empty, spy.root);

  const root = el(
    'section',
    { class: 'person', 'aria-labelledby': `person-${username}` },
    el(
      'header',
      { class: 'person-head' },
      el('span', { class: 'avatar', 'aria-hidden': 'true' }, name.charAt(0)),
      el('h2', { id: `person-${username}` }, name),
      chip,
      leave,
    ),
    noticeBox,
    form.root,
    workspace,
    spoken,
  );

  function show(state: PersonState): void {
    const signedIn = state.phase === 'signedIn';
    root.dataset.phase = state.phase;
    form.root.hidden = signedIn;
    workspace.hidden = !signedIn;
    leave.hidden = !signedIn;
    form.update(state);
    const tone = signedIn ? state.connection.tone : state.phase === 'signingIn' ? 'active' : 'stopped';
    if (chip.dataset.tone !== tone) {
      chip.dataset.tone = tone;
      chipMark.replaceChildren(icon(tone));
    }
    setText(
      chipWords,
      signedIn ? state.connection.words : state.phase === 'signingIn' ? 'Signing in' : 'Signed out',
    );
    const detail = signedIn ? state.connection.detail : '';
    noticeBox.hidden = detail === '';
    again.hidden = !(signedIn && state.connection.stopped);
    setText(notice, detail);
  }

  function spyButton(other: () => Person | undefined) {
    const result = el('p', { class: 'spy-result', 'aria-live': 'polite' });
    const otherName = el('span');
    const ask = button('', 'plain', () => void tryIt());
    ask.append('Try to read ', otherName, '’s progress');
    async function tryIt(): Promise<void> {
      const target = other();
      if (target === undefined) return;
      const who = displayName(target.username);
      ask.disabled = true;
      setText(result, 'Asking the broker…');
      try {
        const identityId = await target.identityId();
        if (identityId === undefined) setText(result, `${who} is not signed in. Sign ${who} in first.`);
        else setText(result, spyAnswers(name, who)[await person.tryToReadAs(identityId)]);
      } catch {
        setText(result, 'The question could not be asked. Is the sandbox still running?');
      } finally {
        ask.disabled = false;
      }
    }
    return {
      root: el('div', { class: 'spy' }, ask, result),
      name: (who: string) => setText(otherName, who),
    };
  }

  const standIns = new Set(parts.config.standInStates);
  const person = new Person({
    username,
    config: parts.config,
    sessions: parts.sessions,
    storage: parts.storage,
    listener: {
      stateChanged: show,
      uploadChanged(upload) {
        const card = cards.get(upload.uploadId);
        if (card !== undefined) {
          card.update(upload);
          return;
        }
        const made = uploadCard(
          {
            cancel: () => person.cancel(upload.uploadId),
            sendAgain: () => void person.sendAgain(upload.uploadId),
            announce: (text) => setText(spoken, text),
          },
          upload,
          standIns,
        );
        cards.set(upload.uploadId, made);
        uploads.prepend(made.root);
        empty.hidden = true;
      },
      uploadsCleared() {
        cards.clear();
        uploads.replaceChildren();
        empty.hidden = false;
      },
    },
  });

  return {
    root,
    person,
    start() {
      const other = parts.other();
      spy.root.hidden = other === undefined;
      if (other !== undefined) spy.name(displayName(other.username));
      person.restore();
    },
  };
}
