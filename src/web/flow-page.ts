import type { ErrorRequestHandler, Request, RequestHandler, Router } from 'express';
import type { FlowRecorder, FlowRecorderOptions } from '../flow-inspector/flow-recorder.ts';
import { createFlowRecorder } from '../flow-inspector/flow-recorder.ts';
import { formatTime } from './format-time.ts';
import { sendPage } from './pages.ts';
import type { PageUser } from './view-data.ts';
import type { Render } from './views.ts';

export interface FlowInspectorOptions extends FlowRecorderOptions {
  /** Whether logins are recorded. Without, `/flow` says so and nothing is kept. */
  readonly enabled: boolean;
  readonly render: Render;
  /** Who is logged in, if anybody. */
  currentUser(request: Request): PageUser | undefined;
}

/** The flow inspector: what records a login, and the page that shows it. */
export interface FlowInspector {
  /** The login's routes with what has to stand before and behind them. */
  watch(login: Router): (RequestHandler | ErrorRequestHandler)[];
  /** Give to the HTTP client. Undefined when nothing is recorded. */
  readonly observe?: FlowRecorder['observe'];
  /** `GET /flow`. */
  readonly page: RequestHandler;
  /** Loads what the page needs and a start does not. Rejects when it cannot be loaded. */
  load(): Promise<void>;
}

/** @see FlowInspector */
export function createFlowInspector(options: FlowInspectorOptions): FlowInspector {
  const { enabled, paths, render, currentUser } = options;
  const recorder = enabled ? createFlowRecorder(options) : undefined;

  // A tenth of this app's files, for a page that few look at.
  const loadView = () => import('../flow-inspector/flow-view.ts');

  const page: RequestHandler = async (request, response) => {
    const { viewFlow } = await loadView();
    const now = Date.now();
    const flows = recorder?.flowsOf(request).map((flow) => viewFlow(flow, paths.callback)) ?? [];
    const wanted = Number(request.query.attempt);
    const attempt = flows[wanted - 1] ? wanted : 1;
    const attempts = flows.map(({ outcome, startedAt }, index) => ({
      number: index + 1,
      outcome,
      started: formatTime(startedAt, now),
    }));
    sendPage(response, render('flow', { user: currentUser(request), flow: flows[attempt - 1], attempts, attempt }));
  };

  const load = async () => {
    await loadView();
  };
  if (!recorder) return { watch: (login) => [login], page, load };
  const { record, recordFailure, observe } = recorder;
  return { watch: (login) => [record, login, recordFailure], observe, page, load };
}
