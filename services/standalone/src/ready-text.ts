/** What a person at the terminal wants to know first. The first line is for scripts too. */
export function readyText(url: string, firstKey: string | undefined): string {
  const key = firstKey ?? '$TREADLE_API_KEY';
  const lines = [
    `Treadle is ready at ${url}`,
    '',
    `  Look around  ${url}`,
    `  API          ${url}/api/docs`,
    ...(firstKey === undefined
      ? []
      : ['', `  Your API key ${firstKey}`, '  It is shown this once and stored only as a hash.']),
    '',
    `  curl ${url}/api/v1/workflows -H "Authorization: Bearer ${key}"`,
    '',
    'Ctrl-C stops it; what is under way goes on at the next start.',
    '',
  ];
  return lines.join('\n');
}
