// How far a link came, as steps that light up in place: each has a shape, a word and a state that is read out.

import { Icon } from "../lib/parts/icon.tsx";
import { steps } from "../staff/links.ts";
import type { LinkView } from "../wire.ts";

const SPOKEN = { done: "done", current: "now", ahead: "not yet", failed: "failed" } as const;

export function Stepper({ link }: { link: LinkView }) {
  return (
    <ol class="stepper" aria-label="How far the link came">
      {steps(link).map((step) => (
        <li
          key={step.word}
          class={`step is-${step.state}`}
          aria-current={step.state === "current" ? "step" : undefined}
        >
          <span class="step-dot">
            {step.state === "done" && <Icon name="done" />}
            {step.state === "failed" && <Icon name="close" />}
          </span>
          <span class="step-word">
            {step.word}
            <span class="sr-only">, {SPOKEN[step.state]}</span>
          </span>
        </li>
      ))}
    </ol>
  );
}
