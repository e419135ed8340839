import type { Account } from './accounts.ts';
import { el, setText } from './dom.ts';
import type { PersonState } from './person.ts';

/** What lets a person in: the password, filled in since it is the sandbox's own, or for a guest nothing. */
export function signInForm(parts: {
  readonly account: Account;
  readonly onSubmit: (password: string) => void;
}) {
  const { account } = parts;
  const words = account.kind === 'guest' ? 'Continue as a guest' : `Sign in as ${account.name}`;
  const id = account.kind === 'guest' ? 'guest' : account.username;
  const password = el('input', {
    id: `password-${id}`,
    type: 'text',
    autocomplete: 'off',
    autocapitalize: 'off',
    spellcheck: 'false',
    required: true,
    value: account.kind === 'guest' ? '' : account.password,
    'aria-describedby': `sign-in-hint problem-${id}`,
  });
  const submit = el('button', { type: 'submit', class: account.kind === 'guest' ? 'second' : 'main' }, words);
  const problem = el('p', { class: 'form-problem', id: `problem-${id}`, role: 'alert' });
  const field = el(
    'div',
    { class: 'field' },
    el('label', { for: password.id }, 'Password', el('span', { class: 'unseen' }, ` of ${account.name}`)),
    password,
  );
  const root = el(
    'form',
    { class: 'sign-in' },
    ...(account.kind === 'guest' ? [] : [field]),
    submit,
    problem,
  );
  root.addEventListener('submit', (event) => {
    event.preventDefault();
    parts.onSubmit(password.value);
  });
  return {
    root,
    focus: () => submit.focus(),
    update(state: PersonState) {
      const isBusy = state.phase === 'signingIn';
      // Not disabled, which would take the focus away; a second press does no harm that the first did not.
      submit.setAttribute('aria-disabled', String(isBusy));
      setText(submit, isBusy ? 'Signing in…' : words);
      setText(problem, state.phase === 'signedOut' ? state.problem : '');
    },
  };
}
