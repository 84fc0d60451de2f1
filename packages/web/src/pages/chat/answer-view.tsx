import type { ReactNode } from 'react';
import type { Exchange, IndexFreshness, Source } from '../../api/types.js';
import { Markdown, type Place } from '../../code/markdown.js';
import { placeLabel } from '../../code/source-panel.js';
import { CopyButton } from '../../design/copy-button.js';
import { ErrorNotice } from '../../design/error-notice.js';
import { Icon } from '../../design/icons.js';
import { Badge, Button } from '../../design/parts.js';
import { Words } from '../../design/words.js';
import { plural, shortCommit } from '../../format.js';
import type { Answer } from './ask.js';

interface Actions {
  onOpen: (place: Place) => void;
  /** Asks the question again; null where that is not possible. */
  onAgain: (() => void) | null;
}

/** An answer as it is being written, or just was. */
export function AnswerView({ answer, onOpen, onAgain }: Actions & { answer: Answer }): ReactNode {
  const { state, text, end, error } = answer;
  const sources = end?.sources ?? [];
  return (
    <div className="answer">
      {state === 'waiting' && (
        <p className="answer-waiting muted">
          <span className="spinner" /> Reading the code it needs…
        </p>
      )}
      {text !== '' && <Markdown text={text} places={sources} onOpen={onOpen} />}
      {state === 'writing' && <span className="caret" aria-hidden="true" />}
      {state === 'done' && text.trim() === '' && (
        <p className="muted">The model had nothing to say. Ask in other words, or ask again.</p>
      )}
      {state === 'stopped' && <p className="small muted">Stopped.</p>}
      {error && <ErrorNotice error={error} {...(onAgain && { onRetry: onAgain })} />}
      {end?.reason === 'length' && <CutOff />}
      <Sources sources={sources} onOpen={onOpen} />
      {(state === 'done' || state === 'stopped') && (
        <footer className="answer-foot">
          {end && (
            <AnsweredBy
              version={end.adapter.version}
              reason={end.adapter.reason}
              index={end.index}
              speed={end.tokensPerSecond ?? null}
            />
          )}
          <Buttons text={text} onAgain={onAgain} />
        </footer>
      )}
    </div>
  );
}

/** An answer that is stored in the conversation. */
export function StoredAnswer({ exchange, onOpen, onAgain }: Actions & { exchange: Exchange }): ReactNode {
  const { answer, sources, end, adapter } = exchange;
  return (
    <div className="answer">
      <Markdown text={answer} places={sources} onOpen={onOpen} />
      {end === 'cancelled' && <p className="small muted">Stopped.</p>}
      {end === 'length' && <CutOff />}
      <Sources sources={sources} onOpen={onOpen} />
      <footer className="answer-foot">
        <AnsweredBy version={adapter} reason={null} index={null} speed={null} />
        <Buttons text={answer} onAgain={onAgain} />
      </footer>
    </div>
  );
}

function CutOff(): ReactNode {
  return <p className="small muted">Cut off at the longest answer.</p>;
}

function Buttons({ text, onAgain }: { text: string; onAgain: (() => void) | null }): ReactNode {
  return (
    <span className="row answer-buttons">
      {text !== '' && <CopyButton text={text} label="Copy the answer" iconOnly />}
      {onAgain && (
        <Button small look="ghost" icon="refresh" onClick={onAgain}>
          Answer again
        </Button>
      )}
    </span>
  );
}

function AnsweredBy({
  version,
  reason,
  index,
  speed,
}: {
  version: number | null;
  reason: string | null;
  index: IndexFreshness | null;
  speed: number | null;
}): ReactNode {
  const commit = shortCommit(index?.commit ?? null);
  const fresh =
    index &&
    (index.changedSince
      ? `index ${plural(index.changedSince, 'file')} behind`
      : `index up to date${commit ? ` at ${commit}` : ''}`);
  return (
    <span className="small muted row row-wrap answered-by">
      <Badge tone={version === null ? 'plain' : 'good'}>
        {version === null ? 'Base model' : `Adapter ${version}`}
      </Badge>
      {version === null && reason && (
        <span className="answered-why" title={reason}>
          <Words text={reason} />
        </span>
      )}
      {fresh && <span>{fresh}</span>}
      {speed !== null && <span className="tabular">{speed.toFixed(0)} tokens/s</span>}
    </span>
  );
}

/** The sources of an answer; each opens its code in the side panel. */
function Sources({
  sources,
  onOpen,
}: {
  sources: readonly Source[];
  onOpen: (place: Place) => void;
}): ReactNode {
  if (sources.length === 0) return null;
  return (
    <ul className="sources" aria-label="Sources">
      {sources.map((source) => (
        <li key={placeLabel(source)}>
          <button
            type="button"
            className="source-chip"
            title={source.symbol ?? placeLabel(source)}
            onClick={() => onOpen(source)}
          >
            <Icon name="file" />
            <span className="truncate-start">
              <span>{placeLabel(source)}</span>
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}
