import type { ReactNode } from 'react';
import type { Measure, Metrics, Scorecard } from '../../api/types.js';
import { count, percent } from '../../format.js';

interface Figure {
  key: keyof Metrics;
  label: string;
  lower: boolean;
  show: (value: number) => string;
}
const FIGURES: Figure[] = [
  { key: 'heldOutLoss', label: 'Held-out loss', lower: true, show: (value) => value.toFixed(3) },
  { key: 'bitsPerByte', label: 'Bits per byte', lower: true, show: (value) => value.toFixed(3) },
  { key: 'exactMatch', label: 'Exact next lines', lower: false, show: (value) => percent(value) },
  { key: 'editSimilarity', label: 'Edit similarity', lower: false, show: (value) => percent(value) },
  { key: 'fimExactMatch', label: 'Gaps filled exactly', lower: false, show: (value) => percent(value) },
  {
    key: 'fimEditSimilarity',
    label: 'Likeness of filled gaps',
    lower: false,
    show: (value) => percent(value),
  },
];
const SETTINGS = [
  ['noRetrieval', 'without retrieval'],
  ['retrieval', 'with retrieval'],
] as const;

/** What the line of improvements shows, as shares of the base's loss. */
export interface Scale {
  from: number;
  to: number;
}

/** One scale for several adapters: their lines can be compared. Pure. */
export function scaleOf(scorecards: readonly Scorecard[]): Scale {
  const shown = scorecards.flatMap(({ improvement, margin }) =>
    improvement === null
      ? [margin]
      : [margin, improvement.value, improvement.low ?? 0, improvement.high ?? 0],
  );
  return { from: Math.min(0, ...shown) - 0.02, to: Math.max(0, ...shown) + 0.02 };
}

/** Base against adapter, with and without retrieval, each figure with its 95 % interval. */
export function ScorecardTable({
  scorecard,
  scale = null,
}: {
  scorecard: Scorecard;
  scale?: Scale | null;
}): ReactNode {
  const rows = FIGURES.flatMap((figure) =>
    SETTINGS.map(([setting, label]) => ({
      ...{ figure, setting, label },
      base: scorecard.base[setting][figure.key],
      adapter: scorecard.adapter[setting][figure.key],
    })),
  ).filter(({ base, adapter }) => base !== null || adapter !== null);
  return (
    <>
      <Improvement scorecard={scorecard} scale={scale} />
      <div className="table-scroll">
        <table className="table scorecard">
          <thead>
            <tr>
              <th scope="col">On held-out code</th>
              <th scope="col" className="number">
                Base
              </th>
              <th scope="col" className="number">
                Adapter
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ figure, setting, label, base, adapter }) => (
              <tr key={`${figure.key}-${setting}`}>
                <th scope="row">
                  {figure.label}
                  <span className="small faint">{label}</span>
                </th>
                <Cell measure={base} show={figure.show} />
                <Cell
                  measure={adapter}
                  show={figure.show}
                  better={isSurelyBetter(figure, scorecard, setting)}
                />
              </tr>
            ))}
            <Checks scorecard={scorecard} />
          </tbody>
        </table>
      </div>
      <Meaning scorecard={scorecard} />
    </>
  );
}

/**
 * Whether chance does not explain it: losses without retrieval are compared file by file, which `improvement` tells; of
 * the rest the intervals must not meet. Pure.
 */
export function isSurelyBetter(
  { key, lower }: Pick<Figure, 'key' | 'lower'>,
  { base: ofBase, adapter: ofAdapter, improvement }: Pick<Scorecard, 'base' | 'adapter' | 'improvement'>,
  setting: (typeof SETTINGS)[number][0],
): boolean {
  const base = ofBase[setting][key];
  const adapter = ofAdapter[setting][key];
  if (base === null || adapter === null) return false;
  const isLoss = key === 'heldOutLoss' || key === 'bitsPerByte';
  if (isLoss && setting === 'noRetrieval') return (improvement?.low ?? 0) > 0;
  const [worse, better] = lower ? [adapter.high, base.low] : [base.high, adapter.low];
  return worse !== null && better !== null && worse < better;
}

function Cell({
  measure,
  show,
  better = false,
}: {
  measure: Measure | null;
  show: (value: number) => string;
  better?: boolean;
}): ReactNode {
  if (measure === null) return <td className="number faint">not measured</td>;
  const { value, low, high, n } = measure;
  return (
    <td className="number" title={`95 % interval over files, n = ${count(n)}`}>
      <span className={better ? 'better' : undefined}>{show(value)}</span>
      <span className="small faint">
        {low === null || high === null ? `n = ${count(n)}` : `${show(low)} – ${show(high)}`}
      </span>
    </td>
  );
}

/** The improvement that decides about promotion, drawn with its interval and the margin it has to exceed. */
function Improvement({ scorecard, scale }: { scorecard: Scorecard; scale: Scale | null }): ReactNode {
  const { improvement, margin, reason } = scorecard;
  if (improvement === null) return <p className="card-body small muted">{reason}</p>;
  const { value, low, high } = improvement;
  const { from, to } = scale ?? scaleOf([scorecard]);
  const place = (share: number): string => `${((share - from) / (to - from)) * 100}%`;
  return (
    <div
      className={
        scorecard.promoted ? 'card-body stack improvement' : 'card-body stack improvement improvement-refused'
      }
    >
      <p>
        <strong className="improvement-value tabular">
          {value >= 0 ? '−' : '+'}
          {percent(Math.abs(value))}
        </strong>{' '}
        <span className="muted">held-out loss</span>
      </p>
      <div
        className="interval"
        role="img"
        aria-label={`Improvement ${percent(value)}, interval ${low === null ? 'unknown' : percent(low)} to ${high === null ? 'unknown' : percent(high)}; margin ${percent(margin)}`}
      >
        <span className="interval-zero" style={{ left: place(margin) }} />
        {low !== null && high !== null && (
          <span
            className="interval-range"
            style={{ left: place(low), right: `calc(100% - ${place(high)})` }}
          />
        )}
        <span className="interval-value" style={{ left: place(value) }} />
      </div>
      <p className="interval-margin small faint tabular" aria-hidden="true">
        <span style={{ left: place(margin) }}>margin {percent(margin)}</span>
      </p>
      <p className="small muted">{reason}</p>
    </div>
  );
}

function Checks({ scorecard }: { scorecard: Scorecard }): ReactNode {
  const { generalLoss, stopping, parity, predecessor, uses, memorised, strings } = scorecard;
  const { strength, strengthChoice, retrievalChoice, twoByTwo } = scorecard;
  const served = [
    {
      label: 'Completions',
      hint: servedBy('first line right, with retrieval', uses?.completion),
      counts: uses?.completion?.retrieved ?? uses?.completion,
    },
    { label: 'Completions', hint: 'first line right, without retrieval', counts: uses?.completion?.alone },
    {
      label: 'Known answers',
      hint: servedBy('answered rightly, code given', uses?.answers),
      counts: uses?.answers,
    },
  ];
  return (
    <>
      {generalLoss && (
        <CheckRow
          label="General code"
          hint="loss on a fixed set: has it forgotten?"
          base={generalLoss.base.toFixed(3)}
          adapter={generalLoss.adapter.toFixed(3)}
        />
      )}
      {served.map(
        ({ label, hint, counts }) =>
          counts && (
            <CheckRow
              key={hint}
              label={label}
              hint={hint}
              base={`${counts.base} of ${counts.n}`}
              adapter={`${counts.adapter} of ${counts.n}`}
            />
          ),
      )}
      {twoByTwo && <FourWays twoByTwo={twoByTwo} />}
      {memorised && (
        <CheckRow
          label="Learned by heart"
          hint={`of ${memorised.n} passages trained on, word for word`}
          base={`${memorised.base}`}
          adapter={`${memorised.adapter}`}
        />
      )}
      {strings && (
        <CheckRow
          label="Random strings written"
          hint={`of ${strings.n} in the code trained on, which could be secrets`}
          base={`${strings.base}`}
          adapter={`${strings.adapter}`}
        />
      )}
      {stopping && (
        <CheckRow
          label="Answers that end"
          hint={`of ${stopping.n} questions`}
          base={percent(stopping.base, 0)}
          adapter={percent(stopping.adapter, 0)}
        />
      )}
      {parity && (
        <CheckRow
          label="llama.cpp agrees"
          hint={`with the trainer, ${count(parity.n)} tokens`}
          base={percent(parity.baseAgreement)}
          adapter={percent(parity.adapterAgreement)}
        />
      )}
      {strengthChoice && (
        <CheckRow label="Strength" hint={strengthChoice.reason} base="" adapter={String(strength)} />
      )}
      {retrievalChoice && (
        <CheckRow
          label="Related code for completions"
          hint={retrievalChoice.reason}
          base={retrievalChoice.base ? 'shown' : 'not shown'}
          adapter={retrievalChoice.adapter ? 'shown' : 'not shown'}
        />
      )}
      {predecessor && (
        <CheckRow
          label={`Adapter ${predecessor.version}`}
          hint="that it was continued from"
          base=""
          adapter={predecessor.heldOutLoss.toFixed(3)}
        />
      )}
    </>
  );
}

/** Completions at places that the gate has not seen. */
function FourWays({
  twoByTwo: { places, arms },
}: {
  twoByTwo: NonNullable<Scorecard['twoByTwo']>;
}): ReactNode {
  const shown = (measure: Measure | null) => (measure === null ? '' : percent(measure.value));
  return (
    <>
      <CheckRow
        label="Fresh places exact"
        hint={`of ${places}, with retrieval`}
        base={shown(arms.baseRetrieved.exact)}
        adapter={shown(arms.adapterRetrieved.exact)}
      />
      <CheckRow
        label="Fresh places exact"
        hint={`of ${places}, without retrieval`}
        base={shown(arms.baseAlone.exact)}
        adapter={shown(arms.adapterAlone.exact)}
      />
    </>
  );
}

function servedBy(hint: string, verdict: { serves: 'adapter' | 'base' } | null | undefined): string {
  return verdict?.serves === 'base' ? `${hint}: left to the base` : hint;
}

function CheckRow({
  label,
  hint,
  base,
  adapter,
}: {
  label: string;
  hint: string;
  base: string;
  adapter: string;
}): ReactNode {
  return (
    <tr>
      <th scope="row">
        {label}
        <span className="small faint">{hint}</span>
      </th>
      <td className="number">{base}</td>
      <td className="number">{adapter}</td>
    </tr>
  );
}

function Meaning({ scorecard }: { scorecard: Scorecard }): ReactNode {
  return (
    <details className="meaning">
      <summary className="small">What these figures mean</summary>
      <dl className="small">
        <dt>Held-out loss</dt>
        <dd>
          How surprised the model is by {scorecard.files} files it was not trained on, in nats a token. Lower
          is better; this decides.
        </dd>
        <dt>Bits per byte</dt>
        <dd>The same for each byte of the text: with this figure base models can be compared.</dd>
        <dt>Exact next lines</dt>
        <dd>Share of next lines it would have written letter for letter.</dd>
        <dt>Edit similarity</dt>
        <dd>How near a generated next line is to the true one.</dd>
        <dt>Gaps filled exactly</dt>
        <dd>Share of gaps in the middle of a file that it would have filled letter for letter.</dd>
        <dt>Likeness of filled gaps</dt>
        <dd>How near what it writes into a gap is to what stood there.</dd>
        <dt>Completions, known answers</dt>
        <dd>
          What people use it for, as the product does it: code completed at places of held-out files, and
          questions whose answer is known, with the code that a search finds. Where the adapter is worse,
          beyond chance, the base goes on doing it.
        </dd>
        <dt>Strength</dt>
        <dd>
          How much of its own effect the adapter has when it answers: 1 as it was trained. All figures are at
          this strength.
        </dd>
        <dt>With retrieval</dt>
        <dd>The same, with code found by search before it: does training help on top of search?</dd>
        <dt>The gate</dt>
        <dd>
          The whole 95 % interval of the improvement has to lie above {percent(scorecard.margin)}, answers
          must still end, and neither filled gaps nor general code may suffer.
        </dd>
      </dl>
    </details>
  );
}
