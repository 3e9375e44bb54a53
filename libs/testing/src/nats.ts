import { findNatsServer, natsInstallHint } from '@treadle/nats-server';

export { type NatsServer, natsInstallHint, startNatsServer } from '@treadle/nats-server';

let toldAbsence = false;

/**
 * Whether specs that need a server can run: `describe.skipIf(!natsAvailable())`. Says once why they are skipped.
 * @throws Error when it is absent and TREADLE_REQUIRE_NATS=1 forbids skipping.
 */
export function natsAvailable(): boolean {
  if (findNatsServer() !== undefined) return true;
  if (process.env.TREADLE_REQUIRE_NATS === '1') throw new Error(natsInstallHint);
  if (!toldAbsence) console.warn(`Specs against NATS are skipped. ${natsInstallHint}`);
  toldAbsence = true;
  return false;
}
