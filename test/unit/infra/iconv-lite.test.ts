import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { getDecoder, getEncoder } from '../../../infra/bundling/iconv-lite.ts';

interface Tables {
  readonly encode: (text: string, encoding: string) => Buffer;
  readonly getDecoder: (encoding: string) => { write(bytes: Buffer): string; end(): string | undefined };
}

// mysql2's own dependency: what the bundle leaves out, and must decode alike.
const fromDriver = createRequire(createRequire(import.meta.url).resolve('mysql2'));
const tables = fromDriver('iconv-lite') as Tables;

const SAMPLES: Readonly<Record<string, string>> = {
  cesu8: 'UPDATE ordre SET navn = "Åse" – 数据库',
  gbk: '数据库 SELECT',
  gb18030: '数据库 SELECT',
  gb2312: '数据库',
  big5: '資料庫',
  sjis: 'データベース',
  cp932: 'データベース',
  eucjp: 'データベース',
  euckr: '데이터베이스',
  cp1250: 'žluťoučký',
  cp1251: 'база данных',
  cp1256: 'قاعدة',
  cp1257: 'duomenų bazė',
  koi8r: 'база данных',
  latin2: 'žluťoučký',
  greek: 'βάση',
  hebrew: 'מסד',
  tis620: 'ฐานข้อมูล',
};

describe("what replaces the driver's tables", () => {
  it.each(Object.entries(SAMPLES))('decodes %s as they do, cut anywhere', (encoding, text) => {
    const bytes = tables.encode(text, encoding);
    fc.assert(
      fc.property(fc.nat(bytes.length), (at) => {
        const decoder = getDecoder(encoding);
        const read = decoder.write(bytes.subarray(0, at)) + decoder.write(bytes.subarray(at)) + (decoder.end() ?? '');
        expect(read).toBe(text);
      }),
    );
  });

  it.each(['dec8', 'hp8', 'geostd8', 'keybcs2'])('says of %s that it is not there', (encoding) => {
    expect(() => getDecoder(encoding)).toThrow(`The character set ${encoding} is not in this bundle`);
  });

  it('writes nothing', () => {
    expect(() => getEncoder('gbk')).toThrow('Writing in gbk is not in this bundle');
  });
});
