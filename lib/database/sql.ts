/** Text as a hexadecimal literal: safe in every sql_mode, with every quote and backslash, and compared byte for byte. */
export const hexLiteral = (text: string): string => `x'${Buffer.from(text, 'utf8').toString('hex')}'`;

/** A condition that holds when an expression is this very text, byte for byte, or NULL where the text is `null`. */
export const isExactly = (expression: string, text: string | null): string =>
  text === null ? `${expression} IS NULL` : `CAST(${expression} AS BINARY) = ${hexLiteral(text)}`;

/** A statement's text as 64 hexadecimal digits, computed in the server. MySQL 9.6 moved MD5 into a component that may be absent. */
export const digestOf = (expression: string): string => `SHA2(${expression}, 256)`;
