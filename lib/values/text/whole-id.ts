/** A ULID in capitals, as the ids of transfers and batches are: Crockford's base 32, 26 digits. */
export const WHOLE_ID = /^[0-9A-HJKMNP-TV-Z]{26}$/;
