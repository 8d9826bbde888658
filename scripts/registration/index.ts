/** The life of the app's OAuth2 client: registered once, saved in an env file, changed, replaced, deleted. */
export type { Question, RegistrationContext, RegistrationReason } from './context.ts';
export { checkApiToken, RegistrationError } from './context.ts';
export type { AskedClient, Change } from './decide.ts';
export type { ListedClient } from './manage-clients.ts';
export { deleteClient, listClients, showClient, updateClient } from './manage-clients.ts';
export type { Registration, RegistrationOptions } from './register-client.ts';
export { registerClient } from './register-client.ts';
export { savedNames } from './saved-client.ts';
