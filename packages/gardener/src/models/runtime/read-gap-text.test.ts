import { describe, expect, it } from 'vitest';
import { readGapText } from './read-gap-text.js';

const qwen = (before: string, after: string) => `<|fim_prefix|>${before}<|fim_suffix|>${after}<|fim_middle|>`;

describe('readGapText', () => {
  it.each([
    ['Qwen, CodeGemma', qwen('a = ', ';\n')],
    ['StarCoder', '<fim_prefix>a = <fim_suffix>;\n<fim_middle>'],
    ['DeepSeek-Coder', '<｜fim▁begin｜>a = <｜fim▁hole｜>;\n<｜fim▁end｜>'],
    ['CodeLlama as editors write it', '<PRE> a =  <SUF>;\n <MID>'],
    ['Codestral', '[SUFFIX];\n[PREFIX]a = '],
    ['GLM', '<|code_prefix|>a = <|code_suffix|>;\n<|code_middle|>'],
  ])('reads the markup of %s', (_name, text) => {
    expect(readGapText(text)).toEqual({ before: 'a = ', after: ';\n', path: null, files: [] });
  });

  it("reads a repository's files before the gap, the last one being the file with the gap", () => {
    const text = `<|repo_name|>shop\n<|file_sep|>a.py\nx = 1\n<|file_sep|>b.py\n${qwen('y = ', '')}`;
    expect(readGapText(text)).toEqual({
      before: 'y = ',
      after: '',
      path: 'b.py',
      files: [{ path: 'a.py', text: 'x = 1' }],
    });
  });

  it.each([
    ['nothing', ''],
    ['plain code', 'a = 1'],
    ['half of it', '<|fim_prefix|>a = <|fim_suffix|>;'],
    ['the wrong order', '<|fim_suffix|>a<|fim_prefix|>b<|fim_middle|>'],
    ['a broken marker', '<|fim_prefix|>a = <|fim_suffix>;\n<|fim_middle|>'],
    ['markers inside a file', `const example = '${qwen('a', 'b')}';`],
    ['text behind the last marker', `${qwen('a', 'b')}c`],
    ['markers of two families', '<|fim_prefix|>a<fim_suffix>b<|fim_middle|>'],
    ['two places where the cursor could be', qwen("x = '<|fim_suffix|>'", 'y')],
  ])('takes %s for ordinary text', (_name, text) => {
    expect(readGapText(text)).toBeNull();
  });

  it("leaves other markers in the file's own text as they are", () => {
    expect(readGapText(qwen('a<|fim_prefix|>b', 'c<|fim_middle|>d'))).toMatchObject({
      before: 'a<|fim_prefix|>b',
      after: 'c<|fim_middle|>d',
    });
  });

  it('is quick about a large text full of markers', () => {
    const many = '<|fim_prefix|>'.repeat(200_000);
    expect(readGapText(many)).toBeNull();
    expect(readGapText(`${many}<|fim_suffix|><|fim_middle|>`)?.after).toBe('');
  });
});
