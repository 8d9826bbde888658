import { expect, test } from '@jest/globals';
import type { FlowMessage } from '../../src/flow-inspector/flow.ts';
import { viewFlow } from '../../src/flow-inspector/flow-view.ts';

const message = (from: FlowMessage['from'], to: FlowMessage['to'], startedAt: number, durationMs: number) => ({
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
  const { took } = viewFlow({ key: '', startedAt: 0, messages }, '/auth/callback');
  expect(took).toEqual({ app: '100 ms', launchDarkly: '70 ms' });
});
