/** `node-executor` of `registry/treadle/node-executor:0.1.0` */
export const imageName = (image: string): string => /([^/:@]+)(:[^/]*|@.*)?$/.exec(image)?.[1] ?? '';
