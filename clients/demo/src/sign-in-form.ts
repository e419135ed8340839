import { el, setText } from './dom.ts';
import type { PersonState } from './person.ts';

/** Name and password, filled in: they are the sandbox's own, and shown as such. */
export function signInForm(parts: {
  readonly username: string;
  readonly password: string;
  readonly onSubmit: (password: string) => void;
}) {
  const { username } = parts;
  const password = el('input', {
    id: `password-${username}`,
    type: 'text',
    autocomplete: 'off',
    autocapitalize: 'off',
    spellcheck: 'false',
    required: true,
    value: parts.password,
    'aria-describedby': `hint-${username} problem-${username}`,
  });
  const submit = el('button', { type: 'submit', class: 'main' }, 'Sign in');
  const problem = el('p', { class: 'form-problem', id: `problem-${username}`, role: 'alert' });
  const root = el(
    'form',
    { class: 'sign-in' },
    el(
      'div',
      { class: 'field' },
      el('label', { for: `username-${username}` }, 'Name'),
      el('input', {
        id: `username-${username}`,
        type: 'text',
        value: username,
        readonly: true,
        autocomplete: 'off',
      }),
    ),
    el(
      'div',
      { class: 'field' },
      el('label', { for: `password-${username}` }, 'Password'),
      password,
      el(
        'p',
        { class: 'hint', id: `hint-${username}` },
        'Made up for this sandbox, so it is shown. It opens nothing else.',
      ),
    ),
    submit,
    problem,
  );
  root.addEventListener('submit', (event) => {
    event.preventDefault();
    parts.onSubmit(password.value);
  });
  return {
    root,
    update(state: PersonState) {
      const busy = state.phase === 'signingIn';
      submit.disabled = busy;
      setText(submit, busy ? 'Signing in…' : 'Sign in');
      setText(problem, state.phase === 'signedOut' ? state.problem : '');
    },
  };
}
