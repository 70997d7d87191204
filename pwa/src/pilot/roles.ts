// Who may fly, and not only look.
import type { Me } from "../wire.ts";

export function mayFly({ user }: Me): boolean {
  return user.role === "pilot";
}
