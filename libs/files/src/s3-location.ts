/** Where files are kept in S3. */
export interface S3Location {
  readonly bucket: string;
  /** Empty, or ends in a slash. */
  readonly prefix: string;
  readonly region: string;
  /** Of a server that is not Amazon's. */
  readonly endpoint?: string;
  /** Whether the bucket stands in the path instead of in the host name. */
  readonly pathStyle: boolean;
  /** Absent takes those of the environment, the instance or the pod. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/**
 * Reads `s3://[<key id>:<secret>@]<bucket>[/<prefix>][?region=&endpoint=]`. With an endpoint the bucket stands in the path, as most
 * servers beside Amazon's want it.
 */
export function parseS3Location(url: string): S3Location {
  const { username, password, hostname, pathname, searchParams } = new URL(url);
  const endpoint = searchParams.get('endpoint') ?? undefined;
  const prefix = pathname.replace(/^\/+|\/+$/g, '');
  return {
    bucket: hostname,
    prefix: prefix === '' ? '' : `${prefix}/`,
    region: searchParams.get('region') ?? 'us-east-1',
    pathStyle: endpoint !== undefined,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(username === ''
      ? {}
      : {
          credentials: {
            accessKeyId: decodeURIComponent(username),
            secretAccessKey: decodeURIComponent(password),
          },
        }),
  };
}
