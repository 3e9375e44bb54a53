import { FailureError } from '@treadle/failure';
import type { Json } from '@treadle/workflow';
import type { Execute, NodeContext } from '../define-node.js';
import { type FileValue, fileOf } from '../files/file.js';
import { readContent } from '../files/read-content.js';
import type { DocumentExtractorConfig } from './document-extractor.descriptor.js';

/** The largest document that is fetched, in bytes. */
const maxBytes = 50 * 1024 * 1024;

/** The text of a file, or of a list of files the list of their texts. They are read one after the other, so that one node keeps one reader. */
export const executeDocumentExtractor: Execute<DocumentExtractorConfig> = async (config, context) => {
  const value = context.read(config.variable_selector);
  if (!Array.isArray(value)) return { outputs: { text: await textOf(theFile(value), context) } };
  const files = (value as readonly Json[]).map(theFile);
  const texts: string[] = [];
  for (const file of files) texts.push(await textOf(file, context));
  return { outputs: { text: texts } };
};

async function textOf(file: FileValue, { capabilities, warn, signal }: NodeContext): Promise<string> {
  signal.throwIfAborted();
  const { bytes, mediaType } = await readContent(file, maxBytes, capabilities);
  const text = await capabilities.documents.text({ bytes, fileName: file.name, mediaType });
  if (text === '') warn(`No text was found in "${file.name}". A scan holds pictures of text only.`);
  return text;
}

function theFile(value: Json | undefined): FileValue {
  if (value === undefined || value === null) {
    throw FailureError.of(
      'value_missing',
      'There is no file to read. Give the workflow one, or branch before this node.',
    );
  }
  const file = fileOf(value);
  if (file) return file;
  throw FailureError.of(
    'node_configuration',
    'What is to be read is not a file. Choose a variable of type file or list of files.',
  );
}
