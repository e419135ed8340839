import { useState } from 'react';

/** Asks for the operator's token: this page shows everybody's data. */
export function SignIn({
  wrong,
  onToken,
}: {
  /** Whether a token was given that is not the one. */
  readonly wrong: boolean;
  readonly onToken: (token: string) => void;
}) {
  const [typed, setTyped] = useState('');
  return (
    <div className="page narrow">
      <header className="masthead">
        <p className="wordmark">
          <svg viewBox="0 0 24 24" aria-hidden="true" className="mark">
            <path d="M3 18h5v-5h5V8h5V3h3" />
          </svg>
          Stepcast <span className="tag">operations</span>
        </p>
      </header>
      <main>
        <h1>For operators</h1>
        <p className="lede">
          This page shows the streams of everybody. The sandbox printed its token when it started; on its
          machine, <code>/sandbox.json</code> has it too.
        </p>
        <form
          className="sign-in"
          onSubmit={(event) => {
            event.preventDefault();
            const token = typed.trim();
            if (token !== '') onToken(token);
          }}
        >
          <div className="field">
            <label htmlFor="token">Token</label>
            <input
              id="token"
              type="password"
              value={typed}
              required
              autoComplete="off"
              spellCheck={false}
              aria-describedby="token-problem"
              onChange={({ target }) => setTyped(target.value)}
            />
            <p id="token-problem" className="form-problem" role="alert">
              {wrong ? 'That is not the token. A sandbox has a new one with every start.' : ''}
            </p>
          </div>
          <button type="submit" className="main">
            Open
          </button>
        </form>
      </main>
    </div>
  );
}
