/** Creates a CA and one certificate signed by it, in memory. */
import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';

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
export async function makeCertificate(names: string[]): Promise<CertificatePair> {
  const { generate } = await import('selfsigned');
  const validity = {
    notBeforeDate: new Date(Date.now() - 3_600_000), // clocks inside containers and virtual machines lag
    notAfterDate: new Date(Date.now() + LIFETIME_DAYS * 86_400_000),
    keyType: 'ec' as const,
    algorithm: 'sha256',
  };
  // A unique name: browsers must not confuse this CA with an earlier one that they trust.
  const authorityName = `${AUTHORITY_NAME} ${randomBytes(4).toString('hex')}`;
  const ca = await generate([{ name: 'commonName', value: authorityName }], {
    ...validity,
    extensions: [
      { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const leaf = await generate([{ name: 'commonName', value: 'localhost' }], {
    ...validity,
    ca: { key: ca.private, cert: ca.cert },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: names.map(toAltName) },
    ],
  });
  return { key: endLine(leaf.private), cert: endLine(leaf.cert), ca: endLine(ca.cert) };
}

function toAltName(name: string): { type: 2; value: string } | { type: 7; ip: string } {
  return isIP(name) ? { type: 7, ip: name } : { type: 2, value: name };
}

function endLine(pem: string): string {
  return `${pem.replaceAll('\r\n', '\n').trim()}\n`;
}
