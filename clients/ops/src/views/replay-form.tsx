/** What is filled in, as it is typed. */
export interface Form {
  readonly what: string;
  readonly from: string;
  readonly to: string;
  readonly everybody: boolean;
  readonly allEpochs: boolean;
  readonly rate: string;
  readonly reason: string;
}

const RATE = { default: '50', min: 1, max: 1_000 };

export const EMPTY_FORM: Form = {
  what: '',
  from: '',
  to: '',
  everybody: false,
  allEpochs: false,
  rate: RATE.default,
  reason: '',
};

/** Which streams, of which time, how fast and why. */
export function ReplayForm({
  form,
  busy,
  onChange,
  onSubmit,
}: {
  readonly form: Form;
  readonly busy: boolean;
  readonly onChange: (part: Partial<Form>) => void;
  readonly onSubmit: () => void;
}) {
  return (
    <form
      className="replay-form"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <div className="field wide">
        <label htmlFor="what">Identity ID, upload ID, execution ARN or s3://bucket/key</label>
        <input
          id="what"
          value={form.everybody ? '' : form.what}
          maxLength={4_096}
          disabled={form.everybody}
          spellCheck={false}
          autoComplete="off"
          onChange={({ target }) => onChange({ what: target.value })}
        />
      </div>
      <div className="field">
        <label htmlFor="from">From (your time)</label>
        <input
          id="from"
          type="datetime-local"
          step={1}
          value={form.from}
          onChange={({ target }) => onChange({ from: target.value })}
        />
      </div>
      <div className="field">
        <label htmlFor="to">To (default: now)</label>
        <input
          id="to"
          type="datetime-local"
          step={1}
          value={form.to}
          onChange={({ target }) => onChange({ to: target.value })}
        />
      </div>
      <div className="field">
        <label htmlFor="rate">Messages per second</label>
        <input
          id="rate"
          type="number"
          min={RATE.min}
          max={RATE.max}
          required
          value={form.rate}
          onChange={({ target }) => onChange({ rate: target.value })}
        />
      </div>
      <div className="field">
        <label htmlFor="reason">Reason, for the audit (optional)</label>
        <input
          id="reason"
          value={form.reason}
          maxLength={1_000}
          autoComplete="off"
          onChange={({ target }) => onChange({ reason: target.value })}
        />
      </div>
      <div className="checks wide">
        <label>
          <input
            type="checkbox"
            checked={form.everybody}
            onChange={({ target }) => onChange({ everybody: target.checked })}
          />
          Everybody
        </label>
        <label>
          <input
            type="checkbox"
            checked={form.allEpochs}
            onChange={({ target }) => onChange({ allEpochs: target.checked })}
          />
          Older versions of the objects too
        </label>
      </div>
      <div className="buttons wide">
        <button type="submit" className="second" disabled={busy}>
          Dry run
        </button>
      </div>
    </form>
  );
}
