import type { RequestHandler } from 'express';
import { queryOf } from '../http/body.ts';
import type { Member } from '../model.ts';
import type { SandboxStore } from '../store.ts';
import type { Caller } from './caller.ts';
import { authenticate } from './caller.ts';
import { forbidden, notFound } from './rest-error.ts';

/** `GET /api/v2/members/{id}`, where `me` is whoever the token belongs to. */
export function getMember(store: SandboxStore): RequestHandler {
  return (req, res) => {
    const caller = authenticate(store, req);
    refuseNoAccess(store, caller);
    const id = String(req.params.id);
    const member = id === 'me' ? caller.member : store.members.get(id);
    if (!member || member.removed || member.accountId !== caller.accountId) throw notFound();
    const expands = (queryOf(req).get('expand') ?? '').split(',');
    res.json({ ...memberRep(member), ...(expands.includes('roleAttributes') ? { roleAttributes: {} } : {}) });
  };
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
      _links: { self: { href: `/api/v2/teams/${key}`, type: 'application/json' } },
      name,
    })),
  };
}
