// Money in whole numbers of a currency's smallest unit, for people. Pure; nothing here is a float of dollars
// but what is printed at once.

/** 1,234.50 USD: for the agency's tables, with the digits of its price list. */
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

/** $1,234.50: for owners, with the digits that the currency is known to have. */
export function moneyWords(cents: number, currency: string): string {
  const format = new Intl.NumberFormat("en", { style: "currency", currency });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(cents / 10 ** digits);
}
