/** The orchestrator's runs and the bus, for everything that starts, reads or follows runs. */
export const RUN_SOURCES = Symbol('RUN_SOURCES');
/** Runs that continue others. */
export const CONTINUATIONS = Symbol('CONTINUATIONS');
/** What runs ask people. */
export const APPROVALS = Symbol('APPROVALS');
/** The orchestrator's conversations. */
export const CONVERSATIONS = Symbol('CONVERSATIONS');
/** How long things are kept. */
export const RETENTION = Symbol('RETENTION');
/** Datasets and the search in them. */
export const DATASETS = Symbol('DATASETS');
export const RETRIEVAL = Symbol('RETRIEVAL');
/** The vector store itself. */
export const STORE_UPKEEP = Symbol('STORE_UPKEEP');
/** Tags of datasets and fields of documents' metadata. */
export const LABELS = Symbol('LABELS');
/** Webhooks and schedules. */
export const ENTRIES = Symbol('ENTRIES');
/** Where the public API is reached; empty takes the address of each request. */
export const PUBLIC_URL = Symbol('PUBLIC_URL');
/** What the gateway is given by whoever composes it. */
export const GATEWAY_PORTS = Symbol('GATEWAY_PORTS');
/** What is known of uploaded files, and their content. */
export const STORED_FILES = Symbol('STORED_FILES');
export const FILE_STORE = Symbol('FILE_STORE');
/** The model proxy, for calls and for what it is set up with. */
export const MODELS = Symbol('MODELS');
export const MODEL_ADMIN = Symbol('MODEL_ADMIN');
/** The tool registry, likewise. */
export const TOOLS = Symbol('TOOLS');
export const TOOL_ADMIN = Symbol('TOOL_ADMIN');
/** Signs people in with OpenID Connect; null where no provider is set up. */
export const OPEN_ID = Symbol('OPEN_ID');
/** The public keys of access tokens. */
export const PUBLISHED_KEYS = Symbol('PUBLISHED_KEYS');
/** The entries of the audit log. */
export const AUDIT_STORE = Symbol('AUDIT_STORE');
