import { bashCompletion } from '../completion/bash.ts';
import { fishCompletion } from '../completion/fish.ts';
import type { Completion } from '../completion/model.ts';
import { completionOf } from '../completion/model.ts';
import { zshCompletion } from '../completion/zsh.ts';
import type { Verb } from '../verb.ts';

const SHELLS: Readonly<Record<string, (completion: Completion) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

export const completionVerb: Verb = {
  name: 'completion',
  summary: 'print the completion script of a shell',
  arguments: [{ term: '<SHELL>', help: 'bash, zsh or fish', choices: Object.keys(SHELLS) }],
  examples: [
    { command: 'source <(piecework completion bash)', what: 'in ~/.bashrc' },
    { command: 'source <(piecework completion zsh)', what: 'in ~/.zshrc, after compinit' },
    { command: 'piecework completion fish | source', what: 'in ~/.config/fish/config.fish' },
  ],
  async run({ context, program, arguments: [shell = ''] }) {
    const script = SHELLS[shell];
    if (script !== undefined) context.stdout.write(script(completionOf(program())));
  },
};
