import { useEffect, useId, useRef, useState, type ReactNode } from 'react';
import { problemOf } from '../polling.ts';
import type { ApiProblem } from '../api/client.ts';
import { Problem } from './parts.tsx';

/** A change that is asked for before it is made. */
export interface Question {
  readonly title: string;
  readonly words: ReactNode;
  /** What the button says. */
  readonly action: string;
  readonly reason: 'required' | 'optional';
  readonly dangerous: boolean;
  readonly make: (reason: string | null) => Promise<void>;
}

/** Asks in a dialog of the browser, which holds the focus and ends with Escape. Stays open when the change fails. */
export function Confirm({
  question,
  onClose,
}: {
  readonly question: Question | undefined;
  readonly onClose: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem>();
  const [missing, setMissing] = useState(false);

  useEffect(() => {
    if (question === undefined) {
      dialog.current?.close();
      return;
    }
    setReason('');
    setProblem(undefined);
    setMissing(false);
    dialog.current?.showModal();
  }, [question]);

  async function make(asked: Question): Promise<void> {
    const given = reason.trim();
    if (asked.reason === 'required' && given === '') {
      setMissing(true);
      return;
    }
    setBusy(true);
    setProblem(undefined);
    try {
      await asked.make(given === '' ? null : given);
      onClose();
    } catch (thrown) {
      setProblem(problemOf(thrown));
    } finally {
      setBusy(false);
    }
  }

  return (
    <dialog ref={dialog} className="confirm" aria-labelledby={`${id}-title`} onClose={onClose}>
      {question === undefined ? null : (
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            void make(question);
          }}
        >
          <h2 id={`${id}-title`}>{question.title}</h2>
          <div className="confirm-words">{question.words}</div>
          <div className="field">
            <label htmlFor={`${id}-reason`}>
              Reason, for the audit{question.reason === 'optional' ? ' (optional)' : ''}
            </label>
            <input
              id={`${id}-reason`}
              value={reason}
              maxLength={1_000}
              autoComplete="off"
              aria-invalid={missing}
              aria-describedby={missing ? `${id}-missing` : undefined}
              onChange={({ target }) => {
                setReason(target.value);
                setMissing(false);
              }}
            />
            {missing ? (
              <p id={`${id}-missing`} className="form-problem" role="alert">
                Say why. What is dropped or released cannot be asked for its reason later.
              </p>
            ) : null}
          </div>
          <Problem problem={problem} />
          <div className="buttons">
            <button type="button" className="second" disabled={busy} onClick={onClose}>
              Cancel
            </button>
            <button type="submit" className={question.dangerous ? 'danger' : 'main'} disabled={busy}>
              {busy ? 'Working…' : question.action}
            </button>
          </div>
        </form>
      )}
    </dialog>
  );
}
