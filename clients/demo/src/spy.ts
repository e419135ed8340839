import { button, el, setText } from './dom.ts';
import type { Person } from './person.ts';

const answers = (name: string, who: string) => ({
  refused: `Refused. The broker does not let ${name} connect as ${who}.`,
  allowed: `This should not be: the broker let ${name} in as ${who}.`,
  unclear: 'The broker did not answer in time.',
});

/** A button with which one person tries to read the progress of another. */
export function spyOn(person: Person, other: () => Person | undefined) {
  const { name } = person.account;
  const result = el('p', { class: 'spy-result', 'aria-live': 'polite' });
  const ask = button('', 'plain', () => void tryIt());
  const root = el('div', { class: 'spy', hidden: true }, ask, result);

  async function tryIt(): Promise<void> {
    const target = other();
    if (target === undefined) return;
    const who = target.account.name;
    ask.disabled = true;
    setText(result, 'Asking the broker…');
    try {
      const identityId = await target.identityId();
      if (identityId === undefined) setText(result, `${who} is not signed in any more.`);
      else setText(result, answers(name, who)[await person.tryToReadAs(identityId)]);
    } catch {
      setText(result, 'The question could not be asked. Is the sandbox still running?');
    } finally {
      ask.disabled = false;
      ask.focus();
    }
  }

  return {
    root,
    /** Who is signed in has changed. */
    update() {
      const target = other();
      root.hidden = target === undefined;
      if (target === undefined) setText(result, '');
      else setText(ask, `As ${name}, try to read ${target.account.name}’s progress`);
    },
  };
}
