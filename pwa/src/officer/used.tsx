// What pictures have cost this phone.
import { useStore } from "../lib/hooks.ts";
import { amount, ofIncident } from "./data-used.ts";
import type { Glance } from "./glance.ts";

export function DataWords({ glance, incident }: { glance: Glance; incident: string }) {
  const used = useStore(glance.used.used);
  return (
    <p class="data-used">
      <span class="sr-only">Data used by pictures: </span>
      {amount(ofIncident(used, incident))} here · {amount(used.bytes)} this month
    </p>
  );
}
