import { readFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import type { Express } from 'express';
import type { AppConfig } from '../config/config.ts';

/** The part of the settings that decides how connections are served. */
export type ServerConfig = Pick<AppConfig, 'tls' | 'redirectUri'>;

/**
 * An http or https server for the app, not listening yet.
 * @param localPair makes or finds the certificate of this machine; asked only when TLS is local.
 */
export async function createServer(
  app: Express,
  { tls }: ServerConfig,
  localPair: () => Promise<{ key: string; cert: string }>,
): Promise<http.Server> {
  if (tls.mode === 'proxy' || tls.mode === 'off') return http.createServer(app);
  const { key, cert } = tls.mode === 'local' ? await localPair() : await readPair(tls);
  return https.createServer({ key, cert }, app);
}

async function readPair({ certFile, keyFile }: { certFile: string; keyFile: string }) {
  return { cert: await readFile(certFile, 'utf8'), key: await readFile(keyFile, 'utf8') };
}
