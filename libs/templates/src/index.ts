export { TemplateRenderer, type TemplateRendererOptions } from './template-renderer.js';
