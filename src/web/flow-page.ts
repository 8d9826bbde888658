import type { RequestHandler } from 'express';
import { currentUser } from '../auth/index.ts';
import type { FlowRecorder } from '../flow-inspector/flow-recorder.ts';
import { viewFlow } from '../flow-inspector/flow-view.ts';
import { formatTime } from './format-time.ts';
import { sendPage } from './pages.ts';
import type { Render } from './views.ts';

/** `GET /flow`: the recorded logins of the browser that asks. `?attempt=2` shows the one before the newest. */
export function createFlowPage(options: {
  /** Undefined when logins are not recorded; the page says so. */
  readonly recorder: Pick<FlowRecorder, 'flowsOf'> | undefined;
  /** The path of the redirect URI. */
  readonly callbackPath: string;
  readonly render: Render;
}): RequestHandler {
  const { recorder, callbackPath, render } = options;
  return (req, res) => {
    const now = Date.now();
    const flows = recorder?.flowsOf(req).map((flow) => viewFlow(flow, callbackPath)) ?? [];
    const wanted = Number(req.query.attempt);
    const attempt = flows[wanted - 1] ? wanted : 1;
    const attempts = flows.map(({ outcome, startedAt }, index) => ({
      number: index + 1,
      outcome,
      started: formatTime(startedAt, now),
    }));
    sendPage(res, render('flow', { user: currentUser(req), flow: flows[attempt - 1], attempts, attempt }));
  };
}
