import { z } from 'zod';
import { AppError } from '../../lib/errors.ts';

/** The header that plays another caller. Read here and nowhere else; no handler ever sees it. */
export const CLAIMS_HEADER = 'x-local-claims';

/** Who calls when nobody is played: an operator of this machine. */
export const OPERATOR_CLAIMS = { sub: 'local-operator', groups: ['operator'] } as const;

// The gateway writes a list as "[a b]": a word that could not be told from two, or from the brackets, is refused.
const word = z.string().regex(/^[^\s[\],]{1,200}$/, 'must be a word without spaces, commas and brackets');
const claimsSchema = z
  .object({ sub: z.string().min(1).max(200), groups: z.array(word).max(100).optional() })
  .catchall(z.union([z.string().max(1000), z.number(), z.boolean(), z.array(word).max(100)]));

/** Claims as a JWT authorizer of API Gateway hands them on: text only, a list as `[a b]`. */
export type Claims = Readonly<Record<string, string>>;

/**
 * The claims of a request: those of the header, JSON such as `{"sub":"ada","groups":["dev"]}`, else the operator's.
 *
 * @throws AppError `request-invalid`
 */
export function claimsFrom(header: string | undefined): Claims {
  return toGatewayClaims(header === undefined ? OPERATOR_CLAIMS : parse(header));
}

function parse(header: string): z.infer<typeof claimsSchema> {
  let value: unknown;
  try {
    // Node hands on header bytes one by one; JSON is UTF-8.
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(header, 'latin1')));
  } catch {
    throw invalid('must be JSON such as {"sub":"ada","groups":["dev"]}, sent once');
  }
  const { data, error } = claimsSchema.safeParse(value);
  if (!data) throw invalid(`${error.issues[0]?.path.join('.') || 'the object'}: ${error.issues[0]?.message}`);
  return data;
}

/** Claims as API Gateway writes them. */
export const toGatewayClaims = (claims: Readonly<Record<string, unknown>>): Claims =>
  Object.fromEntries(
    Object.entries(claims).map(([name, value]) => [
      name,
      Array.isArray(value) ? `[${value.join(' ')}]` : String(value),
    ]),
  );

const invalid = (what: string) => new AppError('request-invalid', { detail: `X-Local-Claims: ${what}.` });
