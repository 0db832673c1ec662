/** Names of the environment variables to correct. */
export interface TlsVariables {
  url: string;
  ca: string;
  /** The client's own certificate, when the server may require one. */
  client?: string;
}

type Explain = (names: TlsVariables, message: string) => string;

const untrusted: Explain = ({ ca, url }) =>
  `the server's certificate is not issued by an authority that is trusted here: ${ca} must hold the certificate of ` +
  `the one that issued it (or ${url} names another server)`;
const otherName: Explain = ({ url }, message) =>
  `the server's certificate is not for the host that ${url} names: ${message.replace(/^.*altnames: /, '')}`;
const outOfDate: Explain = ({ url }) =>
  `the certificate of the server that ${url} names is not valid today: renew it, or set this machine's clock`;
const plainPort: Explain = ({ url }) =>
  `the port that ${url} names does not speak TLS: name the server's port for TLS, or use a URL without TLS`;
const clientUnknown: Explain = ({ client, url }) =>
  client === undefined
    ? `the server that ${url} names asks for a client's certificate`
    : `the server asks for a client's certificate that it trusts: ${client} must hold one, issued by its authority ` +
      'and not expired';

/**
 * Explanations by the codes of Node.js and of OpenSSL (for alerts sent by the server see RFC 8446, 6.2). Errors not
 * listed here may be temporary.
 */
const EXPLANATIONS: [RegExp, Explain][] = [
  [
    /^(UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT(_LOCALLY)?|(DEPTH_ZERO_)?SELF_SIGNED_CERT(_IN_CHAIN)?|CERT_UNTRUSTED|CERT_SIGNATURE_FAILURE|INVALID_CA|INVALID_PURPOSE)$/,
    untrusted,
  ],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, otherName],
  [/^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/, outOfDate],
  [/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|wrong version number|packet length too long/, plainPort],
  [
    /ALERT_(CERTIFICATE_REQUIRED|UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_EXPIRED|HANDSHAKE_FAILURE)|alert (certificate required|unknown ca|bad certificate|certificate expired|handshake failure)/,
    clientUnknown,
  ],
];

/**
 * Reason why the TLS handshake fails, with what to correct; another attempt would fail the same way.
 * @returns undefined for other errors
 */
export function tlsFailure(error: unknown, names: TlsVariables): string | undefined {
  const { code = '', message = '' } = error as { code?: unknown; message?: string };
  const found = EXPLANATIONS.find(
    ([sign]) => sign.test(String(code)) || (!/^(CERT|ERR_TLS)/.test(String(code)) && sign.test(message)),
  );
  return found?.[1](names, message);
}
