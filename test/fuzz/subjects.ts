import type { Subject } from './subject.ts';
import { API } from './subjects/api.ts';
import { FTP_REPLIES } from './subjects/ftp-replies.ts';
import { HEADERS } from './subjects/headers.ts';
import { HTTP_HEADS } from './subjects/http-heads.ts';
import { JOURNALS } from './subjects/journals.ts';
import { LISTS } from './subjects/lists.ts';
import { MESSAGES } from './subjects/messages.ts';
import { PLANTED } from './subjects/planted.ts';
import { RECORDS } from './subjects/records.ts';
import { REGULAR_EXPRESSIONS } from './subjects/regular-expressions.ts';
import { STORE_ANSWERS } from './subjects/store-answers.ts';
import { TEXTS } from './subjects/texts.ts';
import { URLS } from './subjects/urls.ts';
import { USER_FILES } from './subjects/user-files.ts';

export const SUBJECTS: readonly Subject[] = [
  ...API,
  MESSAGES,
  ...HTTP_HEADS,
  ...HEADERS,
  ...FTP_REPLIES,
  ...STORE_ANSWERS,
  ...RECORDS,
  JOURNALS,
  ...URLS,
  ...TEXTS,
  ...USER_FILES,
  ...LISTS,
  REGULAR_EXPRESSIONS,
];

export function subjectOf(name: string): Subject | undefined {
  return [...SUBJECTS, ...PLANTED].find((each) => each.name === name);
}
