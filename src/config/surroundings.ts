import { existsSync } from 'node:fs';

const { env } = process;

/**
 * The URL under which a development environment in the cloud shows a port of this machine to its user's browser:
 * GitHub Codespaces (https://docs.github.com/codespaces, "Default environment variables for your codespace") and Gitpod.
 * Undefined elsewhere.
 */
export function forwardedUrl(port: number): string | undefined {
  const { CODESPACE_NAME: codespace, GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN: domain, GITPOD_WORKSPACE_URL } = env;
  if (codespace) return `https://${codespace}-${port}.${domain || 'app.github.dev'}`;
  const gitpod = GITPOD_WORKSPACE_URL ?? '';
  return URL.canParse(gitpod) ? `https://${port}-${new URL(gitpod).host}` : undefined;
}

/** Whether somebody works here over ssh. */
export function isOverSsh(): boolean {
  return Boolean(env.SSH_CONNECTION);
}

/** Whether this is Linux inside of Windows (WSL). */
export function isInWsl(): boolean {
  return Boolean(env.WSL_DISTRO_NAME);
}

/** Whether this is a container: Docker and Podman leave a file, others set a variable. */
export function isInContainer(): boolean {
  return (
    Boolean(env.container || env.KUBERNETES_SERVICE_HOST) ||
    existsSync('/.dockerenv') ||
    existsSync('/run/.containerenv')
  );
}
