import { expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { FACTS, NEVER_PROBED, WORD } from '../../scripts/doctor/facts/facts.ts';
import { likeReport } from '../../src/sandbox/facts-report.ts';
import { SWITCH_NAMES } from '../../src/sandbox/switch-fields.ts';
import { startCircle } from '../doctor/facts-circle.ts';
import { read } from '../support/documents.ts';

const guide = read('docs/facts.md');
/** The cells of the tables' rows. */
const rows = guide
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (Question|---)/.test(line))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
const quoted = (text = '') => [...text.matchAll(/`([\w.-]+)`/g)].map(([, name]) => name);

test('docs/facts.md has a row for every fact, and for what is never probed', () => {
  const told = rows.flatMap(([, , fact]) => quoted(fact));
  expect(told.sort()).toEqual([...Object.keys(FACTS), ...Object.keys(NEVER_PROBED)].sort());
});

test('it has every switch of the sandbox, beside the fact that sets it', () => {
  const told = rows.flatMap(([, , , name]) => quoted(name));
  expect([...new Set(told)].sort()).toEqual([...SWITCH_NAMES].sort());
});

test('a fact is seen on a day at an instance, or not at all', () => {
  const seen = rows.map(([, , , , when]) => when);
  expect(
    seen.filter((when) => !/^(seen on \d{4}-\d\d-\d\d \((commercial|EU|federal)\)(: .+)?)?$/.test(when ?? 'no cell')),
  ).toEqual([]);
});

test('docs/facts-report.schema.json allows what a report may hold, and nothing else', async () => {
  const schema = schemaOfReports();
  expect(JSON.parse(read('docs/facts-report.schema.json'))).toEqual(schema);
  const validate = new Ajv2020().compile(schema);
  const circle = await startCircle();
  const reports = [await circle.report({}), await circle.report({ tokenErrors: 'text', refreshTokens: 'never' })];
  await circle.end();
  for (const report of reports) {
    validate(report);
    expect(validate.errors).toBe(null);
    expect(validate({ ...report, facts: { ...report.facts, 'token.format': 'eyJhbGciOi.J9.x' } })).toBe(false);
    expect(validate({ ...report, facts: { ...report.facts, 'member.email': 'ada' } })).toBe(false);
  }
});

test('every fact with a switch is read by the sandbox, and no other', () => {
  const withSwitch = rows.filter(([, , , name]) => name !== '–').flatMap(([, , fact]) => quoted(fact));
  const read = Object.keys(FACTS).filter((name) => {
    const { switches, unlike } = likeReport({ version: 1, facts: { [name]: 'no such value' } });
    return (
      unlike.length > 0 ||
      Object.keys(switches).length > 0 ||
      name.startsWith('api.raw') ||
      name.startsWith('api.bearer')
    );
  });
  const never = Object.keys(NEVER_PROBED);
  expect(read.sort()).toEqual(
    withSwitch.filter((name) => !never.includes(name as string) && name !== 'token.length').sort(),
  );
});

function schemaOfReports(): object {
  const word = { type: 'string', pattern: WORD.source };
  const kinds = { number: { type: 'integer', minimum: 0 }, word, words: { type: 'array', items: word } };
  const facts = Object.entries(FACTS).map(([name, kind]) => [
    name,
    typeof kind === 'string' ? kinds[kind] : { enum: [...kind] },
  ]);
  const object = (properties: object, required: readonly string[] = []) => ({
    type: 'object',
    additionalProperties: false,
    required,
    properties,
  });
  const answer = object(
    {
      status: { type: 'integer' },
      shape: { enum: ['rfc', 'rest', 'json', 'html', 'text', 'empty'] },
      error: word,
    },
    ['status', 'shape'],
  );
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'What somebody saw LaunchDarkly do: npm run doctor -- --login',
    ...object(
      {
        version: { const: 1 },
        date: { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\d$' },
        instance: { enum: ['commercial', 'eu', 'federal', 'other'] },
        complete: { type: 'boolean' },
        facts: object(Object.fromEntries(facts)),
        notProbed: { type: 'object', additionalProperties: { type: 'string' } },
        answers: { type: 'object', additionalProperties: answer },
      },
      ['version', 'date', 'instance', 'complete', 'facts', 'notProbed', 'answers'],
    ),
  };
}
