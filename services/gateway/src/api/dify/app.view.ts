import type { InputVariable } from '@treadle/nodes';
import type { Json, JsonObject } from '@treadle/workflow';
import { type App, featuresOf, inputVariables, objectOr } from './app.js';

export function infoView({ name, description, mode }: App) {
  return { name, description, tags: [], mode, author_name: '' };
}

const off = { enabled: false };

/** What an app asks and offers, with what Dify would answer for what nobody has set. */
export function parametersView(app: App, maxUploadBytes: number) {
  const features = featuresOf(app);
  const setting = (name: string): JsonObject => objectOr(features[name]) ?? off;
  const megabytes = Math.max(1, Math.floor(maxUploadBytes / 1024 / 1024));
  return {
    opening_statement: typeof features['opening_statement'] === 'string' ? features['opening_statement'] : '',
    suggested_questions: textsOf(features['suggested_questions']),
    suggested_questions_after_answer: setting('suggested_questions_after_answer'),
    // Models here read and write text, so nothing is offered that would be refused.
    speech_to_text: off,
    text_to_speech: { ...off, voice: '', language: '' },
    retriever_resource: setting('retriever_resource'),
    annotation_reply: off,
    more_like_this: off,
    sensitive_word_avoidance: off,
    user_input_form: inputVariables(app).map(formField),
    file_upload: fileUpload(objectOr(features['file_upload']) ?? {}),
    system_parameters: {
      file_size_limit: megabytes,
      image_file_size_limit: megabytes,
      audio_file_size_limit: megabytes,
      video_file_size_limit: megabytes,
      workflow_file_upload_limit: 50,
    },
  };
}

export function siteView(app: App) {
  const look = objectOr(objectOr(app.document.extensions['dify'])?.['app']) ?? {};
  return {
    title: app.name,
    chat_color_theme: null,
    chat_color_theme_inverted: false,
    icon_type: look['icon_type'] ?? 'emoji',
    icon: look['icon'] ?? '',
    icon_background: look['icon_background'] ?? '#FFEAD5',
    icon_url: null,
    description: app.description,
    copyright: null,
    privacy_policy: null,
    custom_disclaimer: '',
    default_language: 'en-US',
    show_workflow_steps: true,
    use_icon_as_answer_icon: look['use_icon_as_answer_icon'] === true,
  };
}

function formField({
  type,
  variable,
  label,
  required,
  default: standard,
  max_length,
  options,
  hide,
  ...rest
}: InputVariable) {
  const files = {
    allowed_file_types: rest.allowed_file_types ?? [],
    allowed_file_extensions: rest.allowed_file_extensions ?? [],
    allowed_file_upload_methods: rest.allowed_file_upload_methods ?? ['local_file', 'remote_url'],
  };
  return {
    [type ?? 'text-input']: {
      type: type ?? 'text-input',
      label: label ?? variable,
      variable,
      required: required ?? false,
      default: standard ?? '',
      ...(max_length != null && { max_length }),
      options: options ?? [],
      hide: hide ?? false,
      ...(type?.startsWith('file') && files),
      ...(rest.json_schema != null && { json_schema: rest.json_schema }),
    },
  };
}

function fileUpload(given: JsonObject): JsonObject {
  const image = { enabled: false, number_limits: 3, transfer_methods: ['local_file', 'remote_url'] };
  return { enabled: false, ...given, image: { ...image, ...objectOr(given['image']) } };
}

function textsOf(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((text): text is string => typeof text === 'string') : [];
}
