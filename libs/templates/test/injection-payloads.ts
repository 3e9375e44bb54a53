/** What a template engine, an interpreter or a parser that trusted its input would trip over. */
export interface Payload {
  readonly family: string;
  readonly text: string;
}

const family = (name: string, texts: readonly string[]): Payload[] => texts.map((text) => ({ family: name, text }));

/** Where a way from a template to the code around it would begin. */
const roots = [
  'x', 'y', 'self', 'cycler', 'joiner', 'namespace', 'namespace()', 'range', 'range(3)', 'dict', 'lipsum', 'config', 'request',
  'loop', 'caller', 'debug', '[]', '()', "''", '{}',
]; // biome-ignore format: a list of words

/** Where it would lead, in Python and in JavaScript. */
const chains = [
  '__class__', '__class__.__mro__', '__class__.__base__.__subclasses__()', '__init__.__globals__', '__globals__.os.popen("id").read()',
  '__builtins__.eval("1")', '__dict__', '_context', 'environment', 'constructor', 'constructor.constructor', 'constructor("return process")()',
  '__proto__', '__proto__.constructor', 'prototype', 'toString.constructor', 'valueOf()', 'hasOwnProperty("x")',
]; // biome-ignore format: a list of words

const paths = roots.flatMap((root) => chains.map((chain) => `{{ ${root}.${chain} }}`));

const filters = ['__class__', '__init__', '__globals__', 'constructor', '__proto__', 'prototype', 'toString'].flatMap(
  (name) => [
    `{{ x|attr("${name}") }}`,
    `{{ x["${name}"] }}`,
    `{{ [x]|map(attribute="${name}")|list }}`,
    `{{ {"a": x}|items|list|selectattr("${name}")|list }}`,
    `{% set ${name} = x %}{{ ${name} }}`,
    `{{ namespace(${name}=1).${name} }}`,
  ],
);

/** Of other engines, and of Jinja2 written otherwise. */
const otherEngines = [
  '${7*7}', '#{7*7}', '*{7*7}', '@{7*7}', '<%= 7*7 %>', '<% process.exit(1) %>', '{{= 7*7 }}', '{{{ this.constructor }}}',
  '{{#with "s" as |string|}}{{/with}}', '{{#each this}}{{@key}}{{/each}}', '{{constructor.constructor("return process")()}}',
  '{{lookup (lookup this "constructor") "name"}}', '#{root.process.mainModule.require("child_process").execSync("id")}',
  '${process.mainModule.require("fs").readFileSync("/etc/passwd")}', '${T(java.lang.Runtime).getRuntime().exec("id")}',
  '<#assign ex="freemarker.template.utility.Execute"?new()>${ex("id")}', '#set($x="")#set($rt=$x.class.forName("java.lang.Runtime"))',
  '{{_self.env.registerUndefinedFilterCallback("exec")}}{{_self.env.getFilter("id")}}', '{php}echo `id`;{/php}',
  '{{ "".getClass().forName("java.lang.Runtime") }}', '{{ range.constructor("return globalThis")() }}',
  '{{ cycler.__init__.__globals__.os.popen("cat /etc/passwd").read() }}', '{{ get_flashed_messages.__globals__ }}',
  '{{ url_for.__globals__.current_app.config }}', '{{ config.items() }}', '{{ self._TemplateReference__context.cycler }}',
  '{% import "os" as os %}{{ os.popen("id") }}', '{% from "os" import popen %}{{ popen("id") }}', '{% include "/etc/passwd" %}',
  '{% extends "/etc/passwd" %}', '{% include ["a", "/proc/self/environ"] %}', '{% macro a() %}{{ caller.__globals__ }}{% endmacro %}{{ a() }}',
  '{% call(x) range(3) %}{{ x }}{% endcall %}', '{% block a %}{{ super() }}{% endblock %}', '{% do x.append(1) %}', '{% raw %}{{ x }}{% endraw %}',
  '{{ x.__class__.__base__ }}{# ', '{{ x }}{{ ', '{{ }}', '{% %}', '{% if %}', '{% for %}', '{% for a in %}{% endfor %}', '{{ x | }}', '{{ | x }}',
  '{{ x.. }}', '{{ x[] }}', '{{ x[ }}', "{{ '", '{{ "\\x" }}', '{{ "\\u{110000}" }}', '{{ 1/0 }}', '{{ 1//0 }}', '{{ 1%0 }}', '{{ 10**400 }}',
  '{{ -9223372036854775808 // -1 }}', '{{ 0.1e999999 }}', '{{ x() }}', '{{ range() }}', '{{ dict(1) }}', '{{ debug() }}', '{{ self }}',
  '{{ loop.index }}', '{{ true.false }}', '{{ none.none }}', '{{ x is defined and __import__("os") }}', '{{ x if x else process }}', '{{ globalThis }}',
  '{{ process.env }}', '{{ require("fs") }}', '{{ import("fs") }}', '{{ this }}', '{{ arguments }}', '{{ eval("1") }}', '{{ Function("return 1")() }}',
  '{{ this.constructor.constructor("globalThis.polluted=1")() }}', '{{ x.toString() }}', '{{ x.valueOf() }}', '{{ y.a.constructor }}',
  '{% set x = x.__proto__ %}{% set x.polluted = 1 %}', '{% set ns = namespace() %}{% set ns.__proto__ = {"polluted": 1} %}{{ ns.polluted }}',
  '{{ {"__proto__": {"polluted": 1}}.polluted }}', '{{ dict(__proto__=1) }}', '{{ {"constructor": 1}|tojson }}', '{{ x|tojson|safe }}',
  '{% autoescape "html" %}{{ x }}{% endautoescape %}', '{% autoescape "nope" %}{{ x }}{% endautoescape %}', '{% filter upper %}a{% endfilter %}',
  '{% filter nope %}a{% endfilter %}', '{{ x|nope }}', '{{ x is nope }}', '{{ nope() }}', '{%- for a in x -%}{{ a }}{%- endfor -%}',
]; // biome-ignore format: a list of texts

/** Templates that take more than there is. */
export const greedy = [
  "{{ 'x' * 4000000000 }}",
  "{{ ('x' * 900000000) | length }}",
  '{{ 2 in ([1] * 4000000000) }}',
  '{{ ([1] * 4000000000) | sum }}',
  '{{ range(1000000000) }}',
  '{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}x{% endfor %}{% endfor %}{% endfor %}',
  "{% set n = namespace(a='xxxx') %}{% for i in range(64) %}{% set n.a = n.a ~ n.a %}{% endfor %}{{ n.a }}",
  "{{ ('a\n' * 100000) | indent(100000) }}",
  "{{ ('y' * 100000) | replace('y', 'y' * 100000) }}",
  "{{ ('y' * 100000) | list | join('y' * 100000) }}",
  '{{ range(99999) | batch(1000000000, 0) | list }}',
  '{{ range(9) | slice(1000000000) | list }}',
  '{{ [[[range(9)]]] | tojson(indent=1000000000) }}',
  '{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}',
  '{% macro m(n) %}{% for i in range(9) %}{{ m(n + 1) }}{% endfor %}{% endmacro %}{{ m(0) }}',
  `{{ ${'('.repeat(20_000)}1${')'.repeat(20_000)} }}`,
  `{{ ${'['.repeat(20_000)} }}`,
  `{{ ${'-'.repeat(20_000)}1 }}`,
  `{{ 1${'+1'.repeat(20_000)} }}`,
  `{{ x${'|upper'.repeat(20_000)} }}`,
  '{% if x %}'.repeat(5000),
];

/** Names that mean something to JavaScript or Python. */
export const names = [
  '__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'hasOwnProperty', 'isPrototypeOf', 'toJSON', 'then', '__defineGetter__',
  '__defineSetter__', '__lookupGetter__', 'length', 'name', 'caller', 'callee', 'arguments', '__class__', '__init__', '__dict__', 'self', 'this',
  'globalThis', 'process', 'undefined', 'null', 'NaN', '$large', '$ref', '__proto__.polluted', 'constructor.prototype.polluted', 'a.__proto__.b',
  '[__proto__]', '["__proto__"]', '..', '../..', '\u0000', '\u202e', '\ud800', '\u200b', 'a\nb', '"', "'", '`', '\\', '%', '%00', '%2e%2e%2f',
]; // biome-ignore format: a list of names

const selectors = names.slice(0, 22).flatMap((name) => [`{{#${name}.${name}#}}`, `{{#n.x.${name}#}}`]);
const oddSelectors = [
  '{{#n#}}', '{{#n.#}}', '{{#.x#}}', '{{#n..x#}}', '{{#n.x', '{{#{{#n.x#}}#}}', '{{#n.x#}}{{#n.x#}}', '{{# n.x #}}', '{{#n.x|upper#}}', '{{#n.x()#}}',
  '{{#n.0.1#}}', '{{#sys.__proto__#}}', '{{#env.constructor#}}', '{{#conversation.__proto__.polluted#}}', '{{#context#}}', '{{#histories#}}',
  `{{#${'a'.repeat(60)}.x#}}`, `{{#n.${'a.'.repeat(40)}x#}}`, '{{#n.x#}'.repeat(500), '{{#'.repeat(2000), `{{#n${'.x'.repeat(5000)}#}}`,
]; // biome-ignore format: a list of texts

const numbersAndLines = [
  'x\r\nX-Injected: 1', 'x\nX-Injected: 1', 'x\r\n\r\n<html>', 'x%0d%0aX-Injected: 1', 'x\u2028X-Injected: 1', 'x\u000bX', 'Bearer x\r\nHost: inside', '\r', '\n',
  'a: b', 'a:b:c', ':', '--treadle-form-boundary', '--treadle-form-boundary--', '"; filename="x', 'a"\r\nContent-Type: text/html', 'a&b=c', 'a=b&a=c', '#', '?x=1#y',
  '", "admin": true, "x": "', '"}', '\\"}', '{"a": 1}', '[1]', 'null', '1e999', '"\\u0000"', '{"__proto__": {"polluted": 1}}',
  '{"constructor": {"prototype": {"polluted": 1}}}', '{"$large": {"key": "runs/x/y", "bytes": 1}}', '{"toJSON": 1}', '{"then": 1}', '{"length": 1e9}',
  '['.repeat(3000), '{"a":'.repeat(3000), '"'.repeat(3000), '\\'.repeat(3001),
]; // biome-ignore format: a list of texts

/** Patterns that a matcher would choke on, and code of other languages. */
const patternsAndCode = [
  '(a+)+$', '^(a|a)*$', '(.*)*x', '(?:a?){40}a{40}', '(\\w+\\s?)*$', '[', '(', '*', '(?<', '(?=a)*', '\\', '.{1,1000000}', '(x+x+)+y', '^(([a-z])+.)+[A-Z]([a-z])+$',
  "' OR 1=1 --", "'; DROP TABLE runs; --", '$(id)', '`id`', '; id', '| id', '&& id', '../../../../etc/passwd', '/etc/passwd\u0000.txt', '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>', 'javascript:alert(1)', '<!ENTITY x SYSTEM "file:///etc/passwd">', '=cmd|"/c calc"!A1', '%s%s%s%n', '{0.__class__}', '%(x)s', '$x',
  'a in b', 'size(x) > 0', '[1,2].map(x, x)', 'x.matches("(a+)+$")', '__import__("os").system("id")', 'globalThis.polluted = 1', 'process.exit(1)',
  'while(true){}', '!!js/function "function(){}"', '!!python/object/apply:os.system ["id"]', '&a [*a]', '*a', '<<: *a', '\u{1F4A3}'.repeat(5000), 'a'.repeat(100_000),
]; // biome-ignore format: a list of texts

const all = [
  ...family('path', paths),
  ...family('filter', filters),
  ...family('engine', otherEngines),
  ...family('greedy', greedy),
  ...family('name', names),
  ...family('selector', [...selectors, ...oddSelectors]),
  ...family('line', numbersAndLines),
  ...family('pattern', patternsAndCode),
];

/** Each once. */
export const payloads: readonly Payload[] = [...new Map(all.map((payload) => [payload.text, payload])).values()];
