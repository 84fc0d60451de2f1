import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { Place } from '../../code/markdown.js';
import { Button } from '../../design/parts.js';
import { AnswerView, StoredAnswer } from './answer-view.js';
import { modeWords } from './mode-words.js';
import type { Turn } from './use-chat.js';

interface TurnsProps {
  turns: readonly Turn[];
  busy: boolean;
  onOpen: (place: Place) => void;
  onAgain: (question: string) => void;
}

/** Within this distance from the end, in pixels, the view follows the growing answer. */
const FOLLOWS_PX = 60;

/**
 * The questions and answers. The view follows a growing answer until the reader scrolls up; scrolling back to the end
 * turns following on again.
 */
export function Turns({ turns, busy, onOpen, onAgain }: TurnsProps): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const [behind, setBehind] = useState(false);
  const count = turns.length;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new question is always brought into sight
  useEffect(() => {
    follows.current = true;
  }, [count]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: whatever grows is followed
  useEffect(() => {
    const element = box.current;
    if (element && follows.current) element.scrollTop = element.scrollHeight;
  }, [turns]);
  const toEnd = (): void => {
    follows.current = true;
    setBehind(false);
    box.current?.scrollTo({ top: box.current.scrollHeight, behavior: 'smooth' });
  };
  return (
    <>
      <div
        ref={box}
        className="turns"
        tabIndex={0}
        role="log"
        aria-label="Questions and answers"
        aria-live="off"
        onScroll={({ currentTarget: element }) => {
          const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < FOLLOWS_PX;
          follows.current = atEnd;
          setBehind(!atEnd);
        }}
      >
        {turns.map((turn, index) => (
          <TurnView
            key={index}
            turn={turn}
            last={index === count - 1}
            busy={busy}
            onOpen={onOpen}
            onAgain={onAgain}
          />
        ))}
      </div>
      {behind && (
        <Button small className="to-end" icon="chevronDown" onClick={toEnd}>
          To the end
        </Button>
      )}
      <Spoken turns={turns} busy={busy} />
    </>
  );
}

function TurnView({
  turn,
  last,
  busy,
  onOpen,
  onAgain,
}: {
  turn: Turn;
  last: boolean;
  busy: boolean;
  onOpen: (place: Place) => void;
  onAgain: (question: string) => void;
}): ReactNode {
  const again = last && !busy ? onAgain : null;
  if (turn.kind === 'stored') {
    const { question } = turn.exchange;
    return (
      <article className="turn">
        <p className="question">{question}</p>
        <StoredAnswer exchange={turn.exchange} onOpen={onOpen} onAgain={again && (() => again(question))} />
      </article>
    );
  }
  if (turn.kind === 'asked') {
    const { question } = turn.answer;
    return (
      <article className="turn">
        <p className="question">{question}</p>
        <AnswerView answer={turn.answer} onOpen={onOpen} onAgain={again && (() => again(question))} />
      </article>
    );
  }
  return (
    <article className="turn turn-compared">
      <p className="question">{turn.left.question}</p>
      <div className="compared">
        {([turn.left, turn.right] as const).map((answer, side) => (
          <section key={side} className="compared-side" aria-label={modeWords(turn.modes[side as 0 | 1])}>
            <h3>{modeWords(turn.modes[side as 0 | 1])}</h3>
            <AnswerView answer={answer} onOpen={onOpen} onAgain={null} />
          </section>
        ))}
      </div>
    </article>
  );
}

/**
 * Text for screen readers: that an answer has begun, and all of it once it is complete. Each word as it comes would be
 * noise.
 */
function Spoken({ turns, busy }: { turns: readonly Turn[]; busy: boolean }): ReactNode {
  const last = turns.at(-1);
  const said =
    last?.kind === 'asked'
      ? busy
        ? 'The answer is being written.'
        : last.answer.text || last.answer.error?.message
      : last?.kind === 'compared' && !busy
        ? 'Both answers are there.'
        : '';
  return (
    <div className="visually-hidden" aria-live="polite">
      {said}
    </div>
  );
}
