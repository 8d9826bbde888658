import type { RequestHandler } from 'express';
import { queryOf } from '../http/body.ts';
import type { Project } from '../model.ts';
import type { SandboxStore } from '../store.ts';
import type { Caller } from './caller.ts';
import { authenticateReader } from './caller.ts';
import { pageOf } from './paging.ts';
import { notFound, unsupportedParameter } from './rest-error.ts';

/** `GET /api/v2/projects`: the projects the caller may see. */
export function getProjects(store: SandboxStore): RequestHandler {
  return (req, res) => {
    const projects = visibleProjects(store, authenticateReader(store, req));
    res.json(pageOf(req, projects.map(projectRep), ['filter', 'sort', 'expand']));
  };
}

/** `GET /api/v2/projects/{projectKey}`. */
export function getProject(store: SandboxStore): RequestHandler {
  return (req, res) => {
    const projects = visibleProjects(store, authenticateReader(store, req));
    if (queryOf(req).get('expand')) throw unsupportedParameter('expand');
    const project = projects.find(({ key }) => key === req.params.projectKey);
    if (!project) throw notFound();
    res.json(projectRep(project));
  };
}

function visibleProjects(store: SandboxStore, { accountId, member }: Caller): Project[] {
  const projects = store.accounts.get(accountId)?.projects ?? [];
  if (!member) return projects;
  if (member.role === 'no_access' && member.customRoles.length === 0) return [];
  return member.projects === 'all' ? projects : projects.filter(({ key }) => member.projects.includes(key));
}

function projectRep({ id, key, name, tags }: Project) {
  return {
    _links: { self: { href: `/api/v2/projects/${encodeURIComponent(key)}`, type: 'application/json' } },
    _id: id,
    key,
    includeInSnippetByDefault: false,
    defaultClientSideAvailability: { usingMobileKey: false, usingEnvironmentId: false },
    name,
    tags,
  };
}
