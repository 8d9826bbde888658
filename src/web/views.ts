import { fileURLToPath } from 'node:url';
import escapeText from 'escape-html';
import { Eta } from 'eta';
import type { User } from '../auth/index.ts';
import type { FlowView, StepView } from '../flow-inspector/flow-view.ts';
import type { Project } from '../launchdarkly/index.ts';
import type { ExperimentRun, ExperimentText } from '../tutorial/experiment-text.ts';
import type { SandboxNews } from '../tutorial/sandbox-watch.ts';
import type { TutorialStep } from '../tutorial/tutorial-document.ts';
import type { FailureText } from './failures.ts';
import type { FormattedTime } from './format-time.ts';
import type { SessionTimes } from './session.ts';

/** What every template may use as `it.site`: the same on all pages, fixed when the app starts. */
export interface Site {
  /** What the links of all pages begin with: empty, or the path that the app is below. */
  readonly basePath: string;
  /** Where a login starts, without a query, e.g. `/auth/login`. */
  readonly loginPath: string;
  /** Where the "Log out" form posts to, e.g. `/auth/logout`. */
  readonly logoutPath: string;
  /** The LaunchDarkly instance that members log in at, e.g. `https://app.launchdarkly.com`. */
  readonly launchDarklyHref: string;
  /** Whether the flow inspector records logins here. */
  readonly flowInspector: boolean;
  /** Whether there is a tutorial. LaunchDarkly is then a sandbox. */
  readonly tutorial: boolean;
  /** What is known about that sandbox. */
  sandbox(): SandboxNews;
  /** Whether the app's visitor is its developer: its address is a loopback one. */
  readonly local: boolean;
  /** The URL of a file in `views/assets`, by its file name. */
  asset(name: string): string;
}

/** What every page gets: the member, if somebody is logged in. */
interface BasePage {
  readonly user?: User | undefined;
  /** When no session was looked for, or none could be: the page then does not say that nobody is logged in. */
  readonly sessionUnknown?: boolean;
}

/** What the failure page shows. `code` and `requestId` are also in the log. */
export interface FailurePage extends BasePage, Omit<FailureText, 'cause' | 'tryAgain'> {
  readonly cause?: string | undefined;
  readonly code: string;
  /** Where "Try again" leads, `returnTo` included; without it there is no such link. */
  readonly tryAgainHref?: string | undefined;
  readonly docsHref?: string | undefined;
  readonly requestId?: string | undefined;
  /** For the developer, on their own machine only. */
  readonly developer?: { readonly log: string; readonly oauthError?: string } | undefined;
}

/** The pages by template name, and the data that each needs. */
export interface ViewData {
  home: BasePage;
  account: { readonly user: User; readonly times: Readonly<Record<keyof SessionTimes, FormattedTime>> };
  projects: { readonly user: User; readonly projects: readonly Pick<Project, 'key' | 'name' | 'tags'>[] };
  'logged-out': BasePage;
  failure: FailurePage;
  /** `kit`: the text of the button's files. */
  button: BasePage & { readonly kit: Readonly<Record<(typeof buttonKinds)[number], string>> };
  flow: BasePage & {
    /** The flow to show, if there is one. */
    readonly flow?: FlowView | undefined;
    /** Every recorded flow of this browser, newest first. */
    readonly flows: readonly (Pick<FlowView, 'id' | 'title' | 'outcome'> & { readonly started: FormattedTime })[];
    /** The only step to show; undefined for all. */
    readonly step?: number | undefined;
    /** Whether the flow that was asked for is no longer recorded. */
    readonly gone: boolean;
    /** The steps of the tutorial; none where it is off. */
    readonly tutorial: readonly Pick<TutorialStep, 'sees'>[];
  };
  troubleshooting: BasePage & { readonly failures: readonly (FailureText & { readonly code: string })[] };
  tutorial: BasePage & {
    readonly steps: readonly TutorialStep[];
    readonly step: TutorialStep;
    /** The index of the step in `steps`. */
    readonly number: number;
    /** What the visitor did last that has messages of the step, and those messages. */
    readonly flow?: Pick<FlowView, 'id' | 'title'> | undefined;
    readonly messages: readonly StepView[];
    /** The experiments that belong to the step. */
    readonly tries: readonly ExperimentText[];
  };
  experiments: BasePage & { readonly experiments: readonly ExperimentText[] };
  experiment: BasePage & {
    readonly text: ExperimentText;
    /** What came of it, once it was run. */
    readonly run?: ExperimentRun;
    readonly next?: ExperimentText | undefined;
  };
  source: BasePage & { readonly file: string; readonly lines: readonly string[] };
  'not-found': BasePage & { readonly path: string; readonly requestId?: string | undefined };
}

/** The files `launchdarkly-button.…` in `views/assets`, which people copy. */
export const buttonKinds = ['css', 'react.tsx', 'vue.ts', 'element.js', 'svg', 'labels.json'] as const;

/** Renders the page `name` with `data` as a whole HTML document. Values are escaped by default. */
export type Render = <Name extends keyof ViewData>(name: Name, data: ViewData[Name]) => string;

/** The folder of the templates: the same path from `src/web` and from `dist/web`. */
export const viewsDirectory = fileURLToPath(new URL('../../views', import.meta.url));

/** Makes the function that renders the templates in `views/`. Each is compiled on first use, then kept. */
export function createViews(site: Site): { render: Render } {
  const eta = new Eta({ views: viewsDirectory, cache: true, escapeFunction: escapeHtml });
  return { render: (name, data) => eta.render(`./${name}`, { ...data, site }) };
}

/** Escapes text for HTML content and quoted attributes. `undefined` and `null` become an empty string. */
export function escapeHtml(value: unknown): string {
  return value == null ? '' : escapeText(String(value));
}
