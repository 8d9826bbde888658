import type { RequestHandler } from 'express';
import { queryOf } from '../http/body.ts';
import type { Project } from '../model.ts';
import type { SandboxStore } from '../store.ts';
import type { Caller } from './caller.ts';
import { authenticate } from './caller.ts';

/** `GET /api/v2/projects`: the projects the caller may see, `limit` (default 20) at a time from `offset`. */
export function getProjects(store: SandboxStore): RequestHandler {
  return (req, res) => {
    const projects = visibleProjects(store, authenticate(store, req));
    const query = queryOf(req);
    const limit = readCount(query.get('limit'), 20);
    const offset = readCount(query.get('offset'), 0);
    const link = (from: number) => ({
      href: `/api/v2/projects?limit=${limit}&offset=${from}`,
      type: 'application/json',
    });
    res.json({
      _links: {
        self: { href: req.originalUrl, type: 'application/json' },
        ...(offset + limit < projects.length ? { next: link(offset + limit) } : {}),
      },
      items: projects.slice(offset, offset + limit).map(projectRep),
      totalCount: projects.length,
    });
  };
}

function visibleProjects(store: SandboxStore, { accountId, member }: Caller): Project[] {
  const projects = store.accounts.get(accountId)?.projects ?? [];
  if (!member) return projects;
  if (member.role === 'no_access' && member.customRoles.length === 0) return [];
  return member.projects === 'all' ? projects : projects.filter(({ key }) => member.projects.includes(key));
}

function readCount(text: string | null, otherwise: number): number {
  return text !== null && /^\d{1,6}$/.test(text) && (otherwise === 0 || Number(text) > 0)
    ? Number(text)
    : otherwise;
}

function projectRep({ id, key, name, tags }: Project) {
  return {
    _links: {
      self: { href: `/api/v2/projects/${key}`, type: 'application/json' },
      environments: { href: `/api/v2/projects/${key}/environments`, type: 'application/json' },
    },
    _id: id,
    key,
    includeInSnippetByDefault: false,
    defaultClientSideAvailability: { usingMobileKey: false, usingEnvironmentId: false },
    name,
    tags,
  };
}
