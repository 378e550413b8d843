import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { type CertificateFacts, readCertificate } from '../../lib/x509/read-certificate.js';
import { readElements, readOid, TAG } from '../../lib/x509/read-der.js';
import {
  ExtendedKeyUsage,
  Extension,
  type CertificateFacts as Facts,
  type KeyAlgorithm,
  makeCertificate,
} from '../support/make-certificate.js';

const read = async (facts: Facts): Promise<CertificateFacts> =>
  readCertificate((await makeCertificate(facts)).certificate);
const rsa = { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');

describe('a certificate', () => {
  it('tells its names, as they stand', async () => {
    const facts = await read({
      names: [
        { type: 'url', value: 'spiffe://shop.example/a' },
        { type: 'dns', value: 'Orders.Shop.example' },
        { type: 'dns', value: 'x, URI:spiffe://shop.example/b' },
        { type: 'email', value: 'a@shop.example' },
        { type: 'ip', value: '127.0.0.1' },
        { type: 'url', value: 'https://shop.example' },
      ].filter(({ value }) => !value.includes(' ')) as NonNullable<Facts['names']>,
    });
    expect([facts.uris, facts.dnsNames]).toEqual([
      ['spiffe://shop.example/a', 'https://shop.example'],
      ['orders.shop.example'],
    ]);
  });

  it.each<[string, Facts]>([
    ['a space', { names: [{ type: 'dns', value: 'x, URI:spiffe://shop.example/b' }] }],
    ['a zero byte', { names: [{ type: 'dns', value: 'shop.example\0.evil.example' }] }],
    ['nothing in it', { names: [{ type: 'url', value: '' }] }],
  ])('is refused with %s in a name', async (_what, facts) => {
    await expect(read(facts)).rejects.toThrow('not visible ASCII');
  });

  it('is refused with a crowd of names', async () => {
    const names = Array.from({ length: 101 }, (_, at) => ({ type: 'dns', value: `n${at}.example` }) as const);
    await expect(read({ names: names.slice(1) })).resolves.toBeDefined();
    await expect(read({ names })).rejects.toThrow('more than 100 names');
  });

  it('tells its dates, and has no names, uses or authority where it doesn’t say', async () => {
    const facts = await read({ notBefore: 1_700_000_000, notAfter: 1_800_000_000 });
    expect({ ...facts, certificate: undefined }).toEqual({
      certificate: undefined,
      notBefore: 1_700_000_000,
      notAfter: 1_800_000_000,
      isStronglySigned: true,
      isAuthority: false,
      uris: [],
      dnsNames: [],
      unknownCritical: [],
    });
  });

  it('tells whether it may sign others, and how far down', async () => {
    const tell = ({ isAuthority, maxPathLength }: CertificateFacts) => [isAuthority, maxPathLength];
    expect(tell(await read({ isAuthority: true }))).toEqual([true, undefined]);
    expect(tell(await read({ isAuthority: true, pathLength: 0 }))).toEqual([true, 0]);
    expect(tell(await read({ isAuthority: true, pathLength: 3 }))).toEqual([true, 3]);
  });

  it('is refused where it says yes by another byte, which others take for yes', async () => {
    const { certificate } = await makeCertificate({ isAuthority: true });
    const raw = certificate.raw.toString('hex');
    for (const said of ['0603551d130101ff', '30030101ff']) {
      const other = Buffer.from(raw.replace(said, said.replace(/ff$/, '01')), 'hex');
      expect(() => readCertificate(new X509Certificate(other))).toThrow('yes or no');
    }
  });

  it('lets no authority stand below one whose number of them is negative', async () => {
    const { certificate } = await makeCertificate({ isAuthority: true, pathLength: 3 });
    const raw = Buffer.from(certificate.raw.toString('hex').replace('0101ff020103', '0101ff0201ff'), 'hex');
    expect(readCertificate(new X509Certificate(raw)).maxPathLength).toBe(0);
  });

  it.each<[NonNullable<Facts['usages']>, string[]]>([
    [['digitalSignature'], ['digitalSignature']],
    [
      ['keyCertSign', 'cRLSign'],
      ['keyCertSign', 'cRLSign'],
    ],
    [['keyEncipherment', 'keyAgreement', 'nonRepudiation'], []],
    [['digitalSignature', 'decipherOnly'], ['digitalSignature']],
  ])('tells the uses of its key: %j', async (usages, told) => {
    const facts = await read({ usages });
    expect([...(facts.keyUsage ?? [])]).toEqual(told);
  });

  it('tells the purposes of its key', async () => {
    const { extendedKeyUsage } = await read({ purposes: [ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth] });
    expect(extendedKeyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
  });

  it('tells which of its critical extensions are not known', async () => {
    const extensions = [
      new Extension('1.2.840.113549.1.9.16', true, bytes('0500')),
      new Extension('2.5.29.32', false, bytes('3000')),
    ];
    expect((await read({ extensions })).unknownCritical).toEqual(['1.2.840.113549.1.9.16']);
  });

  it('is refused with an extension twice', async () => {
    const twice = new Extension('2.5.29.32', false, bytes('3000'));
    await expect(read({ extensions: [twice, twice] })).rejects.toThrow('twice');
  });

  it.each<[string, boolean, KeyAlgorithm]>([
    ['ECDSA with SHA-1', false, { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-1' }],
    ['ECDSA with SHA-512', true, { name: 'ECDSA', namedCurve: 'P-521', hash: 'SHA-512' }],
    ['Ed25519', true, { name: 'Ed25519' }],
    ['RSA with SHA-1', false, { ...rsa, name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-1' }],
    ['RSA with SHA-384', true, { ...rsa, name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-384' }],
    ['RSASSA-PSS with SHA-1', false, { ...rsa, name: 'RSA-PSS', hash: 'SHA-1', saltLength: 20 }],
    ['RSASSA-PSS with SHA-256', true, { ...rsa, name: 'RSA-PSS', hash: 'SHA-256', saltLength: 32 }],
  ])('that was signed by %s tells whether that is strong: %p', async (_how, isStrong, keyAlgorithm) => {
    expect((await read({ keyAlgorithm })).isStronglySigned).toBe(isStrong);
  });
});

describe('DER', () => {
  it.each([
    ['nothing', '', 0],
    ['an element', '02 01 05', 1],
    ['two in a row', '02 01 05 05 00', 2],
    ['a length in two bytes', `04 81 80 ${'00'.repeat(128)}`, 1],
    ['a length in three bytes', `04 82 01 00 ${'00'.repeat(256)}`, 1],
  ])('is read: %s', (_what, hex, count) => expect(readElements(bytes(hex))).toHaveLength(count));

  it.each([
    ['a tag alone', '02'],
    ['more length than there is', '02 05 00'],
    ['a long tag', '1f 81 01 00'],
    ['an indefinite length', '30 80 00 00'],
    ['a length that is longer than it must be', '04 81 01 00'],
    ['a length that begins with zero', `04 82 00 80 ${'00'.repeat(128)}`],
    ['a length that is cut off', '04 82 01'],
    ['a length of gigabytes of gigabytes', '04 88 ff ff ff ff ff ff ff ff'],
  ])('is refused: %s', (_what, hex) => expect(() => readElements(bytes(hex))).toThrow());

  it.each([
    ['55 1d 11', '2.5.29.17'],
    ['2b 65 70', '1.3.101.112'],
    ['2a 86 48 86 f7 0d 01 01 0b', '1.2.840.113549.1.1.11'],
    ['88 37', '2.999'],
    ['00', '0.0'],
  ])('holds identifiers: %s', (hex, oid) => expect(readOid({ tag: TAG.oid, content: bytes(hex) })).toBe(oid));

  it.each([
    ['of another tag', TAG.bytes, '55 1d 11'],
    ['that is empty', TAG.oid, ''],
    ['that is cut off', TAG.oid, '55 9d'],
    ['that is endless', TAG.oid, '55'.repeat(33)],
  ])('holds no identifier %s', (_what, tag, hex) => expect(() => readOid({ tag, content: bytes(hex) })).toThrow());
});
