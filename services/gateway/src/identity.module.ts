import type { FactoryProvider, Type } from '@nestjs/common';
import { MeController } from './api/auth/me.controller.js';
import { OpenIdController } from './api/auth/open-id.controller.js';
import { SignInController } from './api/auth/sign-in.controller.js';
import { KeysController } from './api/keys/keys.controller.js';
import { OrganisationController } from './api/people/organisation.controller.js';
import { RolesController } from './api/people/roles.controller.js';
import { UsersController } from './api/people/users.controller.js';
import { OPEN_ID, PUBLISHED_KEYS } from './api/tokens.js';
import { Credentials } from './domain/access/credentials.js';
import { OpenCredentials } from './domain/access/open-credentials.js';
import { EndUsers } from './domain/end-users.js';
import { ManageKeys } from './domain/keys/manage-keys.js';
import { Organisations } from './domain/people/organisations.js';
import { Roles } from './domain/people/role-book.js';
import { Sessions } from './domain/people/sessions.js';
import { SignIn } from './domain/people/sign-in.js';
import { Users } from './domain/people/users.js';
import { Identity } from './identity.js';

/** The routes of people and their credentials. */
export const identityControllers: readonly Type[] = [
  SignInController,
  MeController,
  OpenIdController,
  UsersController,
  RolesController,
  OrganisationController,
  KeysController,
];

/** What those routes ask, all of it parts of the one `Identity`. */
export const identityProviders: readonly FactoryProvider[] = [
  partOf(EndUsers, ({ endUsers }) => endUsers),
  partOf(Credentials, ({ credentials }) => credentials),
  partOf(OpenCredentials, ({ credentials }) => new OpenCredentials(credentials)),
  partOf(ManageKeys, ({ manageKeys }) => manageKeys),
  partOf(Organisations, ({ organisations }) => organisations),
  partOf(Roles, ({ roles }) => roles),
  partOf(Sessions, ({ sessions }) => sessions),
  partOf(SignIn, ({ signIn }) => signIn),
  partOf(Users, ({ users }) => users),
  partOf(OPEN_ID, ({ openId }) => openId),
  partOf(
    PUBLISHED_KEYS,
    ({ signingKeys }) =>
      () =>
        signingKeys.published(),
  ),
];

function partOf(provide: FactoryProvider['provide'], useFactory: (identity: Identity) => unknown): FactoryProvider {
  return { provide, inject: [Identity], useFactory };
}
