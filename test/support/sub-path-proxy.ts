import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { freePorts, nginx, startReverseProxy } from './reverse-proxies.ts';
import { listening, registeredAt, startServerProcess } from './server-process.ts';

/** The app below `/tools/ld`, behind a real nginx that passes the prefix on or removes it. Nothing else is served. */
export async function startBelowSubPath(options: {
  readonly executable: string;
  readonly sandbox: Sandbox;
  readonly pair: { key: string; cert: string };
  readonly prefix: 'kept' | 'removed';
}) {
  const { executable, sandbox, pair, prefix } = options;
  const ports = await freePorts();
  const origin = `https://localhost:${ports.https}`;
  const url = `${origin}/tools/ld`;
  const app = await startServerProcess({
    ...(await registeredAt(sandbox, `${url}/auth/callback`)),
    ...{ TLS: 'proxy', HOST: '127.0.0.1', PORT: String(ports.app), RATE_LIMIT: '100000', FLOW_INSPECTOR: 'on' },
  });
  await listening(app);
  const path = prefix === 'kept' ? '' : '/';
  const stop = await startReverseProxy(executable, nginx, ports, pair, (config) =>
    config
      .replace('location = /auth/callback', 'location = /tools/ld/auth/callback')
      .replace('proxy_pass http://app;', `proxy_pass http://app${path && '/auth/callback'};`)
      .replace(/location \/ \{\s*proxy_pass http:\/\/app;/, `location /tools/ld/ { proxy_pass http://app${path};`),
  );
  return {
    url,
    direct: `http://127.0.0.1:${ports.app}`,
    app,
    async close() {
      await stop();
      await app.close();
    },
  };
}
