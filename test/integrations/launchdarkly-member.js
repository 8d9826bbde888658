const { LD_BASE_URI = 'https://app.launchdarkly.com', LD_ACCOUNT_ID } = process.env;

/** Resolves to the member whose access token this is, or to null when they may not log in. */
export async function fetchMember(accessToken) {
  const { accountId, memberId } = await get('/api/v2/caller-identity', accessToken);
  if (!accountId || accountId !== LD_ACCOUNT_ID) return null; // a verified client admits members of every account
  const member = await get('/api/v2/members/me', accessToken);
  if (member._pendingInvite || (memberId && memberId !== member._id)) return null;
  const name = [member.firstName, member.lastName].filter(Boolean).join(' ') || member.email;
  return { id: `${accountId}:${member._id}`, email: member.email, name };
}

async function get(path, accessToken) {
  const headers = { Authorization: `Bearer ${accessToken}` };
  const response = await fetch(LD_BASE_URI + path, { headers, redirect: 'error', signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`LaunchDarkly answered ${path} with ${response.status}`);
  return response.json();
}
