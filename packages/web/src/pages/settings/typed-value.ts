import type { Setting } from '../../api/types.js';

/** What a setting can be set to; null sets it back to its default. */
export type SettingValue = string | number | boolean | null;

/**
 * What a field's text asks for; undefined when it asks for no change. A secret is never shown, so an empty field leaves
 * it as it is; an empty number is the default.
 */
export function typedValue(
  { type, value }: Pick<Setting, 'type' | 'value'>,
  typed: string,
): SettingValue | undefined {
  if (type === 'secret') return typed === '' ? undefined : typed;
  if (typed === String(value)) return undefined;
  if (type !== 'number') return typed;
  return typed.trim() === '' ? null : Number(typed);
}
