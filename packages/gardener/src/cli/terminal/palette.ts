import { styleText } from 'node:util';

/** The few styles the command line uses, by meaning and not by colour. */
export interface Palette {
  strong(text: string): string;
  quiet(text: string): string;
  good(text: string): string;
  warn(text: string): string;
  bad(text: string): string;
  accent(text: string): string;
}

type StyleName = Parameters<typeof styleText>[0];

/** Styles that colour their text when `enabled`, and leave it alone otherwise. */
export function createPalette(enabled: boolean): Palette {
  const style = (name: StyleName) => (text: string) => (enabled ? styleText(name, text) : text);
  return {
    strong: style('bold'),
    quiet: style('dim'),
    good: style('green'),
    warn: style('yellow'),
    bad: style('red'),
    accent: style('cyan'),
  };
}

/**
 * Whether to colour what goes to `stream`: a terminal, no `--no-color`, no NO_COLOR (https://no-color.org), and no
 * dumb terminal.
 */
export function wantsColor(
  stream: { isTTY?: boolean | undefined },
  allowed: boolean,
  environment: NodeJS.ProcessEnv = process.env,
): boolean {
  return allowed && stream.isTTY === true && !environment.NO_COLOR && environment.TERM !== 'dumb';
}
