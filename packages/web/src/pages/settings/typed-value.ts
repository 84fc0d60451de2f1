import type { Setting } from '../../api/types.js';

/** A value to set a setting to; null resets it to its default. */
export type SettingValue = string | number | boolean | null;

/**
 * The value that the text of a setting's field stands for; undefined when nothing is to be changed. A secret is never
 * shown, so its empty field means no change; an empty number field means the default.
 */
export function typedValue(
  { type, value }: Pick<Setting, 'type' | 'value'>,
  typed: string,
): SettingValue | undefined {
  if (type === 'secret') return typed === '' ? undefined : typed;
  if (typed === String(value)) return undefined;
  if (type !== 'number') return typed;
  if (typed.trim() === '') return null;
  const number = Number(typed);
  // Sent as it is: the server says what is wrong with it.
  return Number.isNaN(number) ? typed : number;
}
