/**
 * How much more often one letter follows another in the words of code than it would by chance. A row for each first
 * letter, a
 * to z, and one for the start of a word; a column for each second letter. Each place holds half a bit above `A`,
 * which stands
 * for 2^-8. Counted over 22,260 words that occur three times or more in TypeScript, Python and Perl.
 */
const ROWS = [
  'MRSRJMPIPGNTRTEQFTSUONLMNH',
  'TPPOTNLJTOKUNNSNERSNSJJIPJ',
  'TLPOTMJTQFSRNLVMFRPTQKIHME',
  'SONQWPMKVKKQMNSNJQROQLKJME',
  'RMRTPQNJMHJRQTMPMUTRKONQMG',
  'RNOOSTMMVGISMNTMHRQRRIJJPF',
  'RLOMVMPRSBFRORROETSPQLJIKM',
  'VMMMVKJLTBKOOMUMIQORPKKKOF',
  'PPRQQPQEIEKRQVSPIQSSGPFNCP',
  'ULNPUPJJQNOMNNUPLLUNTNPJLG',
  'RNNPWOPMUMMQMPPOGNTPOMNHOG',
  'TLNQVNKIUHKSLLTNFKQPPMHIRG',
  'VPMNVLJITFMPQKTTIKQMQKHHNC',
  'SLRSTPUKRIONKORMHLSUONJHLH',
  'OPRRLNPJNIORRVQREURRROQMJH',
  'UKNMUMKPREMSMLTQGUQRPJKIOE',
  'MMLOLNLLNGJSNMLNPQSPYPNJJL',
  'TMPPVMOITDNPQOTNGPSROMJGPC',
  'QKRMUNLRTGMPNMQRMMSVRLLIOF',
  'TLPMVNJRUFJPNLSOFTRPPJLHQH',
  'QRQOQOPHQEHSRUNRCTSTJIGKGH',
  'VMNLXMMKUFFMOMRLCNONKJIJKI',
  'VLMPUMMSUDMPLSTMDSROLJJJJG',
  'QOSOTPLNSHDPPNQULNRVMMKROJ',
  'QOQNROOLRILRSRQVIOTSMNNINN',
  'TMMMXNKMTFKNMKRMFNOOMKKJNP',
  'RQSRRRPPRMMQRQPSLRTRQNOMKK',
].join('');

const LETTERS = 26;
const A = 'a'.charCodeAt(0);
/** The row of the start of a word. */
export const WORD_START = LETTERS;

/** The place of a letter in the alphabet; the letter is an ASCII one, of either case. */
export function letterIndex(letter: string): number {
  return letter.toLowerCase().charCodeAt(0) - A;
}

/** How many bits a pair of letters speaks for a word: below 0 where it is rarer than by chance. */
export function wordBits(first: number, second: number): number {
  return (ROWS.charCodeAt(first * LETTERS + second) - 'A'.charCodeAt(0)) / 2 - 8;
}
