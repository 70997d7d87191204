// What went wrong, said where it went wrong.
import { Icon } from "./icon.tsx";

export function ProblemNote({ text, id }: { text: string | null; id?: string }) {
  if (text === null) return null;
  return (
    <p class="problem" role="alert" id={id}>
      <Icon name="warning" />
      <span>{text}</span>
    </p>
  );
}
