import { type ReactNode, useEffect, useRef, useState } from 'react';
import { type ApiError, asApiError, request } from '../../api/request.js';
import { replace } from '../../api/resource-cache.js';
import type { Setting, SettingList } from '../../api/types.js';
import { Badge, IconButton, Switch } from '../../design/parts.js';
import { Words } from '../../design/words.js';
import { duration } from '../../format.js';
import { settingTitle } from './setting-groups.js';
import { type SettingValue, typedValue } from './typed-value.js';

/** One setting: changed in place, saved when the field is left or Enter is pressed. */
export function SettingRow({ setting }: { setting: Setting }): ReactNode {
  const { key, value, description, source } = setting;
  const [error, setError] = useState<ApiError | null>(null);
  const [saved, setSaved] = useState(false);
  useEffect(() => {
    if (!saved) return;
    const timer = setTimeout(() => setSaved(false), 1_800);
    return () => clearTimeout(timer);
  }, [saved]);
  const save = async (next: SettingValue): Promise<void> => {
    if (next === value) return;
    try {
      const answer = await request<SettingList>('PUT', '/api/settings', { [key]: next });
      replace('/api/settings', () => answer);
      setError(null);
      setSaved(true);
    } catch (caught) {
      setError(asApiError(caught));
    }
  };
  const id = `setting-${key}`;
  return (
    <div className="setting">
      <div className="setting-words">
        <div className="row row-wrap">
          <label htmlFor={id} className="field-label">
            {settingTitle(key)}
          </label>
          {source === 'environment' && <Badge tone="info">environment</Badge>}
          {source === 'file' && <Badge>changed</Badge>}
          {key.endsWith('Ms') && typeof value === 'number' && (
            <span className="small faint">{duration(value)}</span>
          )}
        </div>
        <p className="small muted" id={`${id}-about`}>
          <Words text={description} />
        </p>
        {error && (
          <p className="small field-error" role="alert">
            {error.message} {error.remedy}
          </p>
        )}
      </div>
      <div className="setting-control">
        <Control id={id} setting={setting} invalid={error !== null} onSave={(next) => void save(next)} />
        {source === 'file' && (
          <IconButton
            small
            label={`Back to the default, ${String(setting.default) || 'empty'}`}
            icon="undo"
            onClick={() => void save(null)}
          />
        )}
        <span className="small setting-saved" role="status">
          {saved ? 'Saved' : ''}
        </span>
      </div>
    </div>
  );
}

function Control({
  id,
  setting,
  invalid,
  onSave,
}: {
  id: string;
  setting: Setting;
  invalid: boolean;
  onSave: (value: SettingValue) => void;
}): ReactNode {
  const { type, value, source, key } = setting;
  const fixed = source === 'environment';
  const known = String(value);
  const [typed, setTyped] = useState(known);
  /** The value sent last, so that Enter and then leaving the field do not save it twice. */
  const tried = useRef<string | null>(null);
  useEffect(() => {
    tried.current = null;
    setTyped(type === 'secret' ? '' : known);
  }, [known, type]);
  if (type === 'boolean')
    return (
      <Switch
        label={<span className="visually-hidden">{settingTitle(key)}</span>}
        checked={value === true}
        disabled={fixed}
        onChange={onSave}
      />
    );
  if (type === 'choice') {
    return (
      <select
        id={id}
        className="select"
        value={known}
        disabled={fixed}
        aria-describedby={`${id}-about`}
        onChange={(event) => onSave(event.target.value)}
      >
        {setting.choices?.map((choice) => (
          <option key={choice}>{choice}</option>
        ))}
      </select>
    );
  }
  const commit = (): void => {
    if (typed === tried.current) return;
    tried.current = typed;
    const next = typedValue(setting, typed);
    if (next !== undefined) onSave(next);
  };
  return (
    <>
      <input
        id={id}
        list={setting.suggestions === undefined ? undefined : `${id}-known`}
        className="input"
        type={type === 'secret' ? 'password' : 'text'}
        inputMode={type === 'number' ? 'decimal' : undefined}
        value={typed}
        placeholder={type === 'secret' && known !== '' ? 'set; type to replace' : 'not set'}
        disabled={fixed}
        autoComplete="off"
        spellCheck={false}
        aria-invalid={invalid}
        aria-describedby={`${id}-about`}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === 'Enter') commit();
          if (event.key === 'Escape') setTyped(type === 'secret' ? '' : known);
        }}
      />
      {setting.suggestions !== undefined && (
        <datalist id={`${id}-known`}>
          {setting.suggestions.map((suggestion) => (
            <option key={suggestion} value={suggestion} />
          ))}
        </datalist>
      )}
    </>
  );
}
