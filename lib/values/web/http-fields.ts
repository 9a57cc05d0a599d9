/** How a header is written (RFC 9110 §5.1, §5.5): its name, of any case, and its value, whose characters are bytes. */
export const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
export const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
