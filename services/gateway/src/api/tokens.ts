/** The orchestrator's runs and the bus, for everything that starts, reads or follows runs. */
export const RUN_SOURCES = Symbol('RUN_SOURCES');
/** What the gateway is given by whoever composes it. */
export const GATEWAY_PORTS = Symbol('GATEWAY_PORTS');
