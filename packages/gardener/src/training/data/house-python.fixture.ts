import { seededRandom } from './random.js';

const WORDS =
  'order basket parcel ledger invoice courier shelf pallet voucher refund customer depot route batch label'.split(
    ' ',
  );

/**
 * One Python module of an invented house style: every file different, all of one pattern
 * that can be learned. For tests.
 */
export function housePython(index: number, functions = 5): string {
  const random = seededRandom(index, 'house');
  const word = (): string => WORDS[Math.floor(random() * WORDS.length)] as string;
  const lines = ['from warehouse.core import Registry, checked, traced', ''];
  for (let i = 0; i < functions; i++) {
    const [a, b, c] = [word(), word(), word()];
    lines.push(
      '',
      '@traced(level="audit")',
      `def ${a}_${b}_${index}_${i}(registry: Registry, ${c}_id: str, *, strict: bool = True):`,
      `    """Moves the ${a} of a ${c} into its ${b}, and notes it in the ledger."""`,
      `    ${a} = checked(registry.fetch("${a}", ${c}_id), strict=strict)`,
      `    if ${a}.is_missing(reason="${word()}"):`,
      `        return registry.refuse(${a}, because="no ${word()} for ${word()}")`,
      `    for ${b} in ${a}.each("${b}", limit=${Math.floor(random() * 90) + 10}):`,
      `        registry.attach(${b}, to=${a}, note="${word()} ${word()}")`,
      `    return registry.settle(${a}, with_${word()}=${word()}_of(${c}_id))`,
      '',
    );
  }
  return `${lines.join('\n')}\n`;
}
