type Claims = Readonly<Record<string, unknown>>;

/** Claims that OpenID Connect puts into ID tokens and nowhere else. */
const OF_ID_TOKENS = ['nonce', 'at_hash', 'c_hash'];

/** What `typ` says of a token that may be sent to an API, where an issuer puts it among the claims. */
const FOR_APIS = ['bearer', 'at+jwt', 'application/at+jwt', 'jwt'];

/**
 * True where the claims are surely those of an ID token: it says who somebody is to the program that asked for it, and
 * is handed about, so it opens no API. Amazon Cognito says it with `token_use`, Keycloak with `typ`, others by a claim of
 * OpenID Connect. RFC 9068 says it in the header, which the gateway does not tell; there scopes of the route tell.
 *
 * @see https://openid.net/specs/openid-connect-core-1_0.html#IDToken
 */
export function isIdToken(claims: Claims): boolean {
  const { token_use: use, typ } = claims;
  if (use !== undefined) return use !== 'access';
  if (typ !== undefined && !FOR_APIS.includes(String(typ).toLowerCase())) return true;
  return OF_ID_TOKENS.some((name) => Object.hasOwn(claims, name));
}
