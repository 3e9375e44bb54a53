import { failure } from '@treadle/failure';
import { type Read, type Settlement, selectorText } from '@treadle/workflow';
import { splitText } from './split-text.js';
import type { TextSplitterConfig } from './text-splitter.descriptor.js';

export function settleTextSplitter(config: TextSplitterConfig, read: Read): Settlement {
  const text = read(config.variable_selector);
  if (typeof text === 'string') {
    const chunks = splitText(text, { size: config.chunk_size, overlap: config.chunk_overlap }, config.separators);
    return { outputs: { chunks, count: chunks.length } };
  }
  const name = selectorText(config.variable_selector);
  return text === undefined
    ? { failure: failure('value_missing', `"${name}" has no value. Give it a text before this node.`) }
    : { failure: failure('node_configuration', `"${name}" holds no text. Choose a variable that does.`) };
}
