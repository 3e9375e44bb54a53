import { Controller, Get, Header } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Open } from './auth/access.js';

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Treadle</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem}pre{background:#f4f4f4;color:#111;padding:1rem;overflow:auto}</style>
<h1>Treadle</h1>
<p>Durable LLM workflows. This is the public API; it is described with examples in
<a href="/api/docs/reference">its reference</a>, and can be tried at <a href="/api/docs">/api/docs</a>.</p>
<p>Import a workflow and run it, with the API key that was printed at the first start:</p>
<pre>curl -H "Authorization: Bearer $TREADLE_API_KEY" --data-binary @workflow.yml \\
  -H "Content-Type: application/yaml" "$TREADLE_URL/api/v1/workflows"

curl -H "Authorization: Bearer $TREADLE_API_KEY" -H "Content-Type: application/json" \\
  -d '{"inputs": {}, "mode": "stream"}' -N "$TREADLE_URL/api/v1/workflows/WORKFLOW_ID/runs"</pre>
</html>
`;

/** What somebody sees who opens the address in a browser. */
@ApiExcludeController()
@Controller()
export class HomeController {
  @Get()
  @Open('a front page without any data')
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
  home(): string {
    return page;
  }
}
