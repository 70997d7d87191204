// Telephone numbers in words. Pure.

/** A number as it is read: "+1 313 555 0143"; other countries' as they are stored. */
export function numberWords(number: string): string {
  return number.replace(/^(\+1)(\d{3})(\d{3})(\d{4})$/, "$1 $2 $3 $4");
}
