// The id of a press or a note, made where it is pressed or written: the server takes each once.

const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** The kind and 22 letters: more than 128 random bits. */
export function newId(kind: "prs" | "nte" | "wrd"): string {
  const bytes = crypto.getRandomValues(new Uint8Array(64)).filter((byte) => byte < 248); // 4 times 62
  return `${kind}_${[...bytes.slice(0, 22)].map((byte) => LETTERS[byte % 62]).join("")}`;
}
