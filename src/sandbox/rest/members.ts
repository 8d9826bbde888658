import type { RequestHandler } from 'express';
import { queryOf } from '../http/body.ts';
import type { Member } from '../model.ts';
import type { SandboxStore } from '../store.ts';
import type { Caller } from './caller.ts';
import { authenticateReader } from './caller.ts';
import { pageOf } from './paging.ts';
import { forbidden, notFound } from './rest-error.ts';

/** `GET /api/v2/members`: everybody in the caller's account. */
export function getMembers(store: SandboxStore): RequestHandler {
  return (req, res) => {
    const members = visibleMembers(store, authenticateReader(store, req));
    res.json(pageOf(req, members.map(memberRep), ['filter', 'sort']));
  };
}

/** `GET /api/v2/members/{id}`, where `me` is the member whose token this is. */
export function getMember(store: SandboxStore): RequestHandler {
  return (req, res) => {
    const caller = authenticateReader(store, req);
    const id = req.params.id === 'me' ? caller.member?.id : req.params.id;
    const member = visibleMembers(store, caller).find((member) => member.id === id);
    if (!member) throw notFound();
    const expands = (queryOf(req).get('expand') ?? '').split(',');
    res.json({ ...memberRep(member), ...(expands.includes('roleAttributes') ? { roleAttributes: {} } : {}) });
  };
}

/** `GET /api/v2/teams/{teamKey}`: a team that somebody in the caller's account is in. */
export function getTeam(store: SandboxStore): RequestHandler {
  return (req, res) => {
    const teams = visibleMembers(store, authenticateReader(store, req)).flatMap((member) => member.teams);
    const team = teams.find(({ key }) => key === req.params.teamKey);
    if (!team) throw notFound();
    res.json({ key: team.key, name: team.name, _links: { self: teamLink(team.key) } });
  };
}

function visibleMembers(store: SandboxStore, caller: Caller): Member[] {
  refuseNoAccess(store, caller);
  return [...store.members.values()].filter(
    ({ removed, accountId }) => !removed && accountId === caller.accountId,
  );
}

/** Whether such a member may read the own profile is not known: refused, with a switch. */
function refuseNoAccess({ switches }: SandboxStore, { member }: Caller): void {
  const noAccess = member?.role === 'no_access' && member.customRoles.length === 0;
  if (noAccess && !switches.noAccessReadsProfile) throw forbidden();
}

function memberRep(member: Member) {
  return {
    _links: {
      parent: { href: '/api/v2/members', type: 'application/json' },
      self: { href: `/api/v2/members/${member.id}`, type: 'application/json' },
    },
    _id: member.id,
    ...(member.firstName === undefined ? {} : { firstName: member.firstName }),
    ...(member.lastName === undefined ? {} : { lastName: member.lastName }),
    role: member.role,
    email: member.email,
    _pendingInvite: member.pendingInvite,
    _verified: member.verified,
    customRoles: member.customRoles,
    mfa: 'disabled',
    _lastSeen: member.lastSeen,
    creationDate: member.creationDate,
    teams: member.teams.map(({ key, name, customRoleKeys }) => ({
      customRoleKeys,
      key,
      _links: { self: teamLink(key) },
      name,
    })),
  };
}

function teamLink(key: string) {
  return { href: `/api/v2/teams/${encodeURIComponent(key)}`, type: 'application/json' };
}
