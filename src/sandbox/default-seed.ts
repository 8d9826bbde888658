import type { Seed } from './seed.ts';

/** The headings of the sign-in page. */
const START = 'Start here';
const SPECIAL = 'Cases that apps get wrong';
const NAMES = 'Names that break layouts';

/** The personas the sandbox ships with: one for every case a login has to get right. */
export const DEFAULT_SEED: Seed = {
  accounts: [
    {
      organization: 'Acme',
      projects: [
        { key: 'storefront', name: 'Storefront', tags: ['web'] },
        { key: 'mobile-app', name: 'Mobile app', tags: ['ios', 'android'] },
        { key: 'billing', name: 'Billing' },
      ],
      members: [
        {
          group: START,
          email: 'ariel.reader@acme.example',
          firstName: 'Ariel',
          lastName: 'Flores',
          role: 'reader',
          teams: [{ key: 'growth', name: 'Growth' }],
          about: 'Role reader. Sees everything, changes nothing.',
        },
        {
          group: START,
          email: 'will.writer@acme.example',
          firstName: 'Will',
          lastName: 'Okafor',
          role: 'writer',
          teams: [
            { key: 'growth', name: 'Growth' },
            { key: 'platform', name: 'Platform', customRoleKeys: ['platform-maintainer'] },
          ],
          about: 'Role writer, in two teams.',
        },
        {
          group: START,
          email: 'ada.admin@acme.example',
          firstName: 'Ada',
          lastName: 'Lindqvist',
          role: 'admin',
          about: 'Role admin. The Admin API token is hers.',
        },
        {
          group: START,
          email: 'olivia.owner@acme.example',
          firstName: 'Olivia',
          lastName: 'Marsh',
          role: 'owner',
          about: 'Owns the account; there is one owner in each.',
        },
        {
          group: SPECIAL,
          email: 'noa.noaccess@acme.example',
          firstName: 'Noa',
          lastName: 'Peretz',
          role: 'no_access',
          projects: [],
          about: 'Role no_access: a member who may see nothing, not even their own profile.',
        },
        {
          group: SPECIAL,
          email: 'cole.custom@acme.example',
          firstName: 'Cole',
          lastName: 'Nakamura',
          role: 'reader',
          customRoles: ['65f0c0ffee65f0c0ffee0001', '65f0c0ffee65f0c0ffee0002'],
          projects: ['mobile-app'],
          about: 'Custom roles, so the base role is not in effect. Sees one project.',
        },
        { group: NAMES, email: 'nameless@acme.example', about: 'Has neither a first nor a last name.' },
        {
          group: NAMES,
          email: 'wilhelmina.theodora.konstantinopoulou-von-und-zu-hohenstaufenberg@acme.example',
          firstName: 'Wilhelmina Theodora Alexandrina',
          lastName: 'Konstantinopoulou von und zu Hohenstaufenberg-Wolkenkuckucksheim',
          about: 'A very long name and e-mail address.',
        },
        {
          group: NAMES,
          email: 'yuki@acme.example',
          firstName: '由紀',
          lastName: '山田',
          about: 'A name in Japanese script.',
        },
        {
          group: NAMES,
          email: 'layla@acme.example',
          firstName: 'ليلى',
          lastName: "<b>O'Neill</b> & المنصوري",
          about: 'A name from right to left, with characters that HTML treats specially.',
        },
        {
          group: SPECIAL,
          email: 'penny.pending@acme.example',
          firstName: 'Penny',
          lastName: 'Duarte',
          pendingInvite: true,
          about: 'Invited, but has not accepted the invitation.',
        },
        {
          group: SPECIAL,
          email: 'una.unverified@acme.example',
          firstName: 'Una',
          lastName: 'Byrne',
          verified: false,
          about: 'Has not verified the e-mail address.',
        },
        {
          group: SPECIAL,
          email: 'terry.two@acme.example',
          firstName: 'Terry',
          lastName: 'Baptiste',
          role: 'writer',
          about: 'Member of two accounts: writer at Acme, reader at Globex.',
        },
      ],
    },
    {
      organization: 'Globex',
      projects: [{ key: 'hammock-district', name: 'Hammock District' }],
      members: [
        {
          group: SPECIAL,
          email: 'gus.globex@globex.example',
          firstName: 'Gus',
          lastName: 'Iversen',
          role: 'admin',
          about: 'Member of another account: refused while the client is unverified.',
        },
        {
          group: SPECIAL,
          email: 'terry.two@acme.example',
          firstName: 'Terry',
          lastName: 'Baptiste',
          role: 'reader',
        },
      ],
    },
  ],
};
