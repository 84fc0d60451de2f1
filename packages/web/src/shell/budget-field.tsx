import { type ReactNode, useId, useState } from 'react';
import { Segments } from '../design/parts.js';
import { duration, parseBudget } from '../format.js';

const OFFERED = [5, 20, 60].map((minutes) => ({
  value: minutes * 60_000,
  label: duration(minutes * 60_000),
}));
const OTHER = -1;

/** Time for training and measuring together, in ms; null while what was typed is no time. */
export function BudgetField({
  value,
  onChange,
}: {
  value: number | null;
  onChange: (budgetMs: number | null) => void;
}): ReactNode {
  const id = useId();
  const offered = OFFERED.some((option) => option.value === value);
  const [typed, setTyped] = useState<string | null>(offered || value === null ? null : duration(value));
  const choose = (chosen: number): void => {
    if (chosen === OTHER) {
      setTyped(value === null ? '' : duration(value));
      return;
    }
    setTyped(null);
    onChange(chosen);
  };
  return (
    <div className="field">
      <label htmlFor={id} className={typed === null ? 'visually-hidden' : undefined}>
        Time budget
      </label>
      <div className="row row-wrap">
        <Segments
          label="Time budget"
          value={typed === null ? (value ?? OTHER) : OTHER}
          options={[...OFFERED, { value: OTHER, label: 'Other' }]}
          onChange={choose}
        />
        {typed !== null && (
          <input
            id={id}
            className="input budget-other"
            value={typed}
            placeholder="45m, 1h 30m"
            aria-invalid={value === null}
            onChange={(event) => {
              setTyped(event.target.value);
              const budget = parseBudget(event.target.value);
              onChange(budget !== null && budget >= 1_000 ? budget : null);
            }}
          />
        )}
      </div>
      <p className="small muted">
        Training and measuring together; it goes on in the background and stops earlier when it no longer
        helps.
      </p>
    </div>
  );
}
