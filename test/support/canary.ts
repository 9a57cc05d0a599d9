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

/** What people write in place of a login that is percent-encoded. No host of them is ever asked. */
export function unreadableSources(secret: string): readonly string[] {
  return [
    `https://me:${secret}/x@host`,
    `https://me:${secret}#x@host`,
    `https://me:${secret}?x@host/f`,
    `https://me:x/y@${secret}@host/f`,
    `https://me:${secret}`,
    `https://me:${secret}@ho st/f`,
    `https://me:x@host:bad/f?sig=a@${secret}`,
    `https:me:x/${secret}@host/f`,
    `http://me:pa/${secret}@h:9/f`,
    `http://me:12/${secret}@h:9/f`,
    `ftp://me:12/${secret}@h/f`,
    `ftps://me:pa/${secret}@h/f`,
    `sftp://me:pa/${secret}@h/f`,
    `sftp://me:/${secret}@h/f`,
    `s3://AKIA:${secret}/abc@bucket/key`,
    `s3://AKIA:12/${secret}@bucket/key`,
    `s3:AKIA:${secret}@bucket/key`,
    `gs://AKIA:${secret}/abc@bucket/key`,
    `file://me:${secret}@host/f`,
    `me:${secret}@host/f`,
    `me:${secret}`,
    `${secret}:x@host/f`,
  ];
}

export function unreadableDestinations(secret: string): readonly string[] {
  return [
    `s3://AKIA:${secret}@bucket/x`,
    `s3://AKIA:${secret}/abc@bucket/x`,
    `s3://AKIA:${secret}`,
    `s3:AKIA:${secret}@bucket/x`,
    `https://me:${secret}/x@host/f`,
    `https://host/f?X-Amz-Signature=${secret}`,
    `ftp://me:12/${secret}@host/f`,
    `file://me:${secret}@host/f`,
    `me:${secret}@host/f`,
  ];
}
