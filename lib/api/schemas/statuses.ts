export const ACTIVE = ['accepted', 'planning', 'transferring', 'finalizing'] as const;

export const STATUSES = [...ACTIVE, 'completed', 'failed', 'cancelled'] as const;

/** `active`: those that are not over. */
export const STATUS_WORDS = [...STATUSES, 'active'] as const;
