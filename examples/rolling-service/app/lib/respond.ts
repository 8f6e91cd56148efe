import { findTea, listTeas } from './catalogue.ts';
import { page } from './page.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

function html(body: string): Answer {
  return {
    status: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    },
    body,
  };
}

function json(value: unknown, status = 200, headers: Record<string, string> = {}): Answer {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8', ...headers }, body: JSON.stringify(value) };
}

/** What the service says to a request. It keeps no state, so any number of tasks may stand side by side. */
export function respond(method = 'GET', target = '/'): Answer {
  if (method !== 'GET' && method !== 'HEAD') {
    return json({ error: `${method} is not allowed` }, 405, { allow: 'GET, HEAD' });
  }
  if (!URL.canParse(target, 'http://localhost')) {
    return json({ error: 'the address cannot be read' }, 400);
  }
  const { pathname, searchParams } = new URL(target, 'http://localhost');
  const origin = searchParams.get('origin') ?? undefined;

  switch (pathname) {
    case '/': return html(page(listTeas(origin), origin));
    case '/health': return json({ status: 'ok' });
    case '/api/teas': return json(listTeas(origin));
  }
  const tea = pathname.startsWith('/api/teas/') && findTea(pathname.slice('/api/teas/'.length));
  return tea ? json(tea) : json({ error: `${pathname} is not here` }, 404);
}
