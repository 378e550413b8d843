import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { checkPath, maySign } from '../../lib/x509/check-path.js';
import { readCertificate } from '../../lib/x509/read-certificate.js';
import {
  Extension,
  type CertificateFacts as Facts,
  makeCertificate,
  type TestCertificate,
} from '../support/make-certificate.js';

const ca = (name: string, facts: Facts = {}) => makeCertificate({ name, isAuthority: true, ...facts });
const factsOf = (certificates: readonly TestCertificate[]) =>
  certificates.map(({ certificate }) => readCertificate(certificate));

type Read = ReturnType<typeof readCertificate>;

/** The certificate with other bytes in it; its signature is nobody's then. */
function patch(made: TestCertificate, from: string, to: string): TestCertificate {
  const raw = Buffer.from(made.certificate.raw.toString('hex').replace(from, to), 'hex');
  return { ...made, certificate: new X509Certificate(raw) };
}

/** The names on the path, from the leaf to the anchor; or why there is none. */
function pathOf(leaf: TestCertificate, between: readonly TestCertificate[], anchors: readonly TestCertificate[]) {
  try {
    const [facts] = factsOf([leaf]);
    const { certificates } = checkPath(facts as NonNullable<typeof facts>, factsOf(between), factsOf(anchors), NOW);
    return certificates.map(({ certificate }) => certificate.subject.replace('CN=', '')).join(' < ');
  } catch (error) {
    return (error as { reason?: string }).reason;
  }
}

const root = await ca('root');
const middle = await ca('middle', { authority: root });
const lower = await ca('lower', { authority: middle });
const leaf = await makeCertificate({ name: 'leaf', authority: root });
const deep = await makeCertificate({ name: 'deep', authority: lower });
const NOW = Date.now() / 1000;
const REFUSED = 'issuer_untrusted';

describe('a path', () => {
  it('leads to an anchor, over whatever lies between, in any order', async () => {
    expect(pathOf(leaf, [], [root])).toBe('leaf < root');
    expect(pathOf(deep, [lower, middle], [root])).toBe('deep < lower < middle < root');
    expect(pathOf(deep, [root, leaf, middle, lower], [await ca('other'), root])).toBe('deep < lower < middle < root');
  });

  it('ends at the first anchor, root or not', () => {
    expect(pathOf(deep, [lower, middle], [middle])).toBe('deep < lower < middle');
    expect(pathOf(deep, [], [lower])).toBe('deep < lower');
  });

  it.each([
    ['expired', { notAfter: NOW - 10 }],
    ['not valid yet', { notBefore: NOW + 10 }],
  ])(
    'leads to an authority that was renewed with its key, whichever comes first, and not to one that is %s',
    async (_what, dates) => {
      const [apart, apartMiddle] = [
        await ca('root', { keyOf: root, ...dates }),
        await ca('middle', { keyOf: middle, authority: root, ...dates }),
      ];
      const [facts, ...rest] = factsOf([deep, lower, apartMiddle, middle, apart, root]);
      const [under, old, young, oldRoot, youngRoot] = rest as [Read, Read, Read, Read, Read];
      const certificates = [facts, under, young, youngRoot];
      for (const between of [
        [old, young, under],
        [under, young, old],
      ]) {
        for (const anchors of [
          [oldRoot, youngRoot],
          [youngRoot, oldRoot],
          [old, youngRoot],
        ]) {
          expect(checkPath(facts as Read, between, anchors, NOW)).toMatchObject({ certificates });
        }
      }
      expect(checkPath(facts as Read, [under, young], [oldRoot], NOW).certificates).toEqual([
        facts,
        under,
        young,
        oldRoot,
      ]);
    },
  );

  it('holds as long as all of it holds', async () => {
    const short = await ca('short', { authority: root, notBefore: 1000, notAfter: 5000 });
    const long = await makeCertificate({ authority: short, notBefore: 500, notAfter: 9000 });
    const [facts, ...between] = factsOf([long, short]);
    const { notBefore, notAfter } = checkPath(facts as NonNullable<typeof facts>, between, factsOf([root]), NOW);
    expect(notBefore).toBe(Math.floor(Date.parse(root.certificate.validFrom) / 1000));
    expect(notAfter).toBe(5000);
  });

  it.each<[string, () => Promise<[TestCertificate, TestCertificate[], TestCertificate[]]>]>([
    ['to nobody', async () => [leaf, [], []]],
    ['to a stranger', async () => [leaf, [], [await ca('stranger')]]],
    ['to a namesake', async () => [leaf, [], [await ca('root')]]],
    ['with a gap in it', async () => [deep, [lower], [root]]],
    ['to an anchor that is no authority', async () => [leaf, [], [await makeCertificate({ name: 'root' })]]],
    [
      'over one that is no authority',
      async () => {
        const user = await makeCertificate({ name: 'user', authority: root });
        return [await makeCertificate({ authority: user }), [user], [root]];
      },
    ],
    [
      'over an authority whose key is not for that',
      async () => {
        const odd = await ca('odd', { authority: root, usages: ['digitalSignature', 'cRLSign'] });
        return [await makeCertificate({ authority: odd }), [odd], [root]];
      },
    ],
    [
      'longer than an authority allows',
      async () => {
        const top = await ca('top', { pathLength: 0 });
        const under = await ca('under', { authority: top });
        return [await makeCertificate({ authority: under }), [under], [top]];
      },
    ],
    [
      'with name constraints, which are not understood',
      async () => {
        const bound = await ca('bound', {
          authority: root,
          extensions: [new Extension('2.5.29.30', true, Buffer.from('3000', 'hex'))],
        });
        return [await makeCertificate({ authority: bound }), [bound], [root]];
      },
    ],
    [
      'with name constraints that are not even marked as critical',
      async () => {
        const bound = await ca('bound', {
          authority: root,
          extensions: [new Extension('2.5.29.30', false, Buffer.from('300ea00c300a8208622e6c6f63616c61', 'hex'))],
        });
        return [await makeCertificate({ authority: bound }), [bound], [root]];
      },
    ],
    [
      'over an authority that is for mail alone',
      async () => {
        const mail = await ca('mail', { authority: root, purposes: ['1.3.6.1.5.5.7.3.4'] });
        return [await makeCertificate({ authority: mail }), [mail], [root]];
      },
    ],
    [
      'over an authority whose key cannot be read',
      async () => {
        const middle = await ca('middle', { authority: root });
        return [
          await makeCertificate({ authority: middle }),
          [patch(middle, '2a8648ce3d0201', '2a8648ce3d027e')],
          [root],
        ];
      },
    ],
    [
      'from a certificate with a critical extension that nobody knows',
      async () => [
        await makeCertificate({
          authority: root,
          extensions: [new Extension('1.2.3.4', true, Buffer.from('0500', 'hex'))],
        }),
        [],
        [root],
      ],
    ],
    [
      'that was signed with SHA-1',
      async () => [
        await makeCertificate({ authority: root, signedBy: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-1' } }),
        [],
        [root],
      ],
    ],
    [
      'from a key of 1024 bits',
      async () => [await makeCertificate({ authority: root, keyAlgorithm: rsa(1024) }), [], [root]],
    ],
  ])('is none %s', async (_what, make) => {
    expect(pathOf(...(await make()))).toBe(REFUSED);
  });

  it('may be as long as an authority allows, and of strong keys of every kind', async () => {
    const top = await ca('top', { pathLength: 1, keyAlgorithm: rsa(2048) });
    const under = await ca('under', { authority: top, pathLength: 0, keyAlgorithm: { name: 'Ed25519' } });
    const user = await makeCertificate({ name: 'user', authority: under });
    expect(pathOf(user, [under], [top])).toBe('user < under < top');
  });

  it('costs a bounded number of signatures, whatever came along', async () => {
    const crowd = await Promise.all(Array.from({ length: 30 }, () => ca('root')));
    const started = performance.now();
    expect(pathOf(leaf, crowd, crowd)).toBe(REFUSED);
    expect(pathOf(leaf, [], [...crowd.slice(0, 10), root])).toBe('leaf < root');
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

function rsa(modulusLength: number) {
  return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength, publicExponent: new Uint8Array([1, 0, 1]) };
}

describe('an RSA key of an authority', () => {
  it.each([
    ['65537', '010001', true],
    ['65536, for which there is no signing', '010000', false],
    ['1, for which anybody signs', '000001', false],
  ])('counts with the exponent %s: %s', async (_what, exponent, expected) => {
    const rooted = await ca('rsa', { keyAlgorithm: rsa(2048) });
    const [facts] = factsOf([patch(rooted, '0203010001', `0203${exponent}`)]);
    expect(maySign(facts as Read)).toBe(expected);
  });
});
