import type { ChosenStepInAddress } from './chosen-step.ts';
import type { ConnectionView } from './connection-view.ts';
import { showIcon } from './details.ts';
import { dropZone } from './drop-zone.ts';
import { button, el, setText } from './dom.ts';
import { Person, type PersonParts, type PersonState } from './person.ts';
import type { UploadsView } from './person-uploads.ts';
import { signInForm } from './sign-in-form.ts';
import { spyOn } from './spy.ts';
import { uploadsList } from './uploads-list.ts';

export interface PersonPanel {
  readonly root: HTMLElement;
  readonly person: Person;
  isSignedIn(): boolean;
  /** Called when all panels are there. */
  start(): void;
  /** Somebody has signed in or out. */
  othersChanged(): void;
  /** Another step was selected. */
  choiceChanged(): void;
  /** Puts the focus where this person goes on. */
  focus(): void;
}

/** The panel of one person: a line to sign in with, or connection and uploads. */
export function personPanel(
  parts: Omit<PersonParts, 'listener' | 'wanted'> & {
    readonly chosen: ChosenStepInAddress;
    /** Somebody else who is signed in. */
    readonly other: () => Person | undefined;
    /** This person has signed in or out. */
    readonly onMoved: () => void;
  },
): PersonPanel {
  const { account, config } = parts;
  const { name } = account;
  const id = `person-${account.kind === 'guest' ? 'guest' : account.username}`;

  const chipMark = el('span', { class: 'mark-box' });
  const chipWords = el('span');
  const chip = el('p', { class: 'chip', role: 'status' }, chipMark, chipWords);
  const leave = button(account.kind === 'guest' ? 'Leave' : 'Sign out', 'plain', () => person.signOut());
  leave.append(el('span', { class: 'unseen' }, ` ${name}`));
  const notice = el('p', { class: 'notice', role: 'status' });
  const again = button('Try again', 'plain', () => person.reconnect());
  again.append(el('span', { class: 'unseen' }, ` as ${name}`));
  const noticeBox = el('div', { class: 'notice-box' }, notice, again);
  const spoken = el('p', { class: 'unseen', 'aria-live': 'polite' });
  const heading = el('h2', { id, tabindex: '-1' }, name);

  let phase: PersonState['phase'] | undefined;
  let connection: ConnectionView | undefined;
  let uploadsShown: UploadsView | undefined;

  const person = new Person({
    ...parts,
    wanted: () => parts.chosen.uploadId,
    listener: {
      stateChanged: show,
      uploadsChanged(view) {
        uploadsShown = view;
        showUploads();
      },
    },
  });
  const form = signInForm({ account, onSubmit: (typed) => void person.signIn(typed) });
  const zone = dropZone({
    owner: name,
    workflow: config.workflow,
    onFiles: (files) => void person.upload(files),
  });
  const list = uploadsList({
    owner: name,
    workflow: { outline: config.workflow.outline, standIns: new Set(config.standInStates) },
    uploads: () => person.uploads,
    chosen: parts.chosen,
    announce: (text) => setText(spoken, text),
  });
  const spy = spyOn(person, parts.other);
  const workspace = el('div', { class: 'workspace' }, zone.root, list.root, spy.root);
  const root = el(
    'section',
    { class: 'person', 'aria-labelledby': id },
    el(
      'header',
      { class: 'person-head' },
      el('span', { class: 'avatar', 'aria-hidden': 'true' }, name.charAt(0)),
      heading,
      chip,
      form.root,
      leave,
    ),
    noticeBox,
    workspace,
    spoken,
  );

  function showUploads(): void {
    if (uploadsShown === undefined || phase !== 'signedIn') return;
    list.update(uploadsShown, { nowMs: Date.now(), asOf: connection?.asOf });
    zone.root.classList.toggle('small', uploadsShown.shown.length > 0);
  }

  function show(state: PersonState): void {
    const wasSignedIn = phase === 'signedIn';
    const isFirst = phase === undefined;
    const isSignedIn = state.phase === 'signedIn';
    phase = state.phase;
    connection = state.phase === 'signedIn' ? state.connection : undefined;
    root.dataset.phase = state.phase;
    form.root.hidden = isSignedIn;
    workspace.hidden = !isSignedIn;
    leave.hidden = !isSignedIn;
    chip.hidden = connection === undefined;
    form.update(state);
    if (connection !== undefined) showIcon(chipMark, connection.tone);
    if (connection !== undefined) chip.dataset.tone = connection.tone;
    setText(chipWords, connection?.words ?? '');
    const detail = connection?.detail ?? '';
    noticeBox.hidden = detail === '';
    noticeBox.dataset.tone = connection?.tone ?? '';
    again.hidden = connection?.stopped !== true;
    setText(notice, detail);
    if (!isSignedIn && wasSignedIn) {
      list.clear();
      uploadsShown = undefined;
      setText(spoken, '');
    }
    showUploads();
    if (isSignedIn === wasSignedIn) return;
    parts.onMoved();
    // After a reload nobody has pressed anything, and the focus is the browser's.
    if (!isFirst) focus();
  }

  function focus(): void {
    if (phase === 'signedIn') heading.focus();
    else form.focus();
  }

  return {
    root,
    person,
    isSignedIn: () => phase === 'signedIn',
    start: () => person.restore(),
    othersChanged: () => spy.update(),
    choiceChanged: () => person.showChosen(),
    focus,
  };
}
