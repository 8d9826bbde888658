import { expect, test } from '@jest/globals';
import type { FlowMessage } from '../../src/flow-inspector/flow.ts';
import { viewFlow } from '../../src/flow-inspector/flow-view.ts';

const message = (from: FlowMessage['from'], to: FlowMessage['to'], startedAt: number, durationMs: number) => ({
  kind: from === 'browser' ? ('page' as const) : ('getMember' as const),
  ...{ from, to, method: 'GET', address: 'https://localhost:3000/auth/callback', query: [], headers: [], form: [] },
  ...{ startedAt, durationMs },
});

test('the time of calls that run at the same time is counted once', () => {
  const messages = [
    message('browser', 'app', 0, 100),
    message('app', 'launchdarkly', 10, 20),
    message('app', 'launchdarkly', 40, 50),
    message('app', 'launchdarkly', 41, 40),
  ];
  const { took } = viewFlow({ id: 1, kind: 'page', key: '', startedAt: 0, messages });
  expect(took).toEqual({ app: '100 ms', launchDarkly: '70 ms' });
});

test('a call that ends after the answer ran in the background: nobody waited, and the answer is drawn before it', () => {
  const messages = [
    { ...message('browser', 'app', 0, 10), answer: { status: 200, headers: [], locationQuery: [], fields: [] } },
    message('app', 'launchdarkly', 5, 50),
  ];
  const { took, steps, diagram } = viewFlow({ id: 1, kind: 'page', key: '', startedAt: 0, messages });
  expect(took).toEqual({ app: '10 ms', launchDarkly: '0 ms' });
  expect(steps.map(({ background }) => background)).toEqual([false, true]);
  expect(diagram.arrows.map(({ step, kind }) => `${step} ${kind}`)).toEqual(['1 request', '1 answer', '2 request']);
});
