import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { homedir } from 'node:os';
import type { TlsConfig } from '../config/config.ts';
import { latestCertificateFile } from '../local-https/certificate-files.ts';
import { planTrust } from '../local-https/trust/plan.ts';
import type { Check, Finding, Setup } from './check.ts';
import { failed, isWrong, ok, skipped, warn } from './check.ts';

/** A certificate from elsewhere should be renewed this long before it ends. */
const soonDays = 14;

export const certificateValid: Check = {
  name: 'certificate',
  title: 'Certificate is valid',
  run(setup) {
    const { tls, redirectUri } = setup.config;
    if (isWrong(setup, 'LD_OAUTH_REDIRECT_URI', 'TLS', 'TLS_CERT_FILE', 'TLS_KEY_FILE')) {
      return skipped('the settings of TLS have to be fixed first');
    }
    if (tls.mode === 'local') return checkLocal(setup);
    if (tls.mode === 'files') return checkFiles(tls, redirectUri.hostname);
    return skipped(tls.mode === 'proxy' ? 'a proxy ends TLS, and has the certificate' : 'plain http, no certificate');
  },
};

export const certificateTrusted: Check = {
  name: 'certificate-trust',
  title: 'Browsers trust the certificate',
  async run(setup) {
    if (setup.config.tls.mode !== 'local' || isWrong(setup, 'LD_OAUTH_REDIRECT_URI', 'TLS')) {
      return skipped('it is not made on this machine');
    }
    const machine = { platform: process.platform, home: homedir(), isRoot: false, includeSystem: true };
    const { authority, steps } = await planTrust(machine, setup.certificateDirectory, false);
    if (!authority) return skipped('there is none yet');
    const browsers = steps.filter(({ store }) => store.forBrowsers);
    const trusting = browsers.filter(({ commands }) => commands.length === 0).map(({ store }) => store.name);
    const others = browsers.filter(({ commands }) => commands.length > 0).map(({ store }) => store.name);
    if (others.length === 0) return ok(trusting.join(', ') || 'no browser was found here');
    return warn(
      `Browsers will warn of it: ${others.join(', ')}.`,
      'npm run trust, or accept the warning; logging in works either way.',
    );
  },
};

async function checkLocal({ certificateDirectory, config }: Setup): Promise<Finding> {
  const stored = await latestCertificateFile(certificateDirectory);
  const atStart = 'npm start makes a new one, which npm run trust introduces to the browsers.';
  if (!stored) return ok('none yet; npm start makes one');
  if (!stored.pair) return warn(`${stored.file} is damaged.`, atStart);
  const { detail, fit } = judge(new X509Certificate(stored.pair.cert), config.redirectUri.hostname);
  return fit ? ok(detail) : warn(detail, atStart);
}

async function checkFiles(
  { certFile, keyFile }: Extract<TlsConfig, { mode: 'files' }>,
  hostname: string,
): Promise<Finding> {
  const fix = 'Ask your certificate authority for a new one, or correct TLS_CERT_FILE and TLS_KEY_FILE.';
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(await readFile(certFile));
    const key = createPrivateKey(await readFile(keyFile));
    if (!certificate.checkPrivateKey(key)) return failed(`${keyFile} does not belong to ${certFile}.`, fix);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'not PEM';
    return failed(`${certFile} or ${keyFile} cannot be used (${code}).`, fix);
  }
  const { detail, fit, daysLeft } = judge(certificate, hostname);
  if (!fit) return failed(detail, fix);
  return daysLeft < soonDays ? warn(detail, 'Renew it, and restart the app.') : ok(detail);
}

function judge(certificate: X509Certificate, hostname: string) {
  const from = new Date(certificate.validFrom);
  const to = new Date(certificate.validTo);
  const daysLeft = (to.getTime() - Date.now()) / 86_400_000;
  const covered = isIP(hostname) ? certificate.checkIP(hostname) : certificate.checkHost(hostname);
  if (from.getTime() > Date.now()) return { fit: false, daysLeft, detail: `It is valid only from ${day(from)} on.` };
  if (daysLeft < 0) return { fit: false, daysLeft, detail: `It ended on ${day(to)}.` };
  if (covered === undefined) return { fit: false, daysLeft, detail: `It does not cover ${hostname}.` };
  return { fit: true, daysLeft, detail: `for ${hostname} until ${day(to)}` };
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}
