/** Just enough of a browser to press a button on a page of the sandbox, without JavaScript. */

export interface Page {
  url: string;
  status: number;
  text: string;
}

/** Opens a page without following redirects away from it. */
export async function openPage(url: string, init: RequestInit = {}): Promise<Page> {
  return pageOf(await fetch(url, { redirect: 'manual', ...init }));
}

/** An answer with its text read. */
export async function pageOf(res: Response): Promise<Page> {
  return { url: res.url, status: res.status, text: await res.text() };
}

/** Where the link with this text leads. */
export function linkOf({ text, url }: Page, label: string): string {
  const link = [...text.matchAll(/<a([^>]*)>([\s\S]*?)<\/a>/g)].find(([, , content = '']) =>
    content.includes(label),
  );
  if (!link) throw new Error(`No link "${label}" on ${url}`);
  return attribute(link[1] ?? '', 'href');
}

/** Presses the button whose text contains `label` and gives the raw answer: a page, or a redirect to the app. */
export function press(page: Page, label: string): Promise<Response> {
  const form = formsOf(page.text).find((form) =>
    buttonsOf(form).some((button) => button.text.includes(label)),
  );
  const button = form && buttonsOf(form).find((button) => button.text.includes(label));
  if (!form || !button) throw new Error(`No button "${label}" on ${page.url}`);
  const fields = new URLSearchParams(fieldsOf(form));
  if (button.name) fields.append(button.name, button.value);
  const action = new URL(attribute(form, 'action'), page.url);
  if (attribute(form, 'method') === 'post') {
    const headers = { Origin: action.origin, 'Sec-Fetch-Site': 'same-origin' };
    return fetch(action, { method: 'POST', body: fields, headers, redirect: 'manual' });
  }
  action.search = String(fields);
  return fetch(action, { redirect: 'manual' });
}

/** Like `press`, where another page of the sandbox is expected. */
export async function pressForPage(page: Page, label: string): Promise<Page> {
  return pageOf(await press(page, label));
}

function formsOf(text: string): string[] {
  return text.match(/<form[\s\S]*?<\/form>/g) ?? [];
}

function buttonsOf(form: string) {
  return [...form.matchAll(/<button([^>]*)>([\s\S]*?)<\/button>/g)].map(([, tag = '', content = '']) => ({
    name: attribute(tag, 'name'),
    value: attribute(tag, 'value'),
    text: decode(content.replace(/<[^>]*>/g, ' ')),
  }));
}

/** What a browser would send: inputs, of checkboxes those that are checked, of selects the option that is selected. */
function fieldsOf(form: string): [string, string][] {
  const inputs = [...form.matchAll(/<input([^>]*)>/g)].flatMap(([, tag = '']): [string, string][] => {
    if (attribute(tag, 'type') !== 'checkbox') return [[attribute(tag, 'name'), attribute(tag, 'value')]];
    return /\schecked\b/.test(tag) ? [[attribute(tag, 'name'), 'on']] : [];
  });
  const selects = [...form.matchAll(/<select([^>]*)>([\s\S]*?)<\/select>/g)];
  return [
    ...inputs,
    ...selects.map(([, tag = '', options = '']): [string, string] => [
      attribute(tag, 'name'),
      selectedOf(options),
    ]),
  ];
}

function selectedOf(options: string): string {
  const all = [...options.matchAll(/<option([^>]*)>([^<]*)/g)];
  const [, tag = '', text = ''] = all.find(([, tag = '']) => /\sselected\b/.test(tag)) ?? all[0] ?? [];
  return /\bvalue="/.test(tag) ? attribute(tag, 'value') : decode(text);
}

function attribute(tag: string, name: string): string {
  return decode(new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1] ?? '');
}

function decode(text: string): string {
  const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => entities[name] ?? '');
}
