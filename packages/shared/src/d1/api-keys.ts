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

/**
 * Records a key, unless one of the same name is live when it is created; returns the rows that were
 * written, so 0 then. Throws what `storageErrorOf` says.
 */
export async function insertKey(db: D1Database, key: StoredKey): Promise<number> {
  const { meta } = await db
    .prepare(
      `INSERT INTO api_keys (${COLUMNS}, secret_sha256)
       SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10
       WHERE NOT EXISTS (
         SELECT 1 FROM api_keys
         WHERE name = ?2 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?5)
       )`,
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
  return meta.rows_written;
}

/** The key `name` that is live at `nowSeconds`: one at most. Throws StorageUnavailableError. */
export async function findLiveKey(
  db: D1Database,
  name: string,
  nowSeconds: number,
): Promise<ApiKey | undefined> {
  const row = await db
    .prepare(
      `SELECT ${COLUMNS} FROM api_keys
       WHERE name = ?1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?2) LIMIT 1`,
    )
    .bind(name, nowSeconds)
    .first<ApiKey>()
    .catch(throwStorageError);
  return row ?? undefined;
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

/** A key that was to be revoked, and what that cost. */
export interface RevokedKey {
  /** As it is then; undefined where there is none. */
  readonly key: ApiKey | undefined;
  readonly rowsWritten: number;
}

/**
 * Revokes the key `id` at `nowSeconds`; one that was revoked before stays as it is. Throws what
 * `storageErrorOf` says.
 */
export async function revokeKey(
  db: D1Database,
  id: string,
  nowSeconds: number,
): Promise<RevokedKey> {
  const { results, meta } = await db
    .prepare(
      `UPDATE api_keys SET revoked_at = coalesce(revoked_at, ?2) WHERE id = ?1 RETURNING ${COLUMNS}`,
    )
    .bind(id, nowSeconds)
    .all<ApiKey>()
    .catch(throwStorageError);
  return { key: results[0], rowsWritten: meta.rows_written };
}

/**
 * Notes that the key `id` was used in the hour that begins at `hour`, unix seconds. Writes nothing
 * where that is known; returns the rows that were written. Throws what `storageErrorOf` says.
 */
export async function markKeyUsed(db: D1Database, id: string, hour: number): Promise<number> {
  const { meta } = await db
    .prepare(
      "UPDATE api_keys SET last_used_at = ?2 WHERE id = ?1 AND (last_used_at IS NULL OR last_used_at < ?2)",
    )
    .bind(id, hour)
    .run()
    .catch(throwStorageError);
  return meta.rows_written;
}
