import { invalid } from './dataset.js';

/** Checks of what callers give, shared by datasets, documents and chunks. */
export function nameOf(name: string): string {
  const trimmed = name.trim();
  if (trimmed === '' || trimmed.length > 200) throw invalid('name', 'A name has 1 to 200 characters.');
  return textOf('name', trimmed, 200);
}

export function modelOf(model = ''): string {
  return textOf('embedding_model', model.trim(), 200);
}

/** The text without what PostgreSQL does not take. @throws FailureError `invalid_argument` when it is too long. */
export function textOf(field: string, text: string, most: number): string {
  if (text.length > most) throw invalid(field, `"${field}" has ${text.length} characters, where ${most} are allowed.`);
  return text.replaceAll('\u0000', '').toWellFormed();
}

export function keywordsOf(json: string): string[] {
  const value: unknown = JSON.parse(json);
  const isGood =
    Array.isArray(value) && value.length <= 50 && value.every((word) => typeof word === 'string' && word.length <= 100);
  if (!isGood) throw invalid('keywords', 'Keywords are at most 50 texts of at most 100 characters.');
  return value as string[];
}
