import type { File } from '@treadle/contracts';

/** A file as the API shows it. */
export function fileView({ id, name, bytes, extension, mediaType, kind, sha256, createdUnixMs }: File) {
  return {
    id,
    name,
    size: bytes,
    extension,
    mime_type: mediaType,
    type: kind,
    sha256,
    created_at: new Date(createdUnixMs).toISOString(),
    content_url: `/api/v1/files/${id}/content`,
  };
}
