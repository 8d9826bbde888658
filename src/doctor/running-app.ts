import http from 'node:http';
import https from 'node:https';
import type { AppConfig } from '../config/config.ts';

/** Whether the program that has our port answers the question of readiness as this app does. */
export async function answersAsOurs(config: AppConfig): Promise<boolean> {
  try {
    const { status, body } = await getReadiness(config);
    const answer: unknown = JSON.parse(body);
    const ours = typeof answer === 'object' && answer !== null && 'sessionStore' in answer;
    return ours && (status === 200 || status === 503);
  } catch {
    return false;
  }
}

function getReadiness({ port, hosts, tls, redirectUri }: AppConfig): Promise<{ status: number; body: string }> {
  const { request } = tls.mode === 'local' || tls.mode === 'files' ? https : http;
  const options = {
    host: hosts?.[0] ?? '127.0.0.1',
    port,
    path: '/readyz',
    headers: { host: redirectUri.host },
    timeout: 2_000,
    // Nothing is told to whoever answers, and the certificate has a check of its own.
    rejectUnauthorized: false,
  };
  return new Promise((resolve, reject) => {
    const call = request(options, async (response) => {
      try {
        let body = '';
        for await (const chunk of response) body += String(chunk).slice(0, 10_000);
        resolve({ status: response.statusCode ?? 0, body });
      } catch (error) {
        reject(error);
      }
    });
    call.on('timeout', () => call.destroy(new Error('no answer')));
    call.on('error', reject);
    call.end();
  });
}
