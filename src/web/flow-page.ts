import type { IRouter, Request } from 'express';
import { currentUser } from '../auth/index.ts';
import type { Flow } from '../flow-inspector/flow.ts';
import type { FlowRecorder } from '../flow-inspector/flow-recorder.ts';
import { type FlowView, viewFlow } from '../flow-inspector/flow-view.ts';
import { toHar } from '../flow-inspector/har.ts';
import { toMermaid } from '../flow-inspector/mermaid.ts';
import type { TutorialStep } from '../tutorial/tutorial-document.ts';
import { AppError } from './errors.ts';
import { formatTime } from './format-time.ts';
import { sendPage } from './pages.ts';
import type { Render } from './views.ts';

/**
 * `GET /flow`: the recorded flows of the browser that asks. Without a query it shows the last login; `?flow=7` that flow,
 * `?attempt=2` the login before the last, `&step=3` one step only. `GET /flow/mermaid` and `/flow/har` are downloads.
 */
export function addFlowPages(
  app: IRouter,
  options: {
    /** Undefined when logins are not recorded; the page says so. */
    readonly recorder: Pick<FlowRecorder, 'flowsOf'> | undefined;
    readonly render: Render;
    /** The steps of the tutorial; none where it is off. */
    readTutorial(): readonly Pick<TutorialStep, 'sees'>[];
  },
): void {
  const { recorder, render, readTutorial } = options;

  app.get('/flow', (req, res) => {
    const now = Date.now();
    const views = (recorder?.flowsOf(req) ?? []).map(viewFlow);
    const flows = views.map(({ id, title, outcome, startedAt }) => {
      return { id, title, outcome, started: formatTime(startedAt, now) };
    });
    const asked = askedFor(req, views);
    const flow = asked ?? defaultOf(views);
    const gone = req.query.flow !== undefined && !asked;
    const step = flow?.steps[Number(req.query.step) - 1]?.number;
    sendPage(res, render('flow', { user: currentUser(req), flow, flows, step, gone, tutorial: readTutorial() }));
  });

  app.get('/flow/:format', (req, res) => {
    const flows = recorder?.flowsOf(req) ?? [];
    const flow = askedFor(req, flows) ?? defaultOf(flows);
    const format = formats.get(req.params.format);
    if (!flow || !format) throw new AppError('not_found');
    const view = viewFlow(flow);
    const name = view.title.toLowerCase().replace(' ', '-');
    res.set('Cache-Control', 'no-store').attachment(`${name}-${flow.id}.${format.extension}`);
    res.type(format.type).send(format.write(flow, view));
  });
}

const formats = new Map([
  [
    'mermaid',
    { extension: 'mmd', type: 'text/plain', write: (flow: Flow, view: FlowView) => toMermaid(flow, view.failedStep) },
  ],
  ['har', { extension: 'har', type: 'application/json', write: (flow: Flow) => JSON.stringify(toHar(flow), null, 2) }],
]);

function askedFor<F extends Pick<Flow, 'id' | 'kind'>>({ query }: Request, flows: readonly F[]): F | undefined {
  const logins = flows.filter(({ kind }) => kind === 'login');
  return query.flow === undefined
    ? logins[Number(query.attempt) - 1]
    : flows.find(({ id }) => String(id) === query.flow);
}

/** The last login; when there is none, the last flow. */
function defaultOf<F extends Pick<Flow, 'kind'>>(flows: readonly F[]): F | undefined {
  return flows.find(({ kind }) => kind === 'login') ?? flows[0];
}
