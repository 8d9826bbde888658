// The login button for React. It needs launchdarkly-button.css on the page.
//
//   <LaunchDarklyButton returnTo="/projects" />
//   <LaunchDarklyButton look="neutral" size="large" lang="de">{labels.de}</LaunchDarklyButton>
import type { AnchorHTMLAttributes } from 'react';

export interface LaunchDarklyButtonProps extends Omit<AnchorHTMLAttributes<HTMLAnchorElement>, 'href' | 'className'> {
  /** Where the login leads: a path of this site. */
  returnTo?: string;
  look?: 'neutral' | 'outline';
  size?: 'small' | 'large';
  block?: boolean;
  /** Where this site starts a login. */
  loginPath?: string;
}

export function LaunchDarklyButton({
  returnTo,
  look,
  size,
  block,
  loginPath = '/auth/login',
  children = 'Log in with LaunchDarkly',
  ...attributes
}: LaunchDarklyButtonProps) {
  const modifiers = [look, size, block && 'block'].filter(Boolean).map((name) => ` ld-button--${name}`);
  const query = returnTo ? `?returnTo=${encodeURIComponent(returnTo)}` : '';
  return (
    <a {...attributes} className={`ld-button${modifiers.join('')}`} href={loginPath + query}>
      {children}
    </a>
  );
}
