import { describe, expect, it } from 'vitest';
import { makeChunk } from './chunks.fixture.js';
import { chunkKeywords, keywordsOf, splitIdentifier } from './keywords.js';

describe('splitIdentifier', () => {
  it.each([
    ['getUserById', ['get', 'user', 'by', 'id']],
    ['get_user_by_id', ['get', 'user', 'by', 'id']],
    ['parseHTTPHeader2', ['parse', 'http', 'header', '2']],
    ['MAX_RETRIES', ['max', 'retries']],
    ['$scope', ['scope']],
    ['größeÄndern', ['größe', 'ändern']],
    ['_', []],
  ])('%s', (identifier, parts) => {
    expect(splitIdentifier(identifier)).toEqual(parts);
  });
});

describe('keywordsOf', () => {
  it('keeps the whole identifier beside its parts', () => {
    expect(keywordsOf('return getUserById(id)')).toEqual([
      'return',
      'getuserbyid',
      'get',
      'user',
      'by',
      'id',
      'id',
    ]);
  });

  it('splits Chinese text into pairs and characters, so that a part of a phrase is found', () => {
    expect(keywordsOf('用户登录')).toEqual(['用户登录', '用户', '户登', '登录', '用', '户', '登', '录']);
    expect(keywordsOf('查')).toEqual(['查']);
  });

  it.each([
    ['인증', '사용자를 인증한다'],
    ['사용자인증', '사용자를 인증한다'],
    ['환불', '결제를 취소하고 환불한다.'],
    ['查', '检查密码是否正确'],
    ['密码', '检查密码是否正确'],
    ['キャッシュ', 'ページキャッシュを消す'],
  ])('a query for %s meets %s', (query, text) => {
    const words = new Set(keywordsOf(text));
    expect(keywordsOf(query).some((word) => words.has(word))).toBe(true);
  });

  it('survives text without a word, emoji and lone surrogates', () => {
    expect(keywordsOf('!!! 🌱 \ud800 ---')).toEqual([]);
  });
});

it('chunkKeywords counts the symbol more often than a word of the body', () => {
  const words = chunkKeywords(makeChunk({ symbol: 'loadTree', text: 'walk()', path: 'src/a.ts' })).split(' ');
  expect(words.filter((word) => word === 'tree')).toHaveLength(3);
  expect(words.filter((word) => word === 'walk')).toHaveLength(1);
});
