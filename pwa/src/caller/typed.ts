// What people type.

/** Digits of any script that a phone's keyboard types. */
export function digitsOf(text: string): string {
  return text
    .replace(/[٠-٩۰-۹]/g, (digit) => String(digit.charCodeAt(0) & 15))
    .replace(/[०-९০-৯]/g, (digit) => String((digit.charCodeAt(0) & 15) - 6))
    .replace(/\D/g, "")
    .slice(0, 6);
}
