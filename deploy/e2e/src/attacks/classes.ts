import type { AttackClass } from './attack.js';
import { contentTypes } from './content-types.js';
import { functionAuthorisation } from './function-authorisation.js';
import { injection } from './injection.js';
import { massAssignment } from './mass-assignment.js';
import { objectAuthorisation } from './object-authorisation.js';
import { smuggling } from './smuggling.js';
import { tokens } from './tokens.js';

/** Every class there is. */
export const attackClasses: readonly AttackClass[] = [
  contentTypes,
  functionAuthorisation,
  injection,
  massAssignment,
  objectAuthorisation,
  smuggling,
  tokens,
];
