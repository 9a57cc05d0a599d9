/** How a secret could stand in what was written or sent: as it is, percent-encoded, in hex, and within base64. */
export function formsOf(secret: string): readonly string[] {
  return [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString('hex'),
    ...[0, 1, 2].map((shift) => insideBase64(secret, shift)),
  ];
}

/** What of it looks the same in base64, by where it begins. */
function insideBase64(text: string, shift: number): string {
  const whole = Buffer.from(`${'x'.repeat(shift)}${text}`).toString('base64');
  return whole.slice(Math.ceil((shift * 8) / 6), -4);
}
