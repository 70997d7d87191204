// The id of one press, made where it is pressed: the server takes each once.

const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** `prs_` and 22 letters: more than 128 random bits. */
export function newPressId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(64)).filter((byte) => byte < 248); // 4 times 62
  return `prs_${[...bytes.slice(0, 22)].map((byte) => LETTERS[byte % 62]).join("")}`;
}
