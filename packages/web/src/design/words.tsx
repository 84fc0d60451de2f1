import { Fragment, type ReactNode } from 'react';

/** A sentence in which what stands between backticks is code: how the product writes commands and names. */
export function Words({ text }: { text: string }): ReactNode {
  return text
    .split('`')
    .map((part, index) => <Fragment key={index}>{index % 2 === 1 ? <code>{part}</code> : part}</Fragment>);
}
