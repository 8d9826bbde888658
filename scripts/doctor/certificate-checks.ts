import { X509Certificate } from 'node:crypto';
import { homedir } from 'node:os';
import { localCertificateProblem } from '../../src/local-https/certificate.ts';
import { latestCertificateFile } from '../../src/local-https/certificate-files.ts';
import { givenCertificate } from '../../src/local-https/certificate-from-files.ts';
import { planTrust } from '../trust/plan.ts';
import type { Check, Finding, Setup } from './check.ts';
import { failed, failedWith, ok, skipped, warn } from './check.ts';

/** A certificate from a certificate authority should be renewed this long before it ends. */
const renewDaysBefore = 14;

/** Whether the certificate would be accepted by browsers that trust its authority. */
export const certificateValid: Check = {
  name: 'certificate',
  title: 'Certificate is valid',
  needs: ['LD_OAUTH_REDIRECT_URI', 'TLS', 'TLS_CERT_FILE', 'TLS_KEY_FILE'],
  async run(setup) {
    const { tls, redirectUri } = setup.config;
    if (tls.mode === 'local') return checkLocal(setup);
    if (tls.mode === 'proxy') return skipped('a proxy terminates TLS and has the certificate');
    if (tls.mode === 'off') return skipped('plain http, no certificate');
    try {
      const { expiresAt } = await givenCertificate({ ...tls, hostname: redirectUri.hostname });
      const detail = `for ${redirectUri.hostname} until ${expiresAt.toISOString().slice(0, 10)}`;
      const daysLeft = (expiresAt.getTime() - Date.now()) / 86_400_000;
      return daysLeft < renewDaysBefore ? warn(detail, 'Renew it.') : ok(detail);
    } catch (error) {
      const { detail, fix } = failedWith(error);
      return failed(detail, `${fix} Or correct TLS_CERT_FILE and TLS_KEY_FILE.`);
    }
  },
};

async function checkLocal({ certificateDirectory, config }: Setup): Promise<Finding> {
  const { hostname } = config.redirectUri;
  const stored = await latestCertificateFile(certificateDirectory);
  if (!stored) return ok('none yet; npm start creates one');
  const problem = localCertificateProblem(stored, [hostname]);
  if (problem) return warn(`Unusable: ${problem}.`, 'npm start creates a new one; then npm run trust.');
  const end = new Date(new X509Certificate(stored.pair?.cert ?? '').validTo);
  return ok(`for ${hostname} until ${end.toISOString().slice(0, 10)}`);
}

/** Whether browsers on this machine trust the local certificate authority. */
export const certificateTrusted: Check = {
  name: 'certificate-trust',
  title: 'Browsers trust the certificate',
  needs: ['LD_OAUTH_REDIRECT_URI', 'TLS'],
  async run({ config, certificateDirectory }) {
    if (config.tls.mode !== 'local') return skipped('it is not made on this machine');
    const machine = { platform: process.platform, home: homedir(), isRoot: false, includeSystem: true };
    const { authority, steps } = await planTrust(machine, certificateDirectory, false);
    if (!authority) return skipped('there is no certificate yet');
    const browsers = steps.filter(({ store }) => store.forBrowsers);
    const warned = browsers.filter(({ commands }) => commands.length > 0);
    const names = (warned.length > 0 ? warned : browsers).map(({ store }) => store.name).join(', ');
    if (warned.length === 0) return ok(names || 'no browser was found here');
    return warn(
      `These browsers will show a warning: ${names}.`,
      'npm run trust, or accept the warning; logging in works either way.',
    );
  },
};
