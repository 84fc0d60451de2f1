import { type ReactNode, useId, useState } from 'react';
import { useResource } from '../api/resource.js';
import type { ModelList, ModelView } from '../api/types.js';
import { bytes } from '../format.js';

const OWN = 'own';

/**
 * Chooses a base model: one on this machine, one that can be fetched (with size and licence), or a file that is typed.
 * @param value its id, the path of a GGUF or hf:…; empty for what `unset` says, null while one is still to be typed
 * @param unset what is taken when nothing is chosen
 */
export function BaseField({
  value,
  unset,
  onChange,
}: {
  value: string | null;
  unset: string;
  onChange: (base: string | null) => void;
}): ReactNode {
  const id = useId();
  const { data } = useResource<ModelList>('/api/models');
  const [typing, setTyping] = useState(false);
  const bases = data?.models.filter(({ kind, trainable }) => kind === 'base' && trainable !== false) ?? [];
  const here = bases.filter(({ state }) => state === 'ready');
  const others = bases.filter(({ state }) => state !== 'ready');
  const chosen = bases.find((model) => model.id === value);
  return (
    <div className="field">
      <label htmlFor={id}>Base model</label>
      <select
        id={id}
        className="select"
        value={typing ? OWN : (value ?? '')}
        aria-describedby={`${id}-about`}
        onChange={({ target }) => {
          setTyping(target.value === OWN);
          onChange(target.value === OWN ? null : target.value);
        }}
      >
        <option value="">{unset}</option>
        <Group label="On this machine" models={here} />
        <Group label="Fetched first" models={others} />
        <option value={OWN}>A GGUF file or one of the hub…</option>
      </select>
      {typing && (
        <input
          className="input mono"
          aria-label="GGUF file"
          placeholder="/models/coder.gguf, or hf:owner/repository/file.gguf"
          value={value ?? ''}
          required
          autoFocus
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => onChange(event.target.value.trim() || null)}
        />
      )}
      <p className="small muted" id={`${id}-about`}>
        {typing
          ? 'A file on the machine that runs Gardener is used where it lies.'
          : chosen
            ? about(chosen)
            : 'A larger base predicts code better and takes longer to train; the overview compares them on your code.'}
      </p>
    </div>
  );
}

function Group({ label, models }: { label: string; models: readonly ModelView[] }): ReactNode {
  if (models.length === 0) return null;
  return (
    <optgroup label={label}>
      {models.map((model) => (
        <option key={model.id} value={model.id} title={model.id}>
          {[model.name, model.bytes === null ? null : bytes(model.bytes), model.licence]
            .filter((part) => part !== null)
            .join(' · ')}
        </option>
      ))}
    </optgroup>
  );
}

function about({ description, state }: ModelView): string {
  return state === 'ready' ? description : `${description}. It is fetched before the work begins.`;
}
