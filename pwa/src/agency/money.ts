// Money in whole numbers of a currency's smallest unit, for people. Pure; nothing here is a float of dollars.

/** 1,234.50 USD */
export function money(cents: number, digits: number, currency: string): string {
  return `${plain(cents, digits).replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, ",")} ${currency}`;
}

/** 1234.50, as it is typed. */
export function plain(cents: number, digits: number): string {
  const text = String(cents).padStart(digits + 1, "0");
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** What somebody typed, in cents; null for what is no amount. */
export function cents(text: string, digits: number): number | null {
  const found = /^(\d{1,8})(?:[.,](\d*))?$/.exec(text.trim());
  if (found === null) return null;
  const [, whole = "0", part = ""] = found;
  return part.length > digits ? null : Number(whole + part.padEnd(digits, "0"));
}
