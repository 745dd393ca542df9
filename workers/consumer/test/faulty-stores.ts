/** What happens to one call: it works, fails before it took effect, or after. */
export type CallFate = "works" | "fails before" | "fails after";

export type Fault = () => { readonly fate: CallFate; readonly error: Error };

/** `call` under `fault`: its failure may hide that it took effect, as a lost connection does. */
async function underFault<Result>(fault: Fault, call: () => Promise<Result>): Promise<Result> {
  const { fate, error } = fault();
  if (fate === "fails before") {
    throw error;
  }
  const result = await call();
  if (fate === "fails after") {
    throw error;
  }
  return result;
}

/** `db` whose every call that reaches the database is under `fault`. */
export function faultyDatabase(db: D1Database, fault: Fault): D1Database {
  const real = new WeakMap<object, D1PreparedStatement>();
  function wrap(statement: D1PreparedStatement): D1PreparedStatement {
    const wrapped = new Proxy(statement, {
      get(_, name) {
        if (name === "bind") {
          return (...values: unknown[]) => wrap(statement.bind(...values));
        }
        if (name === "run") {
          return () => underFault(fault, () => statement.run());
        }
        throw new Error(`the consumer does not call ${String(name)} of a statement`);
      },
    });
    real.set(wrapped, statement);
    return wrapped;
  }
  return new Proxy(db, {
    get(_, name) {
      if (name === "prepare") {
        return (sql: string) => wrap(db.prepare(sql));
      }
      if (name === "batch") {
        return (statements: D1PreparedStatement[]) =>
          underFault(fault, () => db.batch(statements.map((one) => real.get(one) ?? one)));
      }
      throw new Error(`the consumer does not call ${String(name)} of the database`);
    },
  });
}

/** `bucket` whose puts and gets are under `fault`. */
export function faultyBucket(bucket: R2Bucket, fault: Fault): R2Bucket {
  return new Proxy(bucket, {
    get(_, name) {
      if (name === "put") {
        return (key: string, value: Uint8Array, options: R2PutOptions) =>
          underFault(fault, () => bucket.put(key, value, options));
      }
      if (name === "get") {
        return async (key: string) => {
          const object = await bucket.get(key);
          try {
            return await underFault(fault, () => Promise.resolve(object));
          } catch (failure) {
            // A body that nobody reads would be open when the test is over.
            await object?.body.cancel();
            throw failure;
          }
        };
      }
      throw new Error(`the consumer does not call ${String(name)} of the bucket`);
    },
  });
}

/** A fault that strikes every call in the same way. */
export function always(fate: CallFate, message: string): Fault {
  return () => ({ fate, error: new Error(message) });
}
