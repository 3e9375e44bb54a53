import { addresses } from './addresses.js';
import type { AttackClass } from './attack.js';
import { contentTypes } from './content-types.js';
import { functionAuthorisation } from './function-authorisation.js';
import { graphql } from './graphql.js';
import { injection } from './injection.js';
import { logInjection } from './log-injection.js';
import { massAssignment } from './mass-assignment.js';
import { objectAuthorisation } from './object-authorisation.js';
import { otherOrigins } from './origins.js';
import { oversize } from './oversize.js';
import { paths } from './paths.js';
import { replay } from './replay.js';
import { smuggling } from './smuggling.js';
import { tokens } from './tokens.js';
import { webSockets } from './web-sockets.js';

/** Every class there is; what is used up is used up last. */
export const attackClasses: readonly AttackClass[] = [
  objectAuthorisation,
  functionAuthorisation,
  massAssignment,
  tokens,
  injection,
  graphql,
  webSockets,
  paths,
  contentTypes,
  smuggling,
  oversize,
  logInjection,
  addresses,
  otherOrigins,
  replay,
];
