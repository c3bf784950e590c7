/**
 * Replaces iconv-lite in a bundle, for which mysql2 asks and whose tables are half of its size. The driver decodes UTF-8 and
 * Latin-1 by itself, and that is all that our connections bring; for whatever else a server may send there are Node's own decoders.
 */

/** The driver's names of character sets that Node calls something else. MySQL's utf8mb3 has no surrogates, so CESU-8 of it is UTF-8. */
const LABELS: Readonly<Record<string, string>> = {
  cesu8: 'utf-8',
  koi8r: 'koi8-r',
  koi8u: 'koi8-u',
  eucjp: 'euc-jp',
  eucjpms: 'euc-jp',
  cp932: 'shift_jis',
  euckr: 'euc-kr',
  tis620: 'tis-620',
  latin7: 'iso-8859-13',
  macroman: 'macintosh',
  utf16: 'utf-16be',
  'utf16-le': 'utf-16le',
};

/** A decoder of iconv-lite, as mysql2 uses it. */
export interface Decoder {
  readonly write: (bytes: Uint8Array) => string;
  readonly end: () => string | undefined;
}

/** @throws Error for a character set that Node does not know: the driver's own tables are not in this bundle */
export function getDecoder(encoding: string): Decoder {
  const label = LABELS[encoding] ?? encoding;
  let decoder: InstanceType<typeof TextDecoder>;
  try {
    decoder = new TextDecoder(label);
  } catch (cause) {
    throw new Error(`The character set ${encoding} is not in this bundle (infra/bundling/iconv-lite.ts).`, { cause });
  }
  return { write: (bytes) => decoder.decode(bytes, { stream: true }), end: () => decoder.decode() };
}

/** @throws Error always: our connections write UTF-8, which the driver encodes by itself */
export function getEncoder(encoding: string): never {
  throw new Error(`Writing in ${encoding} is not in this bundle (infra/bundling/iconv-lite.ts).`);
}
