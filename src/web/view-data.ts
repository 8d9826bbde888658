import type { FlowView } from '../flow-inspector/flow-view.ts';

/** A member as the pages show them. The login's own user has this shape. */
export interface PageUser {
  readonly id: string;
  readonly accountId: string;
  readonly email: string;
  readonly firstName?: string | undefined;
  readonly lastName?: string | undefined;
  readonly role: string;
  readonly customRoles: readonly string[];
  readonly teams: readonly { readonly key: string; readonly name: string }[];
}

/** When things happened, or will, in a session. All in epoch milliseconds. */
export interface PageSession {
  readonly startedAt: number;
  /** The session ends then unless it is used before. */
  readonly idleExpiresAt: number;
  /** The session ends then, used or not. */
  readonly expiresAt: number;
  /** When LaunchDarkly last said who this is. */
  readonly verifiedAt: number;
}

/** A point in time as a page shows it. */
export interface Moment {
  /** For `<time datetime>`: `2026-11-21T14:03:00.000Z`. */
  readonly iso: string;
  /** `21 November 2026, 14:03 UTC`. */
  readonly absolute: string;
  /** `in 7 hours`, `12 minutes ago`. */
  readonly relative: string;
}

/** A LaunchDarkly project as the example page lists it. */
export interface PageProject {
  readonly key: string;
  readonly name: string;
  readonly tags?: readonly string[] | undefined;
}

/** What every page is given: who is logged in, if anybody is known to be. */
interface Frame {
  readonly user?: PageUser | undefined;
}

/** What the failure page says. `code` and `requestId` are also in the log. */
export interface Failure extends Frame {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly message: string;
  readonly cause?: string | undefined;
  readonly nextStep: string;
  /** Where "Try again" leads, `returnTo` included; without it there is no such link. */
  readonly tryAgainHref?: string | undefined;
  readonly docsHref?: string | undefined;
  readonly requestId?: string | undefined;
}

interface Specimen {
  readonly name: string;
  readonly className: string;
}

/** What the button kit shows. */
export interface ButtonKit {
  /** The whole style sheet of the button. */
  readonly css: string;
  readonly looks: readonly Specimen[];
  readonly sizes: readonly Specimen[];
  readonly states: readonly ('default' | 'hover' | 'focus' | 'active' | 'disabled' | 'busy')[];
  readonly translations: readonly {
    readonly language: string;
    readonly lang: string;
    readonly text: string;
  }[];
}

/** The pages by template name, and the data that each needs. */
export interface ViewData {
  home: Frame;
  account: { readonly user: PageUser; readonly times: Readonly<Record<keyof PageSession, Moment>> };
  projects: { readonly user: PageUser; readonly projects: readonly PageProject[] };
  'logged-out': Frame;
  failure: Failure;
  button: Frame & ButtonKit;
  flow: Frame & {
    /** The flow to show, if there is any. */
    readonly flow?: FlowView | undefined;
    /** Every recorded flow of this browser, newest first. */
    readonly attempts: readonly {
      readonly number: number;
      readonly outcome: string;
      readonly started: Moment;
    }[];
    /** The number of the flow that is shown; 1 is the newest. */
    readonly attempt: number;
  };
  troubleshooting: Frame & {
    readonly failures: readonly (Pick<Failure, 'status' | 'code' | 'title' | 'message' | 'cause' | 'nextStep'> & {
      readonly formerCode?: string;
    })[];
  };
  'not-found': Frame & { readonly path: string; readonly requestId?: string | undefined };
}
