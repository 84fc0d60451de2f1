import { type ReactNode, useId, useState } from 'react';
import { useResource } from '../api/resource.js';
import type { SettingList } from '../api/types.js';
import { Segments } from '../design/parts.js';
import { duration, parseBudget } from '../format.js';

const OFFERED = [5, 20, 60].map((minutes) => ({
  value: minutes * 60_000,
  label: duration(minutes * 60_000),
}));
const OTHER = -1;
const NONE = 0;

/**
 * The time budget that a dialog shows, and a function that changes it. It starts as the budget in the settings. Null
 * until the settings have been fetched, and while the text in the field is not a time.
 */
export function useBudget(): [budgetMs: number | null, choose: (budgetMs: number | null) => void] {
  const { data } = useResource<SettingList>('/api/settings');
  const [chosen, choose] = useState<number | null | undefined>(undefined);
  const setting = data?.settings.find(({ key }) => key === 'budgetMs')?.value;
  return [chosen === undefined ? (typeof setting === 'number' ? setting : null) : chosen, choose];
}

/** Field for the time that training and measuring may take together, in ms; null as in `useBudget`. */
export function BudgetField({
  value,
  onChange,
}: {
  value: number | null;
  onChange: (budgetMs: number | null) => void;
}): ReactNode {
  const id = useId();
  const [typed, setTyped] = useState<string | null>(null);
  const isOffered = value === null || OFFERED.some((option) => option.value === value);
  const shown = typed ?? (isOffered ? null : duration(value));
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
      <label htmlFor={id} className={shown === null ? 'visually-hidden' : undefined}>
        Time budget
      </label>
      <div className="row row-wrap">
        <Segments
          label="Time budget"
          value={shown !== null ? OTHER : (value ?? NONE)}
          options={[...OFFERED, { value: OTHER, label: 'Other' }]}
          onChange={choose}
        />
        {shown !== null && (
          <input
            id={id}
            className="input budget-other"
            value={shown}
            placeholder="45m, 1h 30m"
            aria-invalid={value === null}
            aria-describedby={`${id}-about`}
            onChange={(event) => {
              setTyped(event.target.value);
              const budget = parseBudget(event.target.value);
              onChange(budget !== null && budget >= 1_000 ? budget : null);
            }}
          />
        )}
      </div>
      {shown !== null && value === null && (
        <p className="small field-error" role="alert">
          {shown.trim() === ''
            ? 'Say how long, such as 45m or 1h 30m.'
            : 'That is no time: write 45m or 1h 30m.'}
        </p>
      )}
      <p className="small muted" id={`${id}-about`}>
        Training and measuring together; it goes on in the background and stops earlier when it no longer
        helps.
      </p>
    </div>
  );
}
