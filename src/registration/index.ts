/** The life of the app's OAuth2 client: registered once, kept in an env file, changed, replaced, removed. */
export { checkApiToken } from './api-token.ts';
export type { Question, RegistrationContext } from './context.ts';
export type { AskedClient, Change } from './decide.ts';
export type { ListedClient } from './manage-clients.ts';
export { deleteClient, listClients, showClient, updateClient } from './manage-clients.ts';
export type { Registration, RegistrationOptions } from './register-client.ts';
export { registerClient } from './register-client.ts';
export type { RegistrationReason } from './registration-error.ts';
export { RegistrationError } from './registration-error.ts';
export { savedNames } from './saved-client.ts';
