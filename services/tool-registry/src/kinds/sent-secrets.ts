import type { CredentialedRequest } from '../domain/credential.js';

const hidden = '***';
/** Shorter ones stand in too many words that are none of theirs. */
const shortest = 6;

/** Hides the secrets that a server was sent, should it repeat them in what it answers. */
export class SentSecrets {
  readonly #texts = new Set<string>();

  /** @param url as it was before the credential */
  note(url: string, sent: CredentialedRequest): void {
    const before = new URL(url).searchParams;
    const headers = sent.headers.filter(([name]) => sent.secretHeaders.includes(name.toLowerCase()));
    const query = [...new URL(sent.url).searchParams].filter(([name, value]) => before.get(name) !== value);
    for (const [, value] of [...headers, ...query]) for (const secret of secretsIn(value)) this.#add(secret);
  }

  /** The text without them, as they are or as they stand in addresses and in JSON. */
  hide(text: string): string {
    return [...this.#texts].reduce((rest, secret) => rest.replaceAll(secret, hidden), text);
  }

  #add(secret: string): void {
    if (secret.length < shortest) return;
    for (const way of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]) this.#texts.add(way);
  }
}

/** What stands in the value of a header or parameter, as it was sent and as a server that reads it sees it: passwords and the values of cookies. */
function secretsIn(value: string): readonly string[] {
  const [, scheme, rest = value] = /^(Basic|Bearer) (.*)$/.exec(value) ?? [];
  const password =
    scheme === 'Basic'
      ? Buffer.from(rest, 'base64')
          .toString()
          .replace(/^[^:]*:/, '')
      : '';
  const cookies = rest.split('; ').flatMap((pair) => /^[^=]+=(.+)$/.exec(pair)?.[1] ?? []);
  return [rest, password, ...cookies];
}
