import { describe, expect, it } from 'vitest';
import { encodeStrictly, type QueryStyle, serializePairs, serializePath } from './serialize.js';

const list = ['blue', 'black'];
const object = { R: 100, G: 200 };

const query = (style: QueryStyle, value: Parameters<typeof serializePairs>[2], explode: boolean) =>
  serializePairs(style, 'color', value, explode, encodeStrictly)
    .map((pair) => pair.join('='))
    .join('&');

describe('parameter styles', () => {
  it.each([
    ['simple', false, 'blue', 'blue'],
    ['simple', false, list, 'blue,black'],
    ['simple', true, list, 'blue,black'],
    ['simple', false, object, 'R,100,G,200'],
    ['simple', true, object, 'R=100,G=200'],
    ['label', false, 'blue', '.blue'],
    ['label', false, list, '.blue,black'],
    ['label', true, list, '.blue.black'],
    ['label', false, object, '.R,100,G,200'],
    ['label', true, object, '.R=100.G=200'],
    ['matrix', false, 'blue', ';color=blue'],
    ['matrix', false, '', ';color'],
    ['matrix', false, list, ';color=blue,black'],
    ['matrix', true, list, ';color=blue;color=black'],
    ['matrix', false, object, ';color=R,100,G,200'],
    ['matrix', true, object, ';R=100;G=200'],
    ['simple', false, 'a/b c%', 'a%2Fb%20c%25'],
  ] as const)('writes paths: %s, exploded %s, %j', (style, explode, value, written) => {
    expect(serializePath(style, 'color', value, explode, encodeStrictly)).toBe(written);
  });

  it.each([
    ['form', true, 'blue', 'color=blue'],
    ['form', true, true, 'color=true'],
    ['form', true, 1.5, 'color=1.5'],
    ['form', true, '', 'color='],
    ['form', true, null, ''],
    ['form', true, [], ''],
    ['form', false, [], ''],
    ['form', true, list, 'color=blue&color=black'],
    ['form', false, list, 'color=blue,black'],
    ['form', true, object, 'R=100&G=200'],
    ['form', false, object, 'color=R,100,G,200'],
    ['spaceDelimited', false, list, 'color=blue%20black'],
    ['spaceDelimited', false, object, 'color=R%20100%20G%20200'],
    ['pipeDelimited', false, list, 'color=blue%7Cblack'],
    ['pipeDelimited', true, list, 'color=blue&color=black'],
    ['deepObject', true, object, 'color%5BR%5D=100&color%5BG%5D=200'],
    [
      'deepObject',
      true,
      { a: { b: 1 }, c: ['x', 'y'] },
      'color%5Ba%5D%5Bb%5D=1&color%5Bc%5D%5B0%5D=x&color%5Bc%5D%5B1%5D=y',
    ],
    ['form', true, "a&b=c#d'", 'color=a%26b%3Dc%23d%27'],
    ['form', false, ['a,b', 'c'], 'color=a%2Cb,c'],
  ] as const)('writes queries: %s, exploded %s, %j', (style, explode, value, written) => {
    expect(query(style, value, explode)).toBe(written);
  });
});
