import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { ProjectView } from '../../api/types.js';
import { Icon } from '../../design/icons.js';
import { Button, Switch } from '../../design/parts.js';
import { modeWords } from './mode-words.js';
import type { Mode } from './use-chat.js';

interface ComposerProps {
  view: ProjectView;
  mode: Mode;
  comparing: Mode | null;
  busy: boolean;
  onMode: (mode: Mode) => void;
  onComparing: (mode: Mode | null) => void;
  onAsk: (question: string) => void;
  onStop: () => void;
  /** When it changes, the field gets the focus. */
  resetKey: string | null;
}

const TALLEST = 200;

/** Where a question is written. Enter sends, Shift+Enter breaks the line, Escape stops the answer. */
export function Composer({
  view,
  mode,
  comparing,
  busy,
  onMode,
  onComparing,
  onAsk,
  onStop,
  resetKey,
}: ComposerProps): ReactNode {
  const [text, setText] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another conversation begins with the field
  useEffect(() => {
    if (matchMedia('(hover: hover)').matches) field.current?.focus();
  }, [resetKey]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text decides the height
  useEffect(() => {
    const element = field.current;
    if (!element) return;
    element.style.height = 'auto';
    element.style.height = `${Math.min(TALLEST, element.scrollHeight)}px`;
  }, [text]);
  useEffect(() => {
    if (!busy) return;
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.key === 'Escape' && !event.defaultPrevented) onStop();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [busy, onStop]);

  const submit = (): void => {
    const question = text.trim();
    if (question === '' || busy) return;
    setText('');
    onAsk(question);
  };
  const hasAdapter = view.adapter.promoted;
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div className="composer-box">
        <textarea
          ref={field}
          className="composer-field"
          rows={1}
          aria-label="Your question"
          placeholder={`Ask about ${view.project.name}…`}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
            event.preventDefault();
            submit();
          }}
        />
        <div className="composer-foot">
          <div className="row row-wrap composer-modes">
            <Switch
              label={hasAdapter ? `Adapter ${view.adapter.version}` : 'Adapter'}
              checked={hasAdapter && mode.adapter}
              disabled={!hasAdapter}
              onChange={(adapter) => onMode({ ...mode, adapter })}
            />
            <Switch
              label="Retrieval"
              checked={mode.retrieval}
              onChange={(retrieval) => onMode({ ...mode, retrieval })}
            />
            <Button
              small
              look="ghost"
              icon="columns"
              aria-pressed={comparing !== null}
              onClick={() => onComparing(comparing ? null : otherThan(mode, hasAdapter))}
            >
              Compare
            </Button>
          </div>
          {busy ? (
            <Button small icon="stop" onClick={onStop}>
              Stop
            </Button>
          ) : (
            <button
              type="submit"
              className="composer-send"
              aria-label="Ask"
              title="Ask (Enter)"
              disabled={text.trim() === ''}
            >
              <Icon name="send" />
            </button>
          )}
        </div>
        {comparing && (
          <div className="composer-compare">
            <p className="small muted">
              {modeWords(mode, view)} <span className="faint">against</span>
            </p>
            <div className="row row-wrap composer-modes">
              <Switch
                label="Adapter"
                checked={hasAdapter && comparing.adapter}
                disabled={!hasAdapter}
                onChange={(adapter) => onComparing({ ...comparing, adapter })}
              />
              <Switch
                label="Retrieval"
                checked={comparing.retrieval}
                onChange={(retrieval) => onComparing({ ...comparing, retrieval })}
              />
              <span className="small faint">Compared answers are not stored.</span>
            </div>
          </div>
        )}
      </div>
      <p className="small faint composer-hint">
        A small model on your machine: check what it says against the places it names.
      </p>
    </form>
  );
}

/** The mode that an answer is compared with: without the adapter, or, where there is none, without retrieval. */
function otherThan(mode: Mode, hasAdapter: boolean): Mode {
  return hasAdapter ? { ...mode, adapter: !mode.adapter } : { ...mode, retrieval: !mode.retrieval };
}
