import type { KeyObject, X509Certificate } from 'node:crypto';

/** A way in which a public key is written down. */
interface TextForm {
  readonly form: string;
  readonly content: string | Uint8Array;
}

/** Every way in which a public key is passed around, whole or damaged: a forger may take any of them for a secret. */
export function textFormsOf(key: KeyObject, certificate?: X509Certificate): readonly TextForm[] {
  const spki = key.export({ type: 'spki', format: 'pem' }) as string;
  const der = key.export({ type: 'spki', format: 'der' });
  const jwk = key.export({ format: 'jwk' });
  const pems: Record<string, string> = { SPKI: spki };
  if (key.asymmetricKeyType === 'rsa') pems['PKCS#1'] = key.export({ type: 'pkcs1', format: 'pem' }) as string;
  if (certificate) pems['X.509'] = certificate.toString();
  const values: Record<string, object> = { JWK: jwk, JWKS: { keys: [jwk] }, 'list of JWKs': [jwk] };
  return [
    ...Object.entries(pems).flatMap(([name, pem]) => writePem(name, pem)),
    ...Object.entries(values).flatMap(([name, value]) => [
      { form: name, content: JSON.stringify(value) },
      { form: `${name}, indented`, content: JSON.stringify(value, null, 2) },
      { form: `${name} after a space`, content: ` ${JSON.stringify(value)}` },
    ]),
    { form: 'DER', content: der },
    { form: 'DER in base64', content: der.toString('base64') },
    { form: 'DER in base64url', content: der.toString('base64url') },
    { form: 'DER in hexadecimal', content: der.toString('hex') },
    { form: 'its first number', content: (jwk.n ?? jwk.x) as string },
    { form: 'the bytes of its first number', content: Buffer.from((jwk.n ?? jwk.x) as string, 'base64url') },
    { form: 'nothing', content: '' },
  ];
}

function writePem(name: string, pem: string): readonly TextForm[] {
  const lines = pem.trimEnd().split('\n');
  const forms: Record<string, string> = {
    'as it is': pem,
    'without its last line break': pem.trimEnd(),
    'with CRLF': pem.replaceAll('\n', '\r\n'),
    'after a byte order mark': `\uFEFF${pem}`,
    'after a line break': `\n${pem}`,
    'after spaces': `   ${pem}`,
    'after other text': `Bag Attributes\n${pem}`,
    indented: pem.replace(/^/gm, '    '),
    'with escaped line breaks': pem.replaceAll('\n', '\\n'),
    quoted: JSON.stringify(pem),
    'in one line': lines.join(' '),
    'without its last line': lines.slice(0, -1).join('\n'),
    'without its first line': lines.slice(1).join('\n'),
    'without both': lines.slice(1, -1).join('\n'),
    'cut in half': pem.slice(0, pem.length / 2),
    twice: pem + pem,
    'in base64': Buffer.from(pem).toString('base64'),
  };
  return Object.entries(forms).map(([how, content]) => ({ form: `${name}, ${how}`, content }));
}
