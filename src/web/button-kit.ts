import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { IRouter, Request } from 'express';
import { sendPage } from './pages.ts';
import type { ButtonKit, PageUser } from './view-data.ts';
import type { Render } from './views.ts';
import { viewsDirectory } from './views.ts';

/** The button kit: `GET /button` shows the button in every look, size and state, and the code to copy. */
export function addButtonKit(
  app: IRouter,
  options: {
    readonly render: Render;
    /** Who is logged in, if anybody. */
    currentUser(request: Request): PageUser | undefined;
  },
): void {
  const kit = readButtonKit();
  app.get('/button', (request, response) => {
    sendPage(response, options.render('button', { ...kit, user: options.currentUser(request) }));
  });
}

/** What the page shows. The style sheet is the very file that our own pages use. */
export function readButtonKit(): ButtonKit {
  return {
    css: readFileSync(path.join(viewsDirectory, 'assets', 'launchdarkly-button.css'), 'utf8'),
    looks: [
      { name: 'Primary', className: 'ld-button' },
      { name: 'Neutral', className: 'ld-button ld-button--neutral' },
      { name: 'Outline', className: 'ld-button ld-button--outline' },
    ],
    sizes: [
      { name: 'Small', className: 'ld-button ld-button--small' },
      { name: 'Medium', className: 'ld-button' },
      { name: 'Large', className: 'ld-button ld-button--large' },
    ],
    states: ['default', 'hover', 'focus', 'active', 'disabled', 'busy'],
    translations: [
      { language: 'German', lang: 'de', text: 'Mit LaunchDarkly anmelden' },
      { language: 'French', lang: 'fr', text: 'Se connecter avec LaunchDarkly' },
      { language: 'Portuguese', lang: 'pt', text: 'Iniciar sessão com o LaunchDarkly' },
      { language: 'Greek', lang: 'el', text: 'Σύνδεση μέσω του LaunchDarkly' },
      { language: 'Japanese', lang: 'ja', text: 'LaunchDarkly でログイン' },
      { language: 'Arabic', lang: 'ar', text: 'تسجيل الدخول باستخدام LaunchDarkly' },
      { language: 'Hebrew', lang: 'he', text: 'התחברות באמצעות LaunchDarkly' },
    ],
  };
}
