import type { ButtonHTMLAttributes, ReactNode } from 'react';
import { Icon, type IconName } from './icons.js';

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: 'primary' | 'ghost' | 'danger' | 'danger-solid';
  small?: boolean;
  icon?: IconName;
  busy?: boolean;
}

/** A button; `busy` shows that its action is under way and takes no second click. */
export function Button({
  look,
  small,
  icon,
  busy,
  children,
  className,
  disabled,
  ...rest
}: ButtonProps): ReactNode {
  const classes = ['button', look && `button-${look}`, small && 'button-small', className];
  return (
    <button type="button" className={classes.filter(Boolean).join(' ')} disabled={disabled || busy} {...rest}>
      {busy ? <span className="spinner" /> : icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

/** A button that is only an icon; `label` is its name and its tooltip. */
export function IconButton({
  label,
  icon,
  look = 'ghost',
  className = '',
  ...rest
}: ButtonProps & { label: string; icon: IconName }): ReactNode {
  return (
    <Button
      {...rest}
      look={look}
      icon={icon}
      aria-label={label}
      title={label}
      className={`button-icon ${className}`}
    />
  );
}

/** On or off, at once. */
export function Switch({
  label,
  checked,
  onChange,
  disabled,
}: {
  label: ReactNode;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
}): ReactNode {
  return (
    <button
      type="button"
      role="switch"
      className="switch"
      aria-checked={checked}
      disabled={disabled}
      onClick={() => onChange(!checked)}
    >
      <span className="switch-track" aria-hidden="true" />
      {label}
    </button>
  );
}

/** One of a few. */
export function Segments<Value extends string | number>({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: Value;
  options: readonly { value: Value; label: string }[];
  onChange: (value: Value) => void;
}): ReactNode {
  return (
    <fieldset className="segments" aria-label={label}>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => onChange(option.value)}
        >
          {option.label}
        </button>
      ))}
    </fieldset>
  );
}

/** How far something is, 0 to 1; null when nobody knows. */
export function Progress({ value, label }: { value: number | null; label: string }): ReactNode {
  const percent = value === null ? undefined : Math.round(Math.min(1, Math.max(0, value)) * 100);
  return (
    <div
      className={percent === undefined ? 'progress progress-unknown' : 'progress'}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
    >
      <div style={percent === undefined ? undefined : { width: `${percent}%` }} />
    </div>
  );
}

export type Tone = 'good' | 'bad' | 'warn' | 'info' | 'plain';

/** A word with a colour. */
export function Badge({
  tone = 'plain',
  children,
  dot,
  busy,
}: {
  tone?: Tone;
  children: ReactNode;
  dot?: boolean;
  busy?: boolean;
}): ReactNode {
  return (
    <span className={`badge badge-${tone}`}>
      {dot && <Dot tone={tone} busy={busy} />}
      {children}
    </span>
  );
}

/** A state as a spot of colour; whoever shows it says the state in words as well. */
export function Dot({ tone, busy = false }: { tone: Tone; busy?: boolean | undefined }): ReactNode {
  return <span className={`dot dot-${tone}${busy ? ' dot-busy' : ''}`} aria-hidden="true" />;
}

/** What to do where there is nothing yet. */
export function Empty({
  icon,
  title,
  children,
  action,
}: {
  icon: IconName;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}): ReactNode {
  return (
    <div className="empty">
      <Icon name={icon} />
      <h2>{title}</h2>
      {children !== undefined && <p className="muted">{children}</p>}
      {action}
    </div>
  );
}

/** Grey lines where text will be. */
export function Skeleton({ lines = 3 }: { lines?: number }): ReactNode {
  return (
    <div className="stack" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} className="skeleton" style={{ width: `${90 - ((line * 37) % 45)}%` }} />
      ))}
    </div>
  );
}

/** Something the reader has to know. */
export function Notice({
  tone,
  children,
  action,
}: {
  tone: 'bad' | 'warn' | 'good' | 'plain';
  children: ReactNode;
  action?: ReactNode;
}): ReactNode {
  const icon: IconName = tone === 'good' ? 'check' : tone === 'plain' ? 'info' : 'alert';
  return (
    <div className={`notice notice-${tone}`} role={tone === 'bad' ? 'alert' : undefined}>
      <Icon name={icon} />
      <div className="grow stack">{children}</div>
      {action}
    </div>
  );
}
