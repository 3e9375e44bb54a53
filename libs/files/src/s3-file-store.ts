import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { Digest } from './digest.js';
import type { FileContent, FileStore, PutFile, StoredFile } from './file-store.js';
import { checkKey } from './key.js';
import type { S3Location } from './s3-location.js';
import { readingFrom, withStore } from './store-trouble.js';

/** Keeps files in a bucket of S3, or of a server that speaks its protocol. */
export class S3FileStore implements FileStore {
  private readonly client: S3Client;
  private readonly bucket: string;
  private readonly prefix: string;

  constructor({ bucket, prefix, region, endpoint, pathStyle, credentials }: S3Location) {
    this.bucket = bucket;
    this.prefix = prefix;
    this.client = new S3Client({
      region,
      forcePathStyle: pathStyle,
      // Servers other than Amazon's do not all know the newer checksums.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(credentials === undefined ? {} : { credentials }),
    });
  }

  async put(key: string, content: FileContent): Promise<PutFile> {
    const digest = new Digest();
    let broken: { readonly error: unknown } | undefined;
    const watched = async function* () {
      try {
        yield* digest.through(content);
      } catch (error) {
        broken = { error };
        throw error;
      }
    };
    const params = { ...this.at(key), Body: Readable.from(watched()) };
    // In parts, since the size of a stream is not known; S3 shows the object when all of them are there.
    const upload = new Upload({ client: this.client, params });
    try {
      await withStore(() => upload.done());
    } catch (error) {
      throw broken ? broken.error : error;
    }
    return digest.end();
  }

  async get(key: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    const command = new GetObjectCommand(this.at(key));
    const found = await withStore(() => unlessMissing(this.client.send(command)));
    return found && readingFrom(found.Body as Readable);
  }

  async head(key: string): Promise<StoredFile | undefined> {
    const command = new HeadObjectCommand(this.at(key));
    const found = await withStore(() => unlessMissing(this.client.send(command)));
    return found && { bytes: found.ContentLength ?? 0 };
  }

  async delete(key: string): Promise<void> {
    const command = new DeleteObjectCommand(this.at(key));
    await withStore(() => this.client.send(command));
  }

  async deleteAll(path: string): Promise<void> {
    const { Bucket, Key } = this.at(path);
    const list = new ListObjectsV2Command({ Bucket, Prefix: `${Key}/` });
    await withStore(async () => {
      for (;;) {
        const { Contents = [], IsTruncated } = await this.client.send(list);
        const Objects = Contents.map((object) => ({ Key: object.Key }));
        if (Objects.length > 0) await this.client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
        if (IsTruncated !== true) return;
      }
    });
  }

  private at(key: string): { readonly Bucket: string; readonly Key: string } {
    checkKey(key);
    return { Bucket: this.bucket, Key: `${this.prefix}${key}` };
  }
}

async function unlessMissing<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404 && error.name !== 'NoSuchBucket')
      return undefined;
    throw error;
  }
}
