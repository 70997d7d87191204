// A place that somebody types or pastes: two coordinates in the ways in which people and maps write them. Pure.

export interface Coordinates {
  latitude: number;
  longitude: number;
}

/** What to say where text is no place. */
export const NO_PLACE = "Write a place as 42.3223, -83.1763. Put an address into the words.";

export const LONGEST_PLACE = 64;

const ANGLE =
  "([-+]?\\d{1,3}(?:\\.\\d+)?)\\s*°?(?:\\s*(\\d{1,2}(?:\\.\\d+)?)\\s*')?(?:\\s*(\\d{1,2}(?:\\.\\d+)?)\\s*\")?";
const LETTER = "([NSEW])?";
const BEFORE = `${LETTER}\\s*${ANGLE}`;
const AFTER = `${ANGLE}\\s*${LETTER}`;
const BETWEEN = "(?:\\s*[,;]\\s*|\\s+)";
const LETTERS_FIRST = new RegExp(`^${BEFORE}${BETWEEN}${BEFORE}$`);
const LETTERS_LAST = new RegExp(`^${AFTER}${BETWEEN}${AFTER}$`);

interface Angle {
  degrees: number;
  letter: string;
}

/** Null for a letter and a sign together, and for 61 minutes. */
function angle(letter = "", degrees = "", minutes = "0", seconds = "0"): Angle | null {
  const [d, m, s] = [Number(degrees), Number(minutes), Number(seconds)];
  if (m >= 60 || s >= 60 || (letter !== "" && /[-+]/.test(degrees))) return null;
  const turned = letter === "S" || letter === "W" || degrees.startsWith("-");
  return { degrees: (Math.abs(d) + m / 60 + s / 3600) * (turned ? -1 : 1), letter };
}

function angles(text: string): [Angle | null, Angle | null] | null {
  const last = LETTERS_LAST.exec(text);
  if (last !== null) {
    const [, d1, m1, s1, l1, d2, m2, s2, l2] = last;
    return [angle(l1, d1, m1, s1), angle(l2, d2, m2, s2)];
  }
  const first = LETTERS_FIRST.exec(text);
  if (first === null) return null;
  const [, l1, d1, m1, s1, l2, d2, m2, s2] = first;
  return [angle(l1, d1, m1, s1), angle(l2, d2, m2, s2)];
}

/** Latitude first, unless letters say otherwise. */
function ordered(a: Angle, b: Angle): [Angle, Angle] | null {
  const letters = a.letter + b.letter;
  if (letters === "" || /^[NS][EW]$/.test(letters)) return [a, b];
  return /^[EW][NS]$/.test(letters) ? [b, a] : null;
}

/** "42.3223, -83.1763", "42.3223° N 83.1763° W", "42°19'20\"N 83°10'35\"W"; null for anything else. */
export function parsePlace(text: string): Coordinates | null {
  const plain = text
    .trim()
    .toUpperCase()
    .replaceAll(/[−–]/g, "-")
    .replaceAll(/[′’]/g, "'")
    .replaceAll(/[″”]/g, '"');
  if (plain.length > LONGEST_PLACE) return null;
  const [a, b] = angles(plain) ?? [null, null];
  const pair = a === null || b === null ? null : ordered(a, b);
  if (pair === null) return null;
  const [{ degrees: latitude }, { degrees: longitude }] = pair;
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? { latitude, longitude } : null;
}
