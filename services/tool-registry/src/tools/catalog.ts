import type { DocumentReader } from '@treadle/documents';
import type { BuiltinTool } from '../kinds/builtin/builtin-tool.js';
import { calculator } from './calculator/calculator.tool.js';
import { currentTime } from './current-time/current-time.tool.js';
import { httpRequest } from './http-request/http-request.tool.js';
import { jsonPath } from './json-path/json-path.tool.js';
import { makeReadWebPage } from './read-web-page/read-web-page.tool.js';

/** Every built-in tool by the name models call it by, alphabetical. */
export function builtinTools(documents: DocumentReader): Readonly<Record<string, BuiltinTool>> {
  return {
    calculator,
    current_time: currentTime,
    http_request: httpRequest,
    json_path: jsonPath,
    read_web_page: makeReadWebPage(documents),
  };
}
