/**
 * `target` as it is, but for the members that `own` has. Every other method is called on `target`
 * itself: what the platform gives refuses to be called on anything else.
 */
export function overlay<Target extends object>(target: Target, own: Partial<Target>): Target {
  return new Proxy(target, {
    get(inner, name) {
      if (Object.hasOwn(own, name)) {
        return Reflect.get(own, name) as unknown;
      }
      const member: unknown = Reflect.get(inner, name, inner);
      return typeof member === "function" ? (member.bind(inner) as unknown) : member;
    },
  });
}
