import { type ReactNode, useEffect, useState } from 'react';
import { Button } from './parts.js';

/** Copies `text`; says for a moment that it did. */
export function CopyButton({
  text,
  label = 'Copy',
  iconOnly = false,
}: {
  text: string;
  label?: string;
  iconOnly?: boolean;
}): ReactNode {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1_500);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  };
  const name = copied ? 'Copied' : label;
  return (
    <Button
      look="ghost"
      small
      icon={copied ? 'check' : 'copy'}
      className={iconOnly ? 'button-icon' : ''}
      aria-label={name}
      title={name}
      onClick={() => void copy()}
    >
      {iconOnly ? null : name}
    </Button>
  );
}
