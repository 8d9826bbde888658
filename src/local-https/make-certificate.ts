/** Creates a CA and one certificate signed by it, in memory. Node.js reads certificates, but does not write them. */
import { createHash, generateKeyPairSync, type KeyPairKeyObjectResult, randomBytes, sign } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';

/** Everything in PEM. */
export interface CertificatePair {
  key: string;
  cert: string;
  ca: string;
}

const LIFETIME_DAYS = 397;

/** The name of every CA created here, followed by random digits. */
const AUTHORITY_NAME = 'Log in with LaunchDarkly local CA';

/**
 * `names`: DNS names and IP addresses, at least one. EC P-256 and SHA-256, valid for 397 days, which the CA/Browser
 * Forum allowed for public certificates, so even the strictest browser accepts it. The CA's key is discarded on return.
 */
export function makeCertificate(names: readonly string[]): CertificatePair {
  // A unique name: browsers must not confuse this CA with an earlier one that they trust.
  const authority = newParty(`${AUTHORITY_NAME} ${randomBytes(4).toString('hex')}`);
  const server = newParty('localhost');
  const ca = certificate(authority, authority, [
    extension(basicConstraints, sequence(TRUE, der(INTEGER, [0])), critical), // a CA that can sign no further CA
    extension(keyUsage, der(BIT_STRING, [1, 0b00000110]), critical), // keyCertSign, cRLSign
  ]);
  const cert = certificate(server, authority, [
    extension(basicConstraints, sequence(), critical), // no CA
    extension(keyUsage, der(BIT_STRING, [7, 0b10000000]), critical), // digitalSignature
    extension(extKeyUsage, sequence(serverAuth)),
    extension(subjectAltName, sequence(...names.map(alternativeName))),
    extension(authorityKeyIdentifier, sequence(der(PRIMITIVE + 0, authority.keyId))),
  ]);
  return { key: String(server.keys.privateKey.export({ type: 'pkcs8', format: 'pem' })), cert, ca };
}

/** Whom a certificate is for, or who signs it. */
interface Party {
  readonly name: Uint8Array;
  readonly keys: KeyPairKeyObjectResult;
  readonly publicKey: Uint8Array;
  readonly keyId: Uint8Array;
}

function newParty(commonName: string): Party {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publicKey = keys.publicKey.export({ type: 'spki', format: 'der' });
  return {
    name: sequence(der(SET, sequence(oid(2, 5, 4, 3), der(UTF8_STRING, Buffer.from(commonName))))),
    keys,
    publicKey,
    keyId: createHash('sha256').update(publicKey).digest().subarray(0, 20),
  };
}

/** A certificate of version 3 in PEM, with the fields of RFC 5280, section 4.1. */
function certificate(subject: Party, issuer: Party, extensions: readonly Uint8Array[]): string {
  const content = sequence(
    der(CONSTRUCTED + 0, der(INTEGER, [2])), // version 3
    der(INTEGER, [0x40], randomBytes(15)), // the serial number
    ecdsaWithSha256,
    issuer.name,
    sequence(utcTime(-3_600_000), utcTime(LIFETIME_DAYS * 86_400_000)), // clocks inside containers and virtual machines lag
    subject.name,
    subject.publicKey,
    der(CONSTRUCTED + 3, sequence(...extensions, extension(subjectKeyIdentifier, der(OCTET_STRING, subject.keyId)))),
  );
  const signature = der(BIT_STRING, [0], sign('sha256', content, issuer.keys.privateKey));
  const base64 = sequence(content, ecdsaWithSha256, signature).toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`;
}

function extension(id: Uint8Array, value: Uint8Array, flag?: typeof critical): Uint8Array {
  return sequence(id, ...(flag ? [TRUE] : []), der(OCTET_STRING, value));
}

function alternativeName(name: string): Uint8Array {
  if (isIPv4(name)) return der(PRIMITIVE + 7, name.split('.').map(Number));
  return isIPv6(name) ? der(PRIMITIVE + 7, ipv6Bytes(name)) : der(PRIMITIVE + 2, Buffer.from(name));
}

function ipv6Bytes(address: string): Uint8Array {
  const { hostname } = new URL(`http://[${address}]`); // an IPv4 address at its end becomes hexadecimal
  const [before = [], after = []] = hostname
    .slice(1, -1)
    .split('::')
    .map((part) => part.split(':').filter(Boolean));
  const zeros = Array<string>(8 - before.length - after.length).fill('');
  return Buffer.from([...before, ...zeros, ...after].map((word) => word.padStart(4, '0')).join(''), 'hex');
}

// DER (X.690), the encoding of certificates: each value is its type, its length and its content.

const [BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, OBJECT_ID, UTF8_STRING, UTC_TIME] = [1, 2, 3, 4, 6, 12, 23] as const;
const [SEQUENCE, SET, PRIMITIVE, CONSTRUCTED] = [0x30, 0x31, 0x80, 0xa0] as const;

function der(type: number, ...parts: readonly (Uint8Array | readonly number[])[]): Buffer {
  const content = Buffer.concat(parts.map((part) => Uint8Array.from(part)));
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Uint8Array.of(type, ...size), content]);
}

function sequence(...parts: readonly Uint8Array[]): Buffer {
  return der(SEQUENCE, ...parts);
}

/** `2.5.29.19` as its numbers. One of 128 or more takes two bytes; these are all below 16,384. */
function oid(first: number, second: number, ...others: readonly number[]): Buffer {
  return der(OBJECT_ID, [
    first * 40 + second,
    ...others.flatMap((number) => (number < 128 ? number : [0x80 | (number >> 7), number & 0x7f])),
  ]);
}

/** Its two digits of the year last until 2049. */
function utcTime(msFromNow: number): Buffer {
  const text = new Date(Date.now() + msFromNow).toISOString();
  return der(UTC_TIME, Buffer.from(`${text.slice(2, 19).replace(/\D/g, '')}Z`));
}

const TRUE = der(BOOLEAN, [0xff]);
const critical = 'critical';

const subjectKeyIdentifier = oid(2, 5, 29, 14);
const keyUsage = oid(2, 5, 29, 15);
const subjectAltName = oid(2, 5, 29, 17);
const basicConstraints = oid(2, 5, 29, 19);
const authorityKeyIdentifier = oid(2, 5, 29, 35);
const extKeyUsage = oid(2, 5, 29, 37);
const serverAuth = oid(1, 3, 6, 1, 5, 5, 7, 3, 1);
const ecdsaWithSha256 = sequence(oid(1, 2, 840, 10045, 4, 3, 2));
