import type { LedgerTally } from "../core/ledger.ts";
import { overlay } from "../core/overlay.ts";

/**
 * `bucket`, which adds its operations to `tally` by the class in which R2 bills them: those that
 * write or list are of class A, those that read of class B, and to delete is free.
 * https://developers.cloudflare.com/r2/pricing/#class-a-operations
 */
export function countR2(bucket: R2Bucket, tally: LedgerTally): R2Bucket {
  return overlay(bucket, {
    head: (key) => {
      tally.class_b += 1;
      return bucket.head(key);
    },
    get: (key: string, options?: R2GetOptions) => {
      tally.class_b += 1;
      return bucket.get(key, options);
    },
    put: (key: string, value: Parameters<R2Bucket["put"]>[1], options?: R2PutOptions) => {
      tally.class_a += 1;
      return bucket.put(key, value, options);
    },
    list: (options) => {
      tally.class_a += 1;
      return bucket.list(options);
    },
    createMultipartUpload: async (key, options) => {
      tally.class_a += 1;
      return countUpload(await bucket.createMultipartUpload(key, options), tally);
    },
    resumeMultipartUpload: (key, id) => countUpload(bucket.resumeMultipartUpload(key, id), tally),
  });
}

function countUpload(upload: R2MultipartUpload, tally: LedgerTally): R2MultipartUpload {
  return overlay(upload, {
    uploadPart: (number, value, options) => {
      tally.class_a += 1;
      return upload.uploadPart(number, value, options);
    },
    complete: (parts) => {
      tally.class_a += 1;
      return upload.complete(parts);
    },
  });
}
