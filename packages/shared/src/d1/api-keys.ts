import type { ApiKey } from "../core/api-key.ts";
import { throwStorageError } from "./d1-error.ts";

/** A key with the digest that its secret is compared with. */
export interface StoredKey extends ApiKey {
  /** Hexadecimal. */
  readonly secret_sha256: string;
}

/** The last key of a page: the one created last comes first. */
export interface KeyPosition {
  readonly created_at: number;
  readonly id: string;
}

const COLUMNS =
  "id, name, scope, rate, created_at, created_by, expires_at, revoked_at, last_used_at";

/** Records a key. Throws what `storageErrorOf` says. */
export async function insertKey(db: D1Database, key: StoredKey): Promise<void> {
  await db
    .prepare(
      `INSERT INTO api_keys (${COLUMNS}, secret_sha256) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)`,
    )
    .bind(
      key.id,
      key.name,
      key.scope,
      key.rate,
      key.created_at,
      key.created_by,
      key.expires_at,
      key.revoked_at,
      key.last_used_at,
      key.secret_sha256,
    )
    .run()
    .catch(throwStorageError);
}

/** The key `id`, by its primary key: one row read. Throws StorageUnavailableError. */
export async function findKey(db: D1Database, id: string): Promise<StoredKey | undefined> {
  const row = await db
    .prepare(`SELECT ${COLUMNS}, secret_sha256 FROM api_keys WHERE id = ?1`)
    .bind(id)
    .first<StoredKey>()
    .catch(throwStorageError);
  return row ?? undefined;
}

/** Whether a key was ever created. Throws StorageUnavailableError. */
export async function hasKeys(db: D1Database): Promise<boolean> {
  const row = await db.prepare("SELECT 1 FROM api_keys LIMIT 1").first().catch(throwStorageError);
  return row !== null;
}

/** Up to `limit` keys after `after`, the one created last first. Throws StorageUnavailableError. */
export async function listKeys(
  db: D1Database,
  after: KeyPosition | undefined,
  limit: number,
): Promise<readonly ApiKey[]> {
  const { results } = await db
    .prepare(
      `SELECT ${COLUMNS} FROM api_keys
       WHERE ?1 IS NULL OR (created_at, id) < (?1, ?2)
       ORDER BY created_at DESC, id DESC LIMIT ?3`,
    )
    .bind(after?.created_at ?? null, after?.id ?? null, limit)
    .all<ApiKey>()
    .catch(throwStorageError);
  return results;
}

/**
 * Revokes the key `id` at `nowSeconds`; one that was revoked before stays as it is. The key as it is
 * then, or undefined where there is none. Throws what `storageErrorOf` says.
 */
export async function revokeKey(
  db: D1Database,
  id: string,
  nowSeconds: number,
): Promise<ApiKey | undefined> {
  const row = await db
    .prepare(
      `UPDATE api_keys SET revoked_at = coalesce(revoked_at, ?2) WHERE id = ?1 RETURNING ${COLUMNS}`,
    )
    .bind(id, nowSeconds)
    .first<ApiKey>()
    .catch(throwStorageError);
  return row ?? undefined;
}

/**
 * Notes that the key `id` was used in the hour that begins at `hour`, unix seconds. Writes nothing
 * where that is known. Throws what `storageErrorOf` says.
 */
export async function markKeyUsed(db: D1Database, id: string, hour: number): Promise<void> {
  await db
    .prepare(
      "UPDATE api_keys SET last_used_at = ?2 WHERE id = ?1 AND (last_used_at IS NULL OR last_used_at < ?2)",
    )
    .bind(id, hour)
    .run()
    .catch(throwStorageError);
}
